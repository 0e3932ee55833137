import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { database, model, primaryKey } from '../../../src/db/index.ts';
import {
  App,
  content,
  type ErrorCode,
  eventStream,
  HttpError,
  jsonLines,
  type RequestContext,
  redirect,
  ServerSentEvent,
} from '../../../src/index.ts';
import { chain, group, Queue } from '../../../src/queue/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';
import { memoryLog } from '../../support/memory-log.ts';

// Node runs what does not compile, too: here nothing has a type.
// biome-ignore lint/suspicious/noExplicitAny: so this is any.
type Untyped = any;

const later = (): Untyped => Promise.resolve({ a: 1 });

interface Kitchen {
  readonly brew: Untyped;
  readonly queue: Untyped;
  readonly User: Untyped;
}

const answers: readonly (readonly [
  string,
  (kitchen: Kitchen, context: RequestContext) => unknown,
  ErrorCode,
  ...names: string[],
])[] = [
  [
    'the id of a handle',
    ({ brew }) => ({ id: brew.enqueue({ v: 1 }).id }),
    'CORTADO_NOT_AWAITED',
    '"id"',
    '"brew".enqueue()',
  ],
  ['a handle', ({ brew }) => ({ task: brew.enqueue({ v: 1 }) }), 'CORTADO_RESPONSE_INVALID', '"task"'],
  [
    'the first of many',
    ({ brew }) => ({ id: brew.enqueueAll([{ v: 1 }])[0] }),
    'CORTADO_NOT_AWAITED',
    '"0"',
    'enqueueAll()',
  ],
  [
    'how many',
    ({ brew }) => ({ n: brew.enqueueAll([{ v: 1 }]).length }),
    'CORTADO_NOT_AWAITED',
    '"length"',
    'enqueueAll()',
  ],
  [
    'the id of a chain',
    ({ brew }) => ({ id: (chain(brew.with({ v: 1 })) as Untyped).enqueue().id }),
    'CORTADO_NOT_AWAITED',
    '"id"',
    'chain(…).enqueue()',
  ],
  [
    'the ids of a group',
    ({ brew }) => ({ ids: (group([brew.with({ v: 1 })]) as Untyped).enqueue().ids }),
    'CORTADO_NOT_AWAITED',
    '"ids"',
    'group(…).enqueue()',
  ],
  [
    'the method of a handle',
    ({ brew }) => brew.enqueue({ v: 1 }).result(),
    'CORTADO_NOT_AWAITED',
    '"result"',
    '"brew"',
  ],
  [
    'the state of a record',
    async ({ brew }) => ({ state: (await brew.enqueue({ v: 1 })).record().state }),
    'CORTADO_NOT_AWAITED',
    '"state"',
    'handle.record()',
  ],
  [
    'a state',
    async ({ brew }) => ({ state: (await brew.enqueue({ v: 1 })).status() }),
    'CORTADO_RESPONSE_INVALID',
    '"state"',
  ],
  ['a page of tasks', ({ queue }) => ({ tasks: queue.list().tasks }), 'CORTADO_NOT_AWAITED', '"tasks"', 'queue.list()'],
  ['a column of a row', ({ User }) => ({ name: User.get({ id: 1 }).name }), 'CORTADO_NOT_AWAITED', '"name"', '"users"'],
  [
    'a column of the first row',
    ({ User }) => ({ id: User.all().first().id }),
    'CORTADO_NOT_AWAITED',
    '"id"',
    '"users"',
  ],
  ['the method of a row', ({ User }) => User.getOrNull({ id: 1 }).save(), 'CORTADO_NOT_AWAITED', '"save"', '"users"'],
  ['how many rows', ({ User }) => ({ n: User.all().length }), 'CORTADO_NOT_AWAITED', '"length"'],
  ['a count', ({ User }) => ({ n: User.count() }), 'CORTADO_RESPONSE_INVALID', '"n"'],
  [
    'what a class makes of itself',
    () => ({ x: [{ toJSON: () => ({ a: later() }) }] }),
    'CORTADO_RESPONSE_INVALID',
    '"x[0].a"',
  ],
  ['the answer of a class', () => ({ toJSON: () => ({ a: { b: later() } }) }), 'CORTADO_RESPONSE_INVALID', '"a.b"'],
  ['a map', () => ({ of: new Map([['a', [later()]]]) }), 'CORTADO_RESPONSE_INVALID', '"of.a[0]"'],
  ['a header', (_, ctx) => ctx.setHeader('x-a', later()), 'CORTADO_NOT_AWAITED', 'ctx.setHeader("x-a")'],
  ['a cookie', (_, ctx) => ctx.setCookie('a', later()), 'CORTADO_NOT_AWAITED', 'ctx.setCookie("a")'],
  ['a status', (_, ctx) => ctx.setStatus(later()), 'CORTADO_NOT_AWAITED', 'ctx.setStatus()'],
  ['an address', () => redirect(later()), 'CORTADO_NOT_AWAITED', 'redirect()'],
  [
    'the detail of an error',
    () => Promise.reject(new HttpError(404, later())),
    'CORTADO_RESPONSE_INVALID',
    'HttpError',
    'detail',
  ],
  [
    'a part of it',
    () => Promise.reject(new HttpError(404, { who: later() })),
    'CORTADO_RESPONSE_INVALID',
    'HttpError',
    '"who"',
  ],
  [
    'a header of an error',
    () => Promise.reject(new HttpError(401, 'x', { headers: { 'x-a': later() } })),
    'CORTADO_NOT_AWAITED',
    'HttpError',
    '"x-a"',
  ],
  ['the input of a task', ({ brew }) => brew.enqueue({ v: [later()] }), 'CORTADO_QUEUE_PAYLOAD', '"v[0]"'],
  [
    'a header of a task',
    ({ brew }) => brew.enqueue({ v: 1 }, { headers: { a: later() } }),
    'CORTADO_OPTION_INVALID',
    'headers',
  ],
  [
    'the field of a row',
    ({ User }) => User.create({ name: 'Ann', more: { a: later() } }),
    'CORTADO_DB_QUERY',
    'Promise',
    'JSON',
  ],
];

