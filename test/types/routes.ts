// Checked by `npm run types`: what must compile, and what must not.
import { z } from 'zod';
import {
  App,
  body,
  type Context,
  content,
  cookie,
  dependency,
  eventStream,
  file,
  form,
  gather,
  header,
  jsonLines,
  path,
  query,
  type RequestContext,
  Router,
  ServerSentEvent,
} from '../../src/index.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only where both types are the same: `same<A, B>(true)`. */
function same<A, B>(_: Equal<A, B>): void {}

// @ts-expect-error: the check itself must be able to fail
same<number, string>(true);
// @ts-expect-error: so must it here
same<{ a: 1 }, { a: 1; b: 2 }>(true);

const app = new App();
const Item = z.object({ name: z.string(), price: z.number().default(1) });
const session = dependency(async function* () {
  yield { query: (sql: string) => sql.length };
});
const user = dependency({ session, user_id: z.int() }, async ({ session, user_id }) => ({
  id: user_id,
  n: session.query(''),
}));
const pool = dependency(() => ({ size: 3 }), { scope: 'app' });
const disposable = dependency(async () => ({ n: 1, [Symbol.asyncDispose]: async () => {} }));

// Values are inferred from schemas, sources and dependencies, after their transforms.
app.post(
  '/items/{item_id}',
  {
    params: {
      item_id: z.int(),
      item: Item,
      q: z.string().optional(),
      at: z.iso.datetime().transform((text) => new Date(text)),
      x_token: header(z.string()),
      sid: cookie(z.string().nullish()),
      tags: query(z.array(z.string()).default([])),
      importance: body(z.int()),
      session,
      pool,
      disposable,
    },
  },
  (values, context) => {
    same<number, typeof values.item_id>(true);
    same<{ name: string; price: number }, typeof values.item>(true);
    same<string | undefined, typeof values.q>(true);
    same<Date, typeof values.at>(true);
    same<string, typeof values.x_token>(true);
    same<string | null | undefined, typeof values.sid>(true);
    same<string[], typeof values.tags>(true);
    same<number, typeof values.importance>(true);
    same<{ query: (sql: string) => number }, typeof values.session>(true);
    same<{ size: number }, typeof values.pool>(true);
    same<number, typeof values.disposable.n>(true);
    same<RequestContext, typeof context>(true);
    // @ts-expect-error: what was not declared is not there
    return values.other;
  },
);
app.post('/upload', { params: { note: form(z.string()), photo: file(z.file()) } }, ({ note, photo }) => {
  same<string, typeof note>(true);
  same<File, typeof photo>(true);
});

// A dependency gives what it returns, yields or resolves to, and its inputs count as declared.
app.get('/users/{user_id}', { params: { user } }, ({ user }) => {
  same<{ id: number; n: number }, typeof user>(true);
  return user;
});
// @ts-expect-error: the path has {other_id}, which neither the route nor its dependencies declare
app.get('/users/{other_id}', { params: { user } }, ({ user }) => user);

// Path parameters.
app.get('/a/{x}/b/{rest:path}', { params: { x: path(z.int()), rest: z.string() } }, ({ x, rest }) => [x, rest]);
// @ts-expect-error: {rest:path} is not declared
app.get('/a/{x}/b/{rest:path}', { params: { x: z.int() } }, ({ x }) => x);
// @ts-expect-error: a path with parameters needs params
app.get('/a/{x}', () => 1);
// @ts-expect-error: the same without params
app.get('/a/{x}', {}, () => 1);
app.get('/plain', () => 1);
app.get('/plain', {}, () => 1);

// Options.
// @ts-expect-error: no such option
app.get('/options', { respones: Item }, () => 1);
// @ts-expect-error: a status is a number
app.get('/options', { status: '201' }, () => 1);
// @ts-expect-error: a guard is a dependency
app.get('/options', { guards: [() => 1] }, () => 1);
// @ts-expect-error: a parameter is a schema, a source or a dependency
app.get('/options', { params: { a: 5 } }, () => 1);
// @ts-expect-error: no such option of a source
query(z.string(), { aliaz: 'x' });
// @ts-expect-error: no such option of a dependency
dependency(() => 1, { scop: 'app' });
// @ts-expect-error: no such option of an app
new App({ titel: 'x' });
// @ts-expect-error: no such option of a router
new Router({ prefx: '/x' });

// Answers.
app.get('/answers', { response: Item }, () => ({ name: 'x' }));
app.get('/answers', { response: Item }, async () => ({ name: 'x', price: 2 }));
app.get('/answers', { response: Item }, () => Response.json({ any: 'thing' }));
// @ts-expect-error: the handler returns the wrong shape
app.get('/answers', { response: Item }, () => ({ nam: 'x' }));
// @ts-expect-error: so does this one, later
app.get('/answers', { response: Item }, async () => ({ name: 1 }));
// @ts-expect-error: one item is not a list
app.get('/answers', { response: z.array(Item) }, () => ({ name: 'x' }));
app.get('/answers', { response: eventStream(Item) }, async function* () {
  yield { name: 'x' };
  yield new ServerSentEvent({ data: { name: 'x' }, event: 'item' });
  yield new ServerSentEvent({ rawData: 'x' });
});
app.get(
  '/answers',
  { response: jsonLines(Item) },
  // @ts-expect-error: an item of the wrong shape
  async function* () {
    yield { nam: 'x' };
  },
);
// @ts-expect-error: a stream and not one item
app.get('/answers', { response: jsonLines(Item) }, () => ({ name: 'x' }));
app.get('/answers', { response: content('text/html') }, () => '<p>');
// @ts-expect-error: an object is no content
app.get('/answers', { response: content('text/html') }, () => ({ a: 1 }));

// Context.
app.get('/context', (_, context) => {
  const { setStatus } = context;
  // @ts-expect-error: a method that was taken off its context would fail
  setStatus(201);
});
dependency((_, context: RequestContext) => context.ip);
dependency({ a: z.string() }, ({ a }, context) => {
  same<string, typeof a>(true);
  same<Context, typeof context>(true);
});

// Overrides.
app.override(pool, () => ({ size: 1 }));
// @ts-expect-error: a fake gives what the real one gives
app.override(pool, () => ({ length: 1 }));

// Errors.
class OutOfBeans extends Error {
  readonly left: number = 0;
}
app.onError(OutOfBeans, ({ left }) => Response.json({ left }));
// @ts-expect-error: an error handler returns a Response
app.onError(OutOfBeans, () => ({ left: 1 }));

// Results of a gather, in order.
export async function gathered(): Promise<void> {
  const results = await gather([() => 1, async () => 'two', (signal) => signal.aborted]);
  same<[number, string, boolean], typeof results>(true);
}
