import { App, redirect } from 'cortado';
import { z } from 'zod';

const app = new App();
const drinks = new Map<number, string>();

const showDrink = app.get('/drinks/{id}', { params: { id: z.int(), verbose: z.boolean().optional() } }, ({ id }) => ({
  name: drinks.get(id),
}));

app.post('/drinks', { params: { drink: z.object({ name: z.string() }) } }, ({ drink }, ctx) => {
  const id = drinks.size + 1;
  drinks.set(id, drink.name);
  return redirect(ctx.urlFor(showDrink, { id }), 303);
});

app.urlFor(showDrink, { id: 3, verbose: true }); // /drinks/3?verbose=true

export default app;
