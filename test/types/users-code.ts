// What users write, and what must compile: in this project, and against the packed declarations with other compilers and settings.
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import {
  App,
  around,
  type Context,
  content,
  dependency,
  eventStream,
  file,
  gather,
  type Handler,
  header,
  jsonLines,
  Router,
  race,
  ServerSentEvent,
  sleep,
  taskGroup,
  timeout,
  type Values,
} from 'cortado';
import { createdAt, database, model, primaryKey } from 'cortado/db';
import { chain, group, Queue } from 'cortado/queue';
import { apiKey, httpBasic, httpBearer, oauth2, oauth2Password, openIdConnect } from 'cortado/security';
import { testClient } from 'cortado/testing';
import { z } from 'zod';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Equal<A, B>): void {}

const app = new App();
const router = new Router();
const queue = new Queue();
const Kind = z.object({ kind: z.enum(['a', 'b']) });
const Scalar = z.enum(['a', 'b']);
const id = z.int();
const isLate = Date.now() > 0;

// Literals in answers are literals: enums, unions, tuples, booleans; at once and later.
app.get('/', { response: Kind }, () => ({ kind: 'a' }));
app.get('/', { response: Kind }, async () => ({ kind: 'a' }));
app.get('/', { response: Kind }, async () => {
  await sleep(1);
  if (isLate) return { kind: 'a' };
  return isLate ? { kind: 'b' } : Response.json({ any: 'thing' });
});
app.get('/', { response: Kind }, function named() {
  return { kind: 'a' };
});
app.get('/{id}', { params: { id }, response: Kind }, (values) => ({ kind: values.id > 1 ? 'a' : 'b' }));
app.get('/{id}', { params: { id }, response: Kind }, async ({ id }) => ({ kind: id > 1 ? 'a' : 'b' }));
app.get('/{id}', { params: { id: Scalar }, response: Kind }, async ({ id }) => ({ kind: id }));
app.get('/', { response: Kind, status: 201 }, async (_, ctx) => {
  ctx.setStatus(200);
  return { kind: 'a' };
});
// Routes are values: their addresses and their calls are typed, flat, whoever has declared them.
const showKind = app.get('/kinds/{id}', { params: { id, q: z.string().optional() }, response: Kind }, () => ({
  kind: 'a',
}));
const countKinds = router.get('/count', async () => ({ n: 1, at: new Date() }));
app.urlFor(showKind, { id: 3, q: 'x' });
app.urlFor(countKinds);
const called = async () => {
  await using client = await testClient(app);
  const { data, error } = await client.call(showKind, { id: 3 });
  same<typeof data, { kind: 'a' | 'b' } | undefined>(true);
  if (error === undefined) return (await client.call(countKinds)).data;
  return undefined;
};
same<Awaited<ReturnType<typeof called>>, { n: number; at: string } | undefined>(true);
const timing = around({ x_token: header(z.string()) }, async ({ x_token }, ctx, next) => {
  const { headers, status } = await next();
  headers.set('x-status', `${status} ${x_token} ${ctx.path}`);
});
const twice = around(async (_, __, next) => [await next(), await next()], { place: 'inside' });
app.get('/around', { around: [timing, twice] }, () => 1);
// Handlers that stand elsewhere.
const apart = { id };
const shown: Handler<typeof apart, typeof Kind> = ({ id }) => ({ kind: id > 1 ? 'a' : 'b' });
app.get('/{id}', { params: apart, response: Kind }, shown);
const undeclared: Handler<typeof apart> = async ({ id }) => id;
app.get('/{id}', { params: apart }, undeclared);
const without: Handler = (_, ctx) => ctx.request.url;
app.get('/', without);
async function values({ id }: Values<typeof apart>, ctx: Context): Promise<{ kind: 'a' | 'b' }> {
  ctx.log.info({ id }, 'asked for');
  return { kind: 'b' };
}
app.get('/{id}', { params: apart, response: Kind }, values);
router.post('/', { response: z.array(Kind) }, async () => [{ kind: 'a' }, { kind: 'b' }]);
router.put('/', { response: z.record(z.string(), Scalar) }, async () => ({ any: 'a' }));
app.patch('/', { response: Scalar }, () => 'a');
app.patch('/', { response: Scalar }, async () => (isLate ? 'a' : 'b'));
app.get('/', { response: z.array(Scalar) }, async () => ['a', 'b']);
app.get('/', { response: Scalar.nullable() }, () => (isLate ? 'a' : null));
app.get(
  '/',
  {
    response: z.discriminatedUnion('type', [
      z.object({ type: z.literal('x'), n: z.int() }),
      z.object({ type: z.literal('y'), s: z.string() }),
    ]),
  },
  async () => (isLate ? { type: 'x', n: 1 } : { type: 'y', s: '' }),
);
app.get(
  '/',
  {
    response: z.object({
      yes: z.literal(true),
      one: z.literal(1),
      either: z.union([z.literal('x'), z.literal(2)]).nullable(),
      pair: z.tuple([Scalar, z.int()]),
      list: z.readonly(z.array(z.object({ kind: Scalar, at: z.date() }))),
    }),
  },
  async () => ({ yes: true, one: 1, either: 2, pair: ['a', 1], list: [{ kind: 'a', at: new Date() }] }),
);
app.get('/', { response: Kind }, () => timeout(10, async () => ({ kind: 'a' })));
app.get('/', { response: Kind }, () => taskGroup(async () => ({ kind: 'a' })));
app.get('/', { response: Kind }, () => race([() => ({ kind: 'a' })]));
app.get('/', { response: Kind }, () => sleep(1).then(() => ({ kind: 'a' })));
app.get('/', { response: z.any() }, () => ({ a: 1 }));
app.get('/', { response: undefined }, () => ({ a: 1 }));
app.delete('/', { status: 204 }, async () => {});

