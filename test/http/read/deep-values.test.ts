import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { scope } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import { App, body, form, jsonLines, query, type Schema } from '../../../src/index.ts';
import { Queue } from '../../../src/queue/index.ts';
import { type TestClient, type TestResponse, testClient } from '../../../src/testing/index.ts';

const lists = (depth: number, inside = ''): string => '['.repeat(depth) + inside + ']'.repeat(depth);
const models = (depth: number, inside = ''): string => '{"c":['.repeat(depth) + inside + ']}'.repeat(depth);

const Tree = z.object({ get c() { return z.array(Tree).default([]); } }); // biome-ignore format: one line
const Either = z.object({ get c() { return z.array(z.union([z.int(), Either])).optional(); } }); // biome-ignore format: one line
const Lazy: z.ZodType = z.lazy(() => z.array(Lazy));
const Big: z.ZodType = z.object({ n: z.bigint().optional(), get c() { return z.array(Big).optional(); } }); // biome-ignore format: one line
const Waits: z.ZodType = z.object({ get c() { return z.array(Waits.refine(async () => true)).optional(); } }); // biome-ignore format: one line
type ValibotTree = v.GenericSchema<{ c: unknown[] }>;
const valibot: ValibotTree = v.object({ c: v.array(v.lazy(() => valibot)) });
const ark = scope({ tree: { 'c?': 'tree[]' } }).export();

const recursive: readonly [name: string, schema: Schema, text: (depth: number, inside?: string) => string][] = [
  ['a model', Tree, models],
  ['alternatives', Either, models],
  ['await z.json()', await z.json(), lists],
  ['await z.json() as an object', await z.json(), models],
  ['a lazy list', Lazy, lists],
  ['a model with bigints', Big, models],
  ['a model that waits', Waits, models],
  ['a model of Valibot', toStandardJsonSchema(valibot), models],
  ['a model of ArkType', ark.tree, models],
];

function application(schema: Schema, coerceBody: boolean): App {
  const app = new App({ logger: false, coerceBody });
  app.post('/', { params: { b: body(schema) } }, ({ b }) => ({ got: b !== undefined }));
  return app;
}

const send = async (client: TestClient, body: string): Promise<{ status: number; text: string }> => {
  const response = await client.post('/', { body, headers: { 'content-type': 'application/json' } });
  return { status: response.status, text: await response.text() };
};

for (const [name, schema, text] of recursive) {
  for (const coerceBody of [false, true]) {
    const mode = coerceBody ? 'lax' : 'strict';
    test(`${name} that nests without end, ${mode}: a 400, whatever is inside`, async () => {
      await using client = await testClient(application(schema, coerceBody));
      for (const depth of [600, 1000, 5000, 100_000])
        for (const inside of ['', '1', '"x"'])
          assert.deepEqual(
            [(await send(client, text(depth, inside))).status, depth],
            [400, depth],
            `${depth} levels around ${inside}`,
          );
    });

    test(`${name} that nests 250 levels, ${mode}: is taken, or told what is wrong`, async () => {
      await using client = await testClient(application(schema, coerceBody));
      const wrong = text(250, name.startsWith('z.json') ? '{}' : '"x"');
      assert.ok([200, 422].includes((await send(client, wrong)).status));
      const fine = await send(client, text(250));
      assert.deepEqual([fine.status, fine.text], [200, '{"got":true}']);
    });
  }
}

test('what nests too deeply says so', async () => {
  await using client = await testClient(application(Tree, false));
  const response = await send(client, models(5000));
  assert.equal(response.text, '{"detail":"There was an error parsing the body: it nests more than 512 levels deep"}');
});

test('brackets in a text nest nothing', async () => {
  await using client = await testClient(application(await z.json(), false));
  const text = JSON.stringify({ a: lists(5000), b: '\\"'.repeat(1000) });
  assert.equal((await send(client, text)).status, 200);
});

test('a schema that is not recursive takes any depth where it takes anything, and tells what is wrong', async () => {
  const app = new App({ logger: false });
  app.post('/any', { params: { b: body(z.any()) } }, ({ b }) => b);
  app.post('/model', { params: { b: z.strictObject({ a: z.int() }) } }, ({ b }) => b);
  await using client = await testClient(app);
  const ask = (path: string, text: string): Promise<TestResponse> =>
    client.post(path, { body: text, headers: { 'content-type': 'application/json' } });
  assert.equal(await (await ask('/any', lists(4000))).text(), lists(4000));
  assert.equal((await ask('/model', `{"a":${lists(5000)},"b":${lists(5000)}}`)).status, 422);
});

