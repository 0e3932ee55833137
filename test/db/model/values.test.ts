import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { contains, gt, model, noneOf, not, oneOf, primaryKey } from '../../../src/db/index.ts';
import { App } from '../../../src/index.ts';
import { Queue } from '../../../src/queue/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';
import { type Backend, makeDatabase, onEvery } from '../support/backends.ts';

class Thing extends model('things', {
  id: primaryKey(),
  name: z.string().max(20),
  note: z.string().nullable().default(null),
  kind: z.enum(['a', 'b']).default('a'),
  data: z.unknown().optional(),
  list: z.array(z.string()).default([]),
  big: z.bigint().default(0n),
  at: z.date().optional(),
}) {}

const nul = 'a\u0000b';
const half = 'a\ud800b';
const beyond = 2n ** 63n;

function thingsApp(): App {
  const app = new App({ logger: false });
  const text = { q: z.string() };
  app.post('/create', { params: { thing: Thing.createSchema } }, async ({ thing }) => ({
    id: (await Thing.create(thing)).id,
  }));
  app.patch('/{id}', { params: { id: z.int(), change: Thing.updateSchema } }, async ({ id, change }) => {
    await Object.assign(await Thing.get({ id }), change).save();
  });
  app.get('/equal', { params: text }, ({ q }) => Thing.filter({ name: q }));
  app.get('/contains', { params: text }, ({ q }) => Thing.filter({ name: contains(q) }));
  app.get('/not', { params: text }, ({ q }) => Thing.filter({ name: not(q) }));
  app.get('/exclude', { params: text }, ({ q }) => Thing.exclude({ name: q }));
  app.get('/one-of', { params: text }, ({ q }) => Thing.filter({ name: oneOf(['x', q]) }));
  app.get('/none-of', { params: text }, ({ q }) => Thing.filter({ name: noneOf([q]) }));
  app.get('/get/{q}', { params: text }, ({ q }) => Thing.get({ name: q }));
  app.get('/big', { params: { big: z.bigint() } }, ({ big }) => Thing.filter({ big: gt(big) }));
  app.get('/at', { params: { at: z.date() } }, ({ at }) => Thing.filter({ at }));
  app.post('/by-hand', { params: text }, ({ q }) => Thing.create({ name: q }));
  app.post('/get-or-create', { params: text }, ({ q }) => Thing.getOrCreate({ name: q }));
  app.post('/update', { params: text }, ({ q }) => Thing.all().update({ name: q }));
  app.post('/json', { params: text }, ({ q }) => Thing.create({ name: 'json', data: { deep: [q] } }));
  app.get('/names', { params: { cursor: z.string().optional() } }, ({ cursor }) =>
    Thing.all().orderBy('name').pageAfter({ cursor, limit: 1 }),
  );
  app.get('/bigs', { params: { cursor: z.string().optional() } }, ({ cursor }) =>
    Thing.all().orderBy('big').pageAfter({ cursor, limit: 1 }),
  );
  return app;
}

interface Refused {
  readonly what: string;
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly body?: unknown;
}
const q = (text: string): string => encodeURIComponent(text);
const refused: readonly Refused[] = [
  { what: 'a NUL in a text', method: 'POST', path: '/create', body: { name: nul } },
  { what: 'a NUL in an optional text', method: 'POST', path: '/create', body: { name: 'a', note: nul } },
  { what: 'half a character', method: 'POST', path: '/create', body: { name: half } },
  { what: 'a NUL in a list', method: 'POST', path: '/create', body: { name: 'a', list: ['x', nul] } },
  {
    what: 'a NUL deep inside of JSON',
    method: 'POST',
    path: '/create',
    body: { name: 'a', data: { a: [{ b: nul }] } },
  },
  { what: 'a NUL in a key of JSON', method: 'POST', path: '/create', body: { name: 'a', data: { [nul]: 1 } } },
  { what: 'half a character inside of JSON', method: 'POST', path: '/create', body: { name: 'a', data: [half] } },
  { what: 'a text of JSON', method: 'POST', path: '/create', body: { name: 'a', data: nul } },
  { what: 'more than 64 bits', method: 'POST', path: '/create', body: { name: 'a', big: String(beyond) } },
  { what: 'a NUL in a change', method: 'PATCH', path: '/1', body: { name: nul } },
  { what: 'more than 64 bits in a change', method: 'PATCH', path: '/1', body: { big: String(-beyond - 1n) } },
  ...['/equal', '/contains', '/not', '/exclude', '/one-of', '/none-of'].map(
    (path): Refused => ({ what: 'a NUL', method: 'GET', path: `${path}?q=${q(nul)}` }),
  ),
  { what: 'a NUL', method: 'GET', path: `/get/${q(nul)}` },
  { what: 'more than 64 bits', method: 'GET', path: `/big?big=${beyond}` },
  ...['/by-hand', '/get-or-create', '/update', '/json'].map(
    (path): Refused => ({ what: 'a NUL that the route did not check', method: 'POST', path: `${path}?q=${q(nul)}` }),
  ),
];

