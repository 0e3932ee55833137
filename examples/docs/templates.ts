import { fileURLToPath } from 'node:url';
import view from '@fastify/view';
import { App, template } from 'cortado';
import { Eta } from 'eta';
import { z } from 'zod';

const app = new App();
const root = fileURLToPath(new URL('templates', import.meta.url));
app.use(view, { engine: { eta: new Eta({ views: root }) }, root });

const showDrink = app.get(
  '/drinks/{id}',
  { params: { id: z.int() } },
  ({ id }, ctx): Promise<Response> =>
    template(ctx, 'drink.eta', { id, name: id === 1 ? 'cortado' : 'lungo <long>', showDrink }),
);

export default app;