test('what a function of the app parses, and a parser of queries of its own, nest as deep as they like', async () => {
  const app = new App({
    logger: false,
    server: { routerOptions: { querystringParser: (text) => JSON.parse(models(Number(text.slice(2))) || '{}') } },
  });
  const prepared = z.preprocess((text) => JSON.parse(String(text)), Tree);
  app.get('/query', { params: { q: query(Tree) } }, () => 'ok');
  app.post('/form', { params: { f: form(z.object({ f: prepared })) } }, () => 'ok');
  const transformed = z.string().transform((text) => JSON.parse(text)).pipe(Tree); // biome-ignore format: one line
  app.post('/part', { params: { f: form(transformed) } }, () => 'ok');
  app.post('/waits', { params: { f: form(transformed.refine(async () => true)) } }, () => 'ok');
  await using client = await testClient(app);
  const text = models(5000);
  const told = async (path: string): Promise<unknown> => {
    const response = await client.post(path, { form: { f: text } });
    return [response.status, (await response.json<{ detail: { type: string }[] }>()).detail.map(({ type }) => type)];
  };
  assert.equal((await client.get('/query?q=200')).status, 200);
  const inQuery = await client.get('/query?q=5000');
  assert.deepEqual([inQuery.status, (await inQuery.json<{ detail: { type: string }[] }>()).detail[0]!.type], [422, 'recursion_depth_exceeded']); // biome-ignore format: one line
  for (const path of ['/part', '/waits', '/form'])
    assert.deepEqual(await told(path), [422, ['recursion_depth_exceeded']]);
  assert.equal((await client.post('/part', { form: { f: models(200) } })).status, 200);
});

test('an answer, a line and a result that nest deeply are sent, empty objects and maps included', async () => {
  let deep: unknown = {};
  for (let level = 0; level < 4000; level++) deep = [deep];
  const queue = new Queue();
  const task = queue.task('deep', { params: { v: z.any() } }, ({ v }) => v as unknown);
  const app = new App({ logger: false });
  app.use(queue, { prefix: '/tasks', redact: ['secret'] });
  app.get('/', () => deep);
  app.get('/map', () => new Map([['deep', deep]]));
  app.get('/lines', { response: jsonLines() }, async function* () {
    yield deep;
  });
  app.post('/task', {}, async () => {
    const handle = await task.enqueue({ v: { deep, secret: 'x' } });
    await handle.result({ timeout: 60_000 });
    return handle.id;
  });
  await using client = await testClient(app);
  const text = lists(4000, '{}');
  assert.equal(await (await client.get('/')).text(), text);
  assert.equal(await (await client.get('/map')).text(), `{"deep":${text}}`);
  assert.equal(await (await client.get('/lines')).text(), `${text}\n`);
  const id = await (await client.post('/task')).json<string>();
  const shown = await (await client.get(`/tasks/${id}`)).json<{ input: { v: { secret: string } } }>();
  assert.equal(shown.input.v.secret, '[redacted]');
});

test('an endless recursion of the app itself is its own fault, and no 422', async () => {
  const forever = (): boolean => forever() && forever();
  const app = new App({ logger: false });
  app.post('/', { params: { b: z.object({ a: z.int().refine(forever) }) } }, () => 'ok');
  await using client = await testClient(app);
  assert.equal((await client.post('/', { json: { a: 1 } })).status, 500);
});

class Told {
  toJSON(): string {
    return 'told';
  }
}
const beside: readonly [string, unknown, string][] = [
  ['a date', new Date(0), '"1970-01-01T00:00:00.000Z"'],
  ['a bigint', 12345678901234567890n, '12345678901234567890'],
  ['what says itself', new Told(), '"told"'],
];
for (const [what, value, text] of beside)
  test(`what nests deeply beside ${what} is taken and sent`, async () => {
    const app = new App({ logger: process.env['LOGS'] ? {} : false });
    const queue = new Queue();
    const task = queue.task('deep', { params: { v: z.any() } }, ({ v }) => ({ v: v as unknown, value }));
    app.use(queue);
    app.post('/', { params: { b: body(z.any()) } }, ({ b }) => ({ b: b as unknown, value }));
    app.post('/lines', { params: { b: body(z.any()) }, response: jsonLines() }, async function* ({ b }) {
      yield { b: b as unknown, value };
    });
    app.post('/task', { params: { b: body(z.any()) } }, async ({ b }) => {
      const { v } = (await (await task.enqueue({ v: b })).result({ timeout: 60_000 })) as { v: unknown };
      return { b: v, value };
    });
    await using client = await testClient(app);
    const headers = { 'content-type': 'application/json' };
    for (const sent of [lists(3000), lists(20_000), `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`])
      for (const [path, end] of [
        ['/', ''],
        ['/lines', '\n'],
        ['/task', ''],
      ] as const) {
        const answer = await client.post(path, { body: sent, headers });
        // Not compared by the test runner, which would show both.
        const isRight = (await answer.text()) === `{"b":${sent},"value":${text}}${end}`;
        assert.ok(isRight, `${path}: ${answer.status} ${(await answer.text()).slice(0, 60)}`);
      }
  });
