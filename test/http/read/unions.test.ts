import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { App, body, eventStream, form, jsonLines, query } from '../../../src/index.ts';
import { Queue } from '../../../src/queue/index.ts';
import { testClient } from '../../../src/testing/index.ts';

const A = z.object({ a: z.int() });
const WithMore = z.object({ a: z.int(), b: z.int().default(0) });
const Nested = z.object({ a: z.int(), c: WithMore.nullable().default(null) });
const Member = z.union([A, WithMore, Nested]);

// What FastAPI 0.142 answers for `list[A | WithMore | Nested]`, and takes for a body of the same type.
const picks: readonly [given: object, picked: object][] = [
  [{ a: 1 }, { a: 1 }],
  [
    { a: 1, b: 2 },
    { a: 1, b: 2 },
  ],
  [
    { a: 1, b: 2, other: 3 },
    { a: 1, b: 2 },
  ],
  [
    { a: 1, c: { a: 1, b: 2 } },
    { a: 1, c: { a: 1, b: 2 } },
  ],
  [
    { a: 1, b: 2, c: { a: 1 } },
    { a: 1, c: { a: 1, b: 0 } },
  ],
];
const given = picks.map(([value]) => value) as { a: number }[];
const picked = picks.map(([, value]) => value);

const places: readonly [name: string, schema: z.ZodType, wrap: (value: object) => unknown][] = [
  ['by itself', Member, (value) => value],
  ['in a list', z.array(Member), (value) => [value]],
  ['in an object', z.object({ v: Member }), (value) => ({ v: value })],
  ['in a record', z.record(z.string(), Member), (value) => ({ x: value })],
  ['in a tuple', z.tuple([z.int(), Member]), (value) => [1, value]],
  ['that may be null', Member.nullable(), (value) => value],
  ['in a union', z.union([z.string(), Member]), (value) => value],
  ['that is refined', Member.refine((value) => value.a > 0), (value) => value],
  ['that waits', Member.refine(async (value) => value.a > 0), (value) => value],
  ['in what is lazy', z.lazy(() => Member), (value) => value],
  ['in what is read only', Member.readonly(), (value) => value],
  ['beside other members', z.intersection(z.object({ v: Member }), z.object({ w: z.int() })), (value) => ({ v: value, w: 1 })],
]; // biome-ignore format: a table

for (const [name, schema, wrap] of places) {
  test(`a union ${name}: an answer and a body are the member that keeps most, as FastAPI picks`, async () => {
    const app = new App({ logger: false });
    let next: unknown;
    app.get('/', { response: schema }, () => next as never);
    app.post('/', { params: { v: body(schema) } }, ({ v }) => v);
    app.post('/lax', { params: { v: body(schema) }, coerceBody: true }, ({ v }) => v);
    await using client = await testClient(app);
    for (const [value, right] of picks) {
      next = wrap(value);
      assert.deepEqual(await (await client.get('/')).json(), wrap(right), 'answer');
      assert.deepEqual(await (await client.post('/', { json: next })).json(), wrap(right), 'body');
      const texts = JSON.parse(JSON.stringify(next).replace(/:(\d)/g, ':"$1"').replace('"w":"1"', '"w":1')) as unknown;
      assert.deepEqual(await (await client.post('/lax', { json: texts })).json(), wrap(right), 'lax body');
    }
  });
}

test('a union of a query model and of a form is the member that keeps most', async () => {
  const app = new App({ logger: false });
  const models = z.union([A, WithMore]);
  app.get('/', { params: { v: query(models) } }, ({ v }) => v);
  app.post('/', { params: { v: form(models) } }, ({ v }) => v);
  await using client = await testClient(app);
  assert.deepEqual(await (await client.get('/', { query: { a: '1', b: '2' } })).json(), { a: 1, b: 2 });
  assert.deepEqual(await (await client.post('/', { form: { a: '1', b: '2' } })).json(), { a: 1, b: 2 });
  assert.deepEqual(await (await client.get('/', { query: { a: '1' } })).json(), { a: 1 });
});

test('items of streams and results of tasks are the member that keeps most', async () => {
  const queue = new Queue();
  const task = queue.task('t', { params: { v: Member }, returns: Member }, ({ v }) => ({ ...v, more: 1 }));
  const app = new App({ logger: false });
  app.use(queue);
  app.get('/lines', { response: jsonLines(Member) }, async function* () {
    yield* given;
  });
  app.get('/events', { response: eventStream(Member) }, async function* () {
    yield* given;
  });
  app.post('/task', { params: { list: z.array(z.any()) } }, async ({ list }) =>
    Promise.all(list.map(async (v) => (await task.enqueue({ v })).result({ timeout: 60_000 }))),
  );
  await using client = await testClient(app);
  const lines = (await (await client.get('/lines')).text()).trim().split('\n');
  assert.deepEqual(lines.map((line) => JSON.parse(line)), picked); // biome-ignore format: one line
  const events = (await (await client.get('/events')).text()).match(/(?<=data: ).*/g)!;
  assert.deepEqual(events.map((data) => JSON.parse(data)), picked); // biome-ignore format: one line
  assert.deepEqual(await (await client.post('/task', { json: given })).json(), picked);
});

