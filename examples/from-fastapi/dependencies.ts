import { App, type RequestContext as Ctx, dependency, HttpError, header, query, Router } from 'cortado';
import { optional } from 'cortado/values';
import { z } from 'zod';

/** What has happened, for the test. */
export const events: string[] = [];

// Dependencies
const commonParameters = dependency(
  { q: optional(z.string()), skip: z.int().default(0), limit: z.int().default(100) },
  (values) => values,
);

// Global Dependencies
const verifyToken = dependency({ x_token: header(z.string()) }, ({ x_token }) => {
  if (x_token !== 'of the bar') throw new HttpError(400, 'X-Token header invalid');
});
const app = new App({ title: 'Dependencies', guards: [verifyToken] });
app.get('/items', { params: { commons: commonParameters } }, ({ commons }) => commons);

// Classes as Dependencies
class Pager {
  readonly skip: number;
  readonly limit: number;

  constructor({ skip, limit }: { readonly skip: number; readonly limit: number }) {
    this.skip = skip;
    this.limit = limit;
  }

  pageOf<T>(all: readonly T[]): readonly T[] {
    return all.slice(this.skip, this.skip + this.limit);
  }
}
const pager = dependency({ skip: z.int().default(0), limit: z.int().default(2) }, (values) => new Pager(values));
app.get('/page', { params: { pager } }, ({ pager }) => pager.pageOf(['Foo', 'Bar', 'Baz']));

// Sub-dependencies
const queryExtractor = dependency({ q: optional(z.string()) }, ({ q }) => q);
const queryOrCookie = dependency(
  { q: queryExtractor, last: query(z.string().default('none')) },
  ({ q, last }) => q ?? last,
);
const now = dependency(() => performance.now(), { cache: false }); // anew for each that asks
app.get('/sub', { params: { queryOrCookie, now } }, ({ queryOrCookie }) => ({ q: queryOrCookie }));

// Dependencies in path operation decorators
const verifyKey = dependency({ x_key: header(z.string()) }, ({ x_key }) => {
  if (x_key !== 'of the till') throw new HttpError(400, 'X-Key header invalid');
});
app.get('/guarded', { guards: [verifyKey] }, () => [{ item: 'Foo' }]);

// Dependencies with yield
const transaction = dependency(async function* () {
  events.push('begin');
  try {
    yield { add: (what: string) => void events.push(`add ${what}`) };
  } catch (error) {
    events.push('rollback');
    throw error;
  }
  events.push('commit');
});
app.post('/orders', { params: { transaction, drink: z.string() } }, ({ transaction, drink }) => {
  transaction.add(drink);
  if (drink === 'tea') throw new HttpError(418, 'This is a coffee bar');
  return { drink };
});

// Advanced Dependencies
const contains = (word: string) => dependency({ q: z.string().default('') }, ({ q }) => q.includes(word));
app.get('/checked', { params: { hasBar: contains('bar') } }, ({ hasBar }) => ({ hasBar }));

// Once per process; and one whose end comes after the answer.
const model = dependency(() => ({ answer: 42 }), { name: 'model', scope: 'app' });
const log = dependency(
  async function* (_, ctx: Ctx) {
    yield;
    events.push(`sent ${ctx.path}`);
  },
  { exit: 'after-send' },
);
app.get('/predict', { params: { model, log } }, ({ model }) => model);

// Bigger Applications - Multiple Files
const users = new Router({ prefix: '/users', tags: ['users'], responses: { 404: { description: 'Not found' } } });
users.get('/me', () => ({ username: 'ada' }));
app.include(users, { prefix: '/v1', guards: [verifyKey] });

export default app;