for (const [what, handler, code, ...names] of answers)
  test(`says where an await is missing: ${what}`, async () => {
    const queue = new Queue();
    const brew = queue.task('brew', { params: { v: z.any() } }, ({ v }) => v);
    class User extends model('users', { id: primaryKey(), name: z.string(), more: z.any().optional() }) {}
    const db = database({ url: 'sqlite::memory:', models: { User } });
    const log = memoryLog();
    const app = new App({ logger: log.logger });
    app.use(db, { createSchema: true });
    app.use(queue, { worker: false });
    app.get('/', (_, context) => handler({ brew, queue, User }, context));
    await using client = await testClient(app);
    assert.equal((await client.get('/')).status, 500);
    coded(code, ...names)(log.errors()[0]!.err);
  });

const streams: readonly (readonly [string, Parameters<typeof serve>[0], () => unknown])[] = [
  ['JSON lines', jsonLines(), () => [{ a: later() }]],
  ['JSON lines, validated', jsonLines(z.object({ a: z.any() })), () => [{ a: later() }]],
  ['JSON lines of promises', jsonLines(), () => [later()]],
  ['events', eventStream(), () => [{ a: { b: later() } }]],
  ['events with a name', eventStream(), () => [new ServerSentEvent({ event: 'x', data: [later()] })]],
  ['content', content('text/plain'), () => [later()]],
];

async function serve(response: Untyped, handler: () => unknown): Promise<[number, string]> {
  const log = memoryLog();
  const app = new App({ logger: log.logger });
  app.get('/', { response }, handler as Untyped);
  await using client = await testClient(app);
  const { status } = await client.get('/').catch(() => ({ status: 0 }));
  return [status, log.errors()[0]?.err?.message ?? ''];
}

for (const [what, response, handler] of streams)
  test(`says where an await is missing in ${what}`, async () => {
    const [status, message] = await serve(response, handler);
    assert.match(message, /(is|has) a promise( at "[\w.[\]]+")?: await it/);
    assert.notEqual(status, 200);
  });

test('a promise of a handle is awaited as any other, and is nothing else', async () => {
  await using queue = new Queue();
  const brew = queue.task('brew', () => 'coffee');
  await queue.work();
  const pending = brew.enqueue();
  assert.ok(pending instanceof Promise);
  assert.equal(pending.constructor, Promise);
  assert.deepEqual(Object.keys(pending), []);
  assert.equal((await pending).id, await pending.then(({ id }) => id));
  const [first, [second], all] = await Promise.all([pending, brew.enqueueAll([{}]), group([brew.with({})]).enqueue()]);
  for (const handle of [first, second!, ...all.handles])
    assert.equal(await handle.result({ timeout: 60_000 }), 'coffee');
  assert.equal((await first.record()).state, 'succeeded');
  await assert.rejects(
    brew.enqueue({}, { delay: -1 }).finally(() => {}),
    { code: 'CORTADO_OPTION_INVALID' },
  );
});