test('a member of equal worth is the first that is declared', async () => {
  const app = new App({ logger: false });
  const schema = z.union([z.object({ a: z.int(), one: z.int().default(1) }), z.object({ a: z.int(), two: z.int().default(2) })]); // biome-ignore format: one line
  app.get('/', { response: schema }, () => ({ a: 1, x: 1 }));
  await using client = await testClient(app);
  assert.deepEqual(await (await client.get('/')).json(), { a: 1, one: 1 });
});

test("the app's own schema still takes the first", () => {
  assert.deepEqual(Member.parse({ a: 1, b: 2 }), { a: 1 });
});

const Rec: z.ZodType = z.union([z.number(), z.object({ get x() { return Rec; } })]); // biome-ignore format: one line
const Pair: z.ZodType = z.union([z.object({ k: z.string(), get x() { return Pair; } }), z.object({ y: z.int().optional(), get x() { return Pair; } }), z.int()]); // biome-ignore format: one line
const Listed: z.ZodType = z.union([z.array(z.lazy(() => Listed)), z.object({ get x() { return Listed; } }), z.boolean()]); // biome-ignore format: one line
const nested = (depth: number, inside: string): string => '{"x":'.repeat(depth) + inside + '}'.repeat(depth);

const Expression: z.ZodType = z.union([
  z.object({ op: z.literal('and'), get x() { return Expression; } }),
  z.object({ op: z.literal('or'), get x() { return Expression; } }),
  z.int(),
]); // biome-ignore format: a table
const Waiting: z.ZodType = z.union([
  z.object({ op: z.literal('and'), get x() { return Waiting; } }).refine(async () => true),
  z.object({ op: z.literal('or'), get x() { return Waiting; } }).refine(async () => true),
  z.int(),
]); // biome-ignore format: a table

for (const [name, schema] of Object.entries({
  'a number or itself': Rec,
  'a list, itself or a boolean': Listed,
  'two that hold themselves': Expression,
  'two that wait and hold themselves': Waiting,
})) {
  for (const coerceBody of [false, true]) {
    for (const inside of ['"no"', '"5"', '{}', 'true', '5']) {
      test(`${name}, ${coerceBody ? 'lax' : 'strict'}: ${inside} below 200 levels is judged at once`, async () => {
        const app = new App({ logger: false, coerceBody });
        app.post('/', { params: { v: body(schema) } }, () => 'ok');
        await using client = await testClient(app);
        const before = performance.now();
        const response = await client.post('/', {
          body: nested(200, inside),
          headers: { 'content-type': 'application/json' },
        });
        assert.ok([200, 422].includes(response.status));
        assert.ok(performance.now() - before < 5000);
        assert.ok(
          (await response.text()).length < 300_000,
          `an answer of ${(await response.text()).length} characters`,
        );
      });
    }
  }
}

test('where two members hold themselves, the reasons are told up to a thousand', async () => {
  const app = new App({ logger: false, coerceBody: true });
  app.post('/', { params: { v: body(Pair) } }, () => 'ok');
  await using client = await testClient(app);
  const before = performance.now();
  const headers = { 'content-type': 'application/json' };
  const response = await client.post('/', { body: nested(14, '"no"'), headers });
  assert.equal(response.status, 422);
  assert.ok(performance.now() - before < 5000);
});

test('an answer that tells mistakes grows with the body, not with its square', async () => {
  const app = new App({ logger: false });
  const Node: z.ZodType = z.object({ id: z.int(), text: z.string().optional(), get next() { return Node.optional(); } }); // biome-ignore format: one line
  const Flat = z.object(Object.fromEntries(Array.from('abcdefgh', (key) => [key, z.int()])));
  app.post('/node', { params: { v: body(Node) } }, () => 'ok');
  app.post('/flat', { params: { v: Flat } }, () => 'ok');
  await using client = await testClient(app);
  const long = 'x'.repeat(900_000);
  let chain: object = { text: long };
  for (let level = 0; level < 98; level++) chain = { next: chain };
  for (const [path, json] of [
    ['/node', chain],
    ['/flat', { long }],
  ] as const) {
    // biome-ignore format: one line
    const response = await client.post(path, { json });
    assert.equal(response.status, 422);
    assert.ok((await response.text()).length < 1_000_000, `${path}: ${(await response.text()).length} characters`);
  }
  const small = await client.post('/flat', { json: { a: 1, x: 'y' } });
  assert.deepEqual((await small.json<{ detail: object[] }>()).detail[0], {
    type: 'missing',
    loc: ['body', 'b'],
    msg: 'Field required',
    input: { a: 1, x: 'y' },
  });
});

test('a tag that is an object without a text is no tag', async () => {
  const app = new App({ logger: false });
  const Pet = z.discriminatedUnion('k', [z.object({ k: z.literal('a') }), z.object({ k: z.literal('b') })]);
  app.post('/', { params: { v: body(Pet) } }, () => 'ok');
  await using client = await testClient(app);
  for (const k of [{ toString: 1 }, { toString: null, valueOf: 2 }, [], [[{ toString: 1 }]], 5, null, 'c']) {
    const response = await client.post('/', { json: { k } });
    assert.equal(response.status, 422);
    assert.equal((await response.json<{ detail: { type: string }[] }>()).detail[0]!.type, 'union_tag_invalid');
  }
});