// So are those that a stream yields.
app.get('/', { response: jsonLines(Kind) }, async function* () {
  yield { kind: 'a' };
});
app.get('/', { response: jsonLines(Kind) }, function* () {
  yield { kind: 'a' };
});
app.get('/', { response: jsonLines(Scalar) }, async function* () {
  yield isLate ? 'a' : 'b';
});
app.get('/', { response: jsonLines(Kind) }, async () => [{ kind: 'a' }]);
app.get('/{id}', { params: { id }, response: eventStream(Kind) }, async function* ({ id }, { signal }) {
  await sleep(1, { signal });
  yield { kind: id > 1 ? 'a' : 'b' };
  yield new ServerSentEvent({ data: { kind: 'a' }, event: 'item' });
});
app.get('/', { response: content('text/csv') }, function* () {
  yield 'a';
  yield new Uint8Array(1);
});
app.get('/', { response: content('text/csv') }, async function* () {
  yield 'a';
});
app.get('/', { response: content('text/csv') }, () => Readable.toWeb(createReadStream('file')));
app.get('/', { response: content('text/csv') }, () => file('file.csv', { name: 'File.csv', root: 'files' }));
app.get('/', () => file(new URL('file:///file.csv')));
// @ts-expect-error: the answer is another one
app.get('/', { response: z.object({ a: z.string() }) }, () => file('file.csv'));
app.static('/static', 'public', { immutable: /\.js$/ }).frontend(new URL('file:///dist'), { fallback: false });
router.static('/static', 'public', { index: 'index.html' });
app.use(async () => {}, {}, { guards: [dependency(() => 1)] });
// @ts-expect-error: an input needs a schema
app.get('/', { params: { photo: file('photo.png') } }, () => 1);
app.get('/', () => new Response(Readable.toWeb(createReadStream('file'))));

// So are those of tasks, with and without inputs, and what flows from one to the next.
const one = queue.task('one', { returns: Kind }, () => ({ kind: 'a' }));
const two = queue.task('two', { params: { n: z.int() }, returns: Kind }, async ({ n }) => ({
  kind: n > 1 ? 'a' : 'b',
}));
const three = queue.task('three', { params: { kind: Scalar } }, async ({ kind }) => ({ kind }));
const four = queue.task('four', { params: { item: Kind } }, async ({ item }) => item.kind);
const five = queue.task('five', { params: { items: z.array(Kind) } }, ({ items }) => items.length);
queue.task(
  'six',
  { params: { user_id: z.int(), note: z.string().optional() }, unique: (input) => `${input.user_id}` },
  async (_, { log }) => log.info('text'),
);
export async function flows(): Promise<void> {
  await three.enqueue({ kind: 'a' });
  await three.enqueueAll([{ kind: 'a' }, { kind: 'b' }]);
  await chain(one.with({}), four.with({}, { into: 'item' })).enqueue();
  await chain(group([one.with({}), two.with({ n: 1 })]), five.with({}, { into: 'items' })).enqueue();
  const results = await group([1, 2].map((n) => two.with({ n }))).enqueue();
  same<{ kind: 'a' | 'b' }[], Awaited<ReturnType<typeof results.result>>>(true);
  const done = await (await five.enqueue({ items: [{ kind: 'a' }] })).result();
  same<number, typeof done>(true);
}
queue.schedule('seven', { every: 1000 }, three, { kind: 'a' });

