import { z } from 'zod';
import { type App, HttpError, ValidationError } from '../../../src/index.ts';
import { type Chapter, text, tutorial } from './models.ts';

class Unicorn extends Error {}

const plain = (body: string, status: number): Response =>
  new Response(body, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } });

function dislikesThree(): App {
  const app = tutorial();
  app.get('/items/{item_id}', { params: { item_id: z.int() } }, (p) => {
    if (p.item_id === 3) throw new HttpError(418, "Nope! I don't like 3.");
    return p;
  });
  return app;
}

function lookup(path: '/items/{item_id}' | '/items-header/{item_id}', headers: Record<string, string>): App {
  const app = tutorial();
  app.get(path, { params: { item_id: text } }, ({ item_id }) => {
    if (item_id !== 'foo') throw new HttpError(404, 'Item not found', { headers });
    return { item: 'The Foo Wrestlers' };
  });
  return app;
}

export const handlingErrors: Chapter = {
  tutorial001: () => lookup('/items/{item_id}', {}),
  tutorial002: () => lookup('/items-header/{item_id}', { 'X-Error': 'There goes my error' }),
  tutorial003: () => {
    const app = tutorial();
    app.onError(Unicorn, ({ message }) =>
      Response.json({ message: `Oops! ${message} did something. There goes a rainbow...` }, { status: 418 }),
    );
    app.get('/unicorns/{name}', { params: { name: text } }, ({ name }) => {
      if (name === 'yolo') throw new Unicorn(name);
      return { unicorn_name: name };
    });
    return app;
  },
  tutorial004: () => {
    const app = dislikesThree();
    app.onError(HttpError, ({ status, detail }) => plain(String(detail), status));
    app.onError(ValidationError, ({ issues }) => {
      const tuple = (loc: readonly unknown[]): string => `(${loc.map((step) => `'${step}'`).join(', ')})`;
      return plain(
        ['Validation errors:', ...issues.map(({ loc, msg }) => `Field: ${tuple(loc)}, Error: ${msg}`)].join('\n'),
        400,
      );
    });
    return app;
  },
  tutorial005: () => {
    const app = tutorial();
    app.onError(ValidationError, ({ issues, body }) => Response.json({ detail: issues, body }, { status: 422 }));
    app.post('/items/', { params: { item: z.object({ title: text, size: z.int() }) } }, ({ item }) => item);
    return app;
  },
  tutorial006: () => {
    const app = dislikesThree();
    // A handler that returns nothing lets the error take its usual way.
    app.onError(HttpError, () => undefined);
    app.onError(ValidationError, () => undefined);
    return app;
  },
};