onEvery('a value that a column cannot hold is a 422, wherever it comes from', async (backend) => {
  const db = await makeDatabase(backend, { Thing });
  const app = thingsApp();
  app.use(db);
  await using client = await testClient(app);
  await Thing.create({ name: 'first', at: new Date() });
  for (const { what, method, path, body } of refused) {
    const { status, json } = await client.request(method, path, body === undefined ? {} : { json: body });
    assert.equal(status, 422, `${what}: ${method} ${path} → ${JSON.stringify(await json())}`);
  }
  const { json } = await client.post('/create', { json: { name: nul } });
  assert.deepEqual(
    (await json<{ detail: { type: string; loc: string[]; msg: string }[] }>()).detail.map(({ type, loc, msg }) => [
      type,
      loc,
      msg,
    ]),
    [['value_error', ['body', 'name'], 'Value error, A value that holds a NUL character cannot be stored']],
  );
  const told = await (await client.get(`/equal?q=${q(nul)}`)).json();
  assert.deepEqual(told, { detail: 'A value holds a NUL character, which cannot be stored or searched for.' });
  assert.equal(await Thing.count(), 1);
  // What only looks like it is stored.
  const like = { name: '\\u0000', note: 'a𝄞\ufffd\u0001', data: { '\\ud800': '\\\\u0000' } };
  const stored = await client.post('/create', { json: like });
  assert.equal(stored.status, 200, JSON.stringify(await stored.json()));
  const { name, note, data } = (await Thing.all().orderBy('-id').first())!;
  assert.deepEqual({ name, note, data }, like);
  for (const path of [`/equal?q=${q(like.name)}`, `/contains?q=${q('u0000')}`])
    assert.equal((await (await client.get(path)).json<unknown[]>()).length, 1);
  for (const big of [beyond - 1n, -beyond]) {
    const { id } = await Thing.create({ name: 'big', big: Thing.createSchema.parse({ name: 'a', big }).big });
    assert.equal((await Thing.get({ id, big })).big, big);
  }
  assert.equal(Thing.createSchema.safeParse({ name: 'a', big: beyond }).success, false);
});

const cursors: readonly (readonly [path: string, order: string, values: readonly unknown[]])[] = [
  ['/names', 'name,id', [nul, 1]],
  ['/names', 'name,id', [half, 1]],
  ['/names', 'name,id', ['a', 1.5]],
  ['/names', 'name,id', ['a', 1e19]],
  ['/names', 'name,id', ['a', '1']],
  ['/names', 'name,id', [['a'], 1]],
  ['/names', 'name,id', ['a', null]],
  ['/bigs', 'big,id', [String(beyond), 1]],
  ['/bigs', 'big,id', ['1.5', 1]],
  ['/bigs', 'big,id', [1, 1]],
];

class Day extends model('days', { id: primaryKey(), at: z.date(), size: z.number() }) {}

onEvery('a cursor with what its columns cannot hold is a 422', async (backend) => {
  const db = await makeDatabase(backend, { Thing, Day });
  const app = thingsApp();
  app.get('/days', { params: { cursor: z.string() } }, ({ cursor }) => Day.all().orderBy('at').pageAfter({ cursor }));
  app.get('/sizes', { params: { cursor: z.string() } }, ({ cursor }) =>
    Day.all().orderBy('size').pageAfter({ cursor }),
  );
  app.use(db);
  await using client = await testClient(app);
  const days = [
    '-271821-04-20T00:00:00.000Z',
    '-004713-01-01T00:00:00.000Z',
    '+010000-01-01T00:00:00.000Z',
    'soon',
    '2026',
    5,
  ];
  const all = [
    ...cursors,
    ...days.map((day) => ['/days', 'at,id', [day, 1]] as const),
    ['/sizes', 'size,id', ['NaN', 1]] as const,
    ['/sizes', 'size,id', [null, 1]] as const,
  ];
  for (const [path, order, values] of all) {
    const cursor = Buffer.from(JSON.stringify([order, ...values])).toString('base64url');
    const { status } = await client.get(path, { query: { cursor } });
    assert.equal(status, 422, `${path} ${JSON.stringify(values)}`);
  }
});

