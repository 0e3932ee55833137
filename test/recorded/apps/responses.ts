import { z } from 'zod';
import { type App, HttpError, redirect } from '../../../src/index.ts';
import { type Chapter, optionalText, text, tutorial } from './models.ts';

const User = z.object({ username: text, email: z.email(), full_name: optionalText });
const NewUser = User.extend({ password: text });

function registering(): App {
  const app = tutorial();
  app.post('/user/', { params: { user: NewUser }, response: User }, ({ user }) => user);
  return app;
}

export const extraModels: Chapter = { tutorial001: registering, tutorial002: registering };

const video = 'https://www.youtube.com/watch?v=dQw4w9WgXcQ';
const portal = { message: "Here's your interdimensional portal." };

function portals(): App {
  const app = tutorial();
  app.get('/portal', { params: { teleport: z.boolean().default(false) } }, ({ teleport }) =>
    teleport ? redirect(video) : portal,
  );
  return app;
}

const Priced = z.object({ name: text, description: text.nullish(), price: z.number(), tax: z.number().optional() });

const stock: Readonly<Record<string, z.input<typeof Priced> & { tags?: string[] }>> = {
  foo: { name: 'Foo', price: 50.2 },
  bar: { name: 'Bar', description: 'The bartenders', price: 62, tax: 20.2 },
  baz: { name: 'Baz', description: null, price: 50.2, tax: 10.5, tags: [] },
};

function taken(item_id: string): z.input<typeof Priced> {
  const item = stock[item_id];
  if (item === undefined) throw new HttpError(404);
  return item;
}

export const responseModel: Chapter = {
  tutorial003: registering,
  tutorial003_01: registering,
  tutorial003_02: portals,
  tutorial003_03: () => {
    const app = tutorial();
    app.get('/teleport', () => redirect(video));
    return app;
  },
  tutorial003_05: portals,
  tutorial004: () => {
    const app = tutorial();
    const response = Priced.extend({ tags: z.array(text).optional() });
    app.get('/items/{item_id}', { params: { item_id: text }, response }, ({ item_id }) => taken(item_id));
    return app;
  },
  tutorial005: () => {
    const app = tutorial();
    const fighter = { ...taken('bar'), description: 'The Bar fighters' };
    const params = { item_id: text };
    app.get(
      '/items/{item_id}/name',
      { params, response: Priced.pick({ name: true, description: true }) },
      () => fighter,
    );
    app.get('/items/{item_id}/public', { params, response: Priced.omit({ tax: true }) }, () => fighter);
    return app;
  },
};

export const responseStatusCode: Chapter = {
  tutorial002: () => {
    const app = tutorial();
    app.post('/items/', { params: { name: text }, status: 201 }, (p) => p);
    return app;
  },
};

function hello(): App {
  const app = tutorial();
  app.get('/', () => ({ message: 'Hello World' }));
  return app;
}

export const firstSteps: Chapter = { tutorial001: hello, tutorial003: hello };
