import { z } from 'zod';
import { type App, cookie, dependency, HttpError, header } from '../../../src/index.ts';
import { type Chapter, optionalText, text, tutorial } from './models.ts';

const verifyToken = dependency({ x_token: header(text) }, ({ x_token }) => {
  if (x_token !== 'fake-super-secret-token') throw new HttpError(400, 'X-Token header invalid');
});
const verifyKey = dependency({ x_key: header(text) }, ({ x_key }) => {
  if (x_key !== 'fake-super-secret-key') throw new HttpError(400, 'X-Key header invalid');
});

class InternalError extends Error {}

function plumbusShop(raisesAgain: boolean): App {
  const app = tutorial();
  const username = dependency(async function* () {
    try {
      yield 'Rick';
    } catch (error) {
      if (raisesAgain || !(error instanceof InternalError)) throw error;
    }
  });
  app.get('/items/{item_id}', { params: { item_id: text, username } }, ({ item_id, username }) => {
    if (item_id === 'portal-gun') throw new InternalError(`The portal gun is too dangerous to be owned by ${username}`);
    if (item_id !== 'plumbus') throw new HttpError(404, "Item not found, there's only a plumbus here");
    return item_id;
  });
  return app;
}

export const dependencies: Chapter = {
  tutorial001: () => {
    const app = tutorial();
    const commons = dependency({ q: optionalText, skip: z.int().default(0), limit: z.int().default(100) }, (p) => p);
    app.get('/items/', { params: { commons } }, ({ commons }) => commons);
    app.get('/users/', { params: { commons } }, ({ commons }) => commons);
    return app;
  },
  tutorial005: () => {
    const app = tutorial();
    const fromQuery = dependency({ q: optionalText }, ({ q }) => q);
    const fromEither = dependency(
      { q: fromQuery, last_query: cookie(optionalText) },
      ({ q, last_query }) => q || last_query,
    );
    app.get('/items/', { params: { q_or_cookie: fromEither } }, (p) => p);
    return app;
  },
  tutorial006: () => {
    const app = tutorial();
    app.get('/items/', { guards: [verifyToken, verifyKey] }, () => [{ item: 'Foo' }, { item: 'Bar' }]);
    return app;
  },
  tutorial008c: () => plumbusShop(false),
  tutorial008d: () => plumbusShop(true),
  tutorial012: () => {
    const app = tutorial({ guards: [verifyToken, verifyKey] });
    app.get('/items/', () => [{ item: 'Portal Gun' }, { item: 'Plumbus' }]);
    app.get('/users/', () => [{ username: 'Rick' }, { username: 'Morty' }]);
    return app;
  },
};