onEvery('dates are those of the years 1 to 9999', async (backend) => {
  await using _ = await makeDatabase(backend, { Day });
  const wrong = { code: 'CORTADO_DB_VALUE', status: 422 };
  for (const year of [-5000, -1, 0, 10_000]) {
    const at = new Date(0);
    at.setUTCFullYear(year);
    await assert.rejects(Day.create({ at, size: 1 }), wrong);
    await assert.rejects(async () => Day.filter({ at: gt(at) }), wrong);
  }
  for (const at of [new Date('0001-01-01T00:00:00.000Z'), new Date('9999-12-31T23:59:59.999Z')]) {
    const { id } = await Day.create({ at, size: 1 });
    assert.deepEqual((await Day.get({ at })).id, id);
    assert.deepEqual((await Day.get({ id })).at, at);
  }
});

onEvery('texts of tasks: an id with a NUL is not found, and it is no unique key', async (backend) => {
  const db = await makeDatabase(backend, {});
  const queue = new Queue({ engine: db });
  const brew = queue.task('brew', { params: { cups: z.int() } }, async () => {
    throw new Error(`broke ${nul} ${half}`);
  });
  const app = new App({ logger: false });
  app.use(db);
  app.use(queue, { prefix: '/tasks', worker: { concurrency: 1 } });
  await using client = await testClient(app);
  for (const text of [nul, '\u0000', half]) {
    const id = text.isWellFormed() ? q(text) : '%00';
    for (const path of [`/tasks/${id}`, `/tasks/${id}/events`])
      assert.equal((await client.get(path)).status, 404, path);
    for (const path of [`/tasks/${id}/cancel`, `/tasks/${id}/retry`])
      assert.equal((await client.post(path)).status, 404, path);
    for (const query of [`name=${id}`, `queue=${id}`]) {
      const { status, json } = await client.get(`/tasks?${query}`);
      assert.deepEqual([status, await json()], [200, { tasks: [], cursor: null }], query);
    }
    await assert.rejects(brew.enqueue({ cups: 1 }, { unique: text }), { code: 'CORTADO_OPTION_INVALID' });
  }
  const failing = await brew.enqueue({ cups: 1 });
  await assert.rejects(failing.result({ timeout: 60_000 }), /broke/);
});

// No types of it yet in the libraries that the tests are checked with.
type Parsed = { toZonedDateTimeISO(zone: string): object };
const { Temporal } = globalThis as unknown as { Temporal?: Record<string, { from(text: string | object): Parsed }> };
const temporal = (type: string, from: string | object): Parsed => Temporal![type]!.from(from);

type Free = Kysely<{ free: Record<string, unknown> }>;
const bytes = [1, 2, 255];
const instant = '2026-01-02T03:04:05.678Z';
class Money {
  toJSON(): string {
    return '1.50';
  }
}
class Point {
  x = 1;
}

const temporals = (): [string, unknown, unknown][] => [
  ['Temporal.Instant', temporal('Instant', instant), instant],
  [
    'Temporal.Instant of microseconds',
    temporal('Instant', '2026-01-02T03:04:05.678901Z'),
    '2026-01-02T03:04:05.678901Z',
  ],
  ['Temporal.ZonedDateTime', temporal('Instant', instant).toZonedDateTimeISO('Asia/Taipei'), instant],
  ['Temporal.PlainDateTime', temporal('PlainDateTime', '2026-01-02T03:04:05'), '2026-01-02T03:04:05'],
  ['Temporal.PlainDate', temporal('PlainDate', '2026-01-02'), '2026-01-02'],
  ['Temporal.PlainTime', temporal('PlainTime', '03:04'), '03:04:00'],
  ['Temporal.Duration', temporal('Duration', { hours: 1 }), 'PT1H'],
];

/** What is bound through Kysely, and what is there. */
const bound = (): readonly (readonly [what: string, value: unknown, stored: unknown])[] => [
  ...(Temporal === undefined ? [] : temporals()),
  ['Date', new Date(instant), instant],
  ['Buffer', Buffer.from(bytes), bytes],
  ['Uint8Array', Uint8Array.from(bytes), bytes],
  ['ArrayBuffer', Uint8Array.from(bytes).buffer, bytes],
  ['SharedArrayBuffer', sharedOf(bytes), bytes],
  ['DataView', new DataView(Uint8Array.from([9, ...bytes, 9]).buffer, 1, 3), bytes],
  ['Uint8ClampedArray', Uint8ClampedArray.from(bytes), bytes],
  ['Uint16Array', Uint16Array.from([513]), [1, 2]],
  ['Float64Array', new Float64Array(1), Array(8).fill(0)],
  ['an object', { a: 1 }, '{"a":1}'],
  ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
  ['an instance of a class', new Point(), '{"x":1}'],
  ['an object that says what it is', new Money(), '1.50'],
  ['URL', new URL('http://a.b/c'), 'http://a.b/c'],
];