// Security schemes written in place give their credential.
app.get('/', { params: { basic: httpBasic() } }, ({ basic }) => basic.username + basic.password);
app.get(
  '/',
  {
    params: {
      bearer: httpBearer(),
      key: apiKey({ in: 'header', name: 'x-key' }),
      password: oauth2Password({ tokenUrl: '/token' }),
      flow: oauth2({ flows: { password: { tokenUrl: '/token' } } }),
      open: openIdConnect({ url: 'https://id.example' }),
      made: dependency(() => ({ n: 1 })),
      above: dependency({ basic: httpBasic() }, ({ basic }) => basic.username),
    },
    response: Kind,
  },
  ({ bearer, key, password, flow, open, made, above }) => {
    same<
      [string, string, string, string, string, string],
      [typeof bearer, typeof key, typeof password, typeof flow, typeof open, typeof above]
    >(true);
    return { kind: made.n > 1 ? 'a' : 'b' };
  },
);
app.get(
  '/',
  {
    params: {
      user: httpBearer({ verify: async (token) => ({ name: token }) }),
      staff: httpBasic({ verify: () => true }),
    },
  },
  ({ user, staff }) => user.name + staff.username,
);
app.get('/', { params: { maybe: httpBasic({ optional: true }), guest: httpBearer({ optional: true }) } }, (values) => [
  values.maybe?.username,
  values.guest?.length,
]);

// Logs take a text, an error, or fields and a text; error handlers need not answer.
app.get('/', (_, ctx) => {
  ctx.log.info('text');
  ctx.log.error(new Error('why'));
  ctx.log.error({ err: new Error('why') }, 'text');
});
app.onError(404, () => {});
app.onError(Error, async (error, { log }) => {
  log.warn(error);
});
app.onError(TypeError, (error, { log }) => log.warn(error.message));
app.onError(418, () => new Response(Readable.toWeb(createReadStream('file'))));

// Fakes and results of works take the type that is wanted.
const kind = dependency((): { kind: 'a' | 'b' } => ({ kind: 'a' }));
app.override(kind, async () => ({ kind: 'b' }));
app.override(kind, () => ({ kind: 'b' }));
export async function works(): Promise<void> {
  const wanted: { kind: 'a' | 'b' }[] = await gather([() => ({ kind: 'a' }), async () => ({ kind: 'b' })]);
  const first: 'a' | 'b' = await race([() => 'a', () => 'b']);
  app.get('/', { response: z.array(Kind) }, async () => (first === 'a' ? wanted : []));
}

// Models take what routes got, and give what routes answer with.
class User extends model('users', {
  id: primaryKey(),
  name: z.string(),
  kind: Scalar.default('a'),
  note: z.string().optional(),
  at: createdAt(),
}) {}
const db = database({ url: 'sqlite::memory:', models: { User } });
const Input = z.object({
  name: z.string(),
  kind: Scalar.optional(),
  note: z.string().optional(),
  id: z.int().optional(),
});
app.post('/', { params: { input: Input }, response: User.schema }, ({ input }) => User.create(input));
app.post('/', { params: { input: User.createSchema }, response: User.schema }, async ({ input }) => User.create(input));
app.post('/', { params: { input: z.array(Input) } }, ({ input }) => User.createMany(input));
app.post('/', { params: { input: Input } }, ({ input }) => User.updateOrCreate({ name: input.name }, input));
app.post('/', { params: { input: Input } }, ({ input }) => User.getOrCreate({ name: input.name }, input));
app.get('/', { params: { name: z.string() }, response: z.array(User.schema) }, (filter) => User.filter(filter));
app.get('/', { params: { session: db.session, q: Input }, response: z.array(User.schema) }, async ({ session, q }) => {
  await session.updateTable('users').set(q).execute();
  return session.selectFrom('users').selectAll().execute();
});
app.get('/', { response: Kind }, () => db.transaction(async () => ({ kind: 'a' })));
app.get('/', { response: User.schema }, async () => ({ id: 1, name: 'x', kind: 'a', at: new Date() }));
