import { App, content, html, Router, text } from 'cortado';
import { z } from 'zod';

const Drink = z.object({ name: z.string(), size: z.int().default(2), note: z.string().nullable().default(null) });

const app = new App({
  lifespan: async function* ({ log }) {
    log.info('the machine is warm');
    yield;
    log.info('the machine is clean');
  },
});

app.get('/', () => html('<h1>Coffee bar</h1>'));
app.get('/robots.txt', () => text('User-agent: *'));

// Only what the handler has said: { "name": "cortado" }, without the defaults of the schema.
app.get('/drinks/usual', { response: Drink, exclude: 'unset' }, () => ({ name: 'cortado' }));

// All of its routes answer with HTML, unless one has a response of its own.
const pages = new Router({ prefix: '/pages', defaultResponse: content('text/html') });
pages.get('/menu', () => '<h1>Menu</h1>');
app.include(pages);

export default app;