/** What is refused, and what the message names. */
const unbound: readonly (readonly [value: unknown, ...names: string[]])[] = [
  [new Map([[1, 2]]), 'A Map', 'Object.fromEntries(map)'],
  [new Set([1]), 'A Set', '[...set]'],
  [new WeakMap(), 'WeakMap'],
  [Promise.resolve(1), 'Promise', 'await'],
  [new Error('e'), 'Error'],
  [/x/, 'RegExp'],
  [new Blob(['x']), 'Blob', 'await blob.bytes()'],
  [new Headers(), 'Headers'],
  [new Date(Number.NaN), 'Date'],
  [() => {}, 'function'],
  [Symbol('s'), 'symbol'],
  [{ n: 1n }, 'JSON'],
  [{ deep: [new Map([[1, 2]])] }, 'Map', 'JSON'],
  [{ deep: Uint16Array.from([1]) }, 'Uint16Array', 'JSON'],
];

function sharedOf(values: readonly number[]): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(values.length);
  new Uint8Array(shared).set(values);
  return shared;
}

async function freeTable(backend: Backend, db: { kysely: unknown }): Promise<Free> {
  const free = db.kysely as Free;
  const binary = backend.kind === 'sqlite' ? 'blob' : 'bytea';
  await sql`create table free (t text, b ${sql.raw(binary)}, j text)`.execute(free);
  return free;
}

onEvery('objects are bound through Kysely as texts, bytes or JSON', async (backend) => {
  await using db = await makeDatabase(backend, {});
  const free = await freeTable(backend, db);
  for (const [what, value, stored] of bound()) {
    const column = Array.isArray(stored) ? 'b' : 't';
    await free.deleteFrom('free').execute();
    await free
      .insertInto('free')
      .values({ [column]: value })
      .execute();
    const [row] = await free.selectFrom('free').select(column).execute();
    const found = row![column];
    assert.deepEqual(found instanceof Uint8Array ? [...found] : found, stored, what);
    assert.equal((await free.selectFrom('free').select('t').where(column, '=', value).execute()).length, 1, what);
  }
});

onEvery('what no database can store is refused with its type', async (backend) => {
  class Doc extends model('docs', { id: primaryKey(), data: z.any() }) {}
  await using db = await makeDatabase(backend, { Doc });
  const free = await freeTable(backend, db);
  for (const [value, ...names] of unbound) {
    // Kysely calls a function.
    if (typeof value !== 'function') {
      await assert.rejects(free.insertInto('free').values({ t: value }).execute(), coded('CORTADO_DB_QUERY', ...names));
      if (value instanceof Date) continue;
      await assert.rejects(db.kysely.insertInto('docs').values({ data: value }).execute(), {
        code: 'CORTADO_DB_QUERY',
      });
    }
    // In a column for JSON as well, which made {} of it.
    await assert.rejects(Doc.create({ data: value }), { code: 'CORTADO_DB_QUERY' }, names.join());
  }
  // Empty objects are none of those.
  assert.deepEqual((await Doc.create({ data: { a: {}, b: [{}] } })).data, { a: {}, b: [{}] });
  // A session that heard of it goes on.
  await db.transaction(async (session) => {
    await assert.rejects((session as never as Free).insertInto('free').values({ t: new Map() }).execute());
    await (session as never as Free).insertInto('free').values({ t: 'after' }).execute();
  });
  assert.equal((await free.selectFrom('free').selectAll().execute()).length, 1);
});

onEvery('texts through Kysely: half a character, and a NUL on PostgreSQL, are a 422', async (backend) => {
  await using db = await makeDatabase(backend, {});
  const free = await freeTable(backend, db);
  const wrong = { code: 'CORTADO_DB_VALUE', status: 422 };
  await assert.rejects(free.insertInto('free').values({ t: half }).execute(), wrong);
  const withNul = free.insertInto('free').values({ t: nul });
  if (backend.kind === 'postgres') await assert.rejects(withNul.execute(), wrong);
  else {
    await withNul.execute();
    assert.deepEqual((await free.selectFrom('free').select('t').execute())[0], { t: nul });
    await assert.rejects(free.insertInto('free').values({ t: beyond }).execute(), wrong);
    await assert.rejects(free.insertInto('free').values({ t: Number.NaN }).execute(), coded('CORTADO_DB_QUERY', 'NaN'));
  }
});

test('createSchema stays a schema of its fields', () => {
  assert.deepEqual(Thing.createSchema.parse({ name: 'a' }), {
    name: 'a',
    note: null,
    kind: 'a',
    list: [],
    big: 0n,
  });
  const shape = z.toJSONSchema(Thing.createSchema.pick({ name: true, note: true }), { io: 'input' });
  assert.deepEqual(shape.properties, {
    name: { type: 'string', maxLength: 20 },
    note: { default: null, type: ['string', 'null'] },
  });
  assert.deepEqual(Thing.updateSchema.parse({}), {});
});
