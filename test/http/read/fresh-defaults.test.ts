import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { z } from 'zod';
import { database, model, primaryKey } from '../../../src/db/index.ts';
import { App, body, cookie, form, header, query, type Schema } from '../../../src/index.ts';
import { Queue } from '../../../src/queue/index.ts';
import { testClient } from '../../../src/testing/index.ts';

type Value = { l: number[]; deep: { l: number[] }[] };
const value = (): Value => ({ l: [], deep: [{ l: [] }] });

const same = value();

// Each gives the same when nothing is sent.
const fillers: Readonly<Record<string, Schema>> = {
  'a default': z.any().default(value()),
  'a default of a typed object': z.object({ l: z.array(z.int()), deep: z.array(z.any()) }).default(value()),
  'a default that a function makes': z.any().default(value),
  'a default of a function that gives the same': z.any().default(() => same),
  'a prefault': z.any().prefault(value()),
  'a catch': z.object({ l: z.array(z.int()), deep: z.array(z.any()) }).catch(value()),
  'a default inside of what is read-only by type': z.any().default(value()).readonly().transform((it) => ({ ...it })),
  'a default before a transform': z.any().default(value()).transform((it: Value) => it),
  'a default of a lazy schema': z.lazy(() => z.any().default(value())),
  'a default that waits': z.any().default(value()).refine(async () => true),
  'a default beside alternatives': z.union([z.string(), z.any().default(value())]),
  Valibot: toStandardJsonSchema(v.optional(v.any(), value())),
  'Valibot, inside of an object': toStandardJsonSchema(v.optional(v.object({ l: v.any(), deep: v.any() }), value())),
}; // biome-ignore format: a table

// What the handler does to the value that it got.
function change(given: unknown): unknown {
  const before = JSON.parse(JSON.stringify(given)) as unknown;
  const it = given as Value;
  it.l.push(1);
  it.deep[0]!.l.push(2);
  it.deep.push({ l: [3] });
  return before;
}

const sources: Readonly<
  Record<string, (schema: Schema) => { readonly method: 'GET' | 'POST'; readonly params: object }>
> = {
  'a query': (schema) => ({ method: 'GET', params: { v: query(schema) } }),
  'a header': (schema) => ({ method: 'GET', params: { v: header(schema) } }),
  'a cookie': (schema) => ({ method: 'GET', params: { v: cookie(schema) } }),
  'a body': (schema) => ({ method: 'POST', params: { v: body(schema) } }),
  'a member of a body': (schema) => ({ method: 'POST', params: { v: body(schema), n: body(z.int().default(1)) } }),
  'a form': (schema) => ({ method: 'POST', params: { v: form(schema), n: form(z.int().default(1)) } }),
};

for (const [name, schema] of Object.entries(fillers)) {
  for (const [source, declared] of Object.entries(sources)) {
    const isObject = name.includes('inside of an object') || name.includes('typed') || name === 'a catch';
    // An object is the whole of such a source, and an empty one is no absent one.
    if (isObject && !source.includes('body')) continue;
    test(`${name} of ${source} is fresh in each request`, async () => {
      const app = new App({ logger: false });
      const { method, params } = declared(schema);
      const handler = (values: { v: unknown }): unknown => change(values.v);
      if (method === 'GET') app.get('/', { params: params as never }, handler as never);
      else app.post('/', { params: params as never }, handler as never);
      await using client = await testClient(app);
      for (let count = 0; count < 3; count++)
        assert.deepEqual(await (await client.request(method, '/')).json(), value(), `request ${count}`);
    });
  }
}

test('defaults inside of a body are fresh, in alternatives, lists, records and objects that hold themselves', async () => {
  const Node = z.object({
    tags: z.array(z.any()).default([{ l: [] }]),
    get kids() { return z.array(Node).default([]); }, // biome-ignore format: one line
  });
  const schema = z.object({
    either: z.union([z.object({ a: z.int() }), z.object({ b: z.any().default({ l: [] }) })]),
    list: z.array(z.object({ c: z.any().default({ l: [] }) })),
    map: z.record(z.string(), z.object({ d: z.any().default({ l: [] }) })),
    both: z.intersection(z.object({ e: z.any().default({ l: [] }) }), z.object({ f: z.int().default(1) })),
    node: Node,
  });
  const app = new App({ logger: false });
  app.post('/', { params: { b: schema } }, ({ b }) => {
    const before = JSON.stringify(b);
    const l = [(b.either as { b: { l: number[] } }).b, b.list[0]!.c, b.map['x']!.d, b.both.e, b.node.tags[0], b.node.kids[0]!.tags[0]]; // biome-ignore format: one line
    for (const it of l) it.l.push(1);
    return JSON.parse(before);
  });
  await using client = await testClient(app);
  const json = { either: {}, list: [{}], map: { x: {} }, both: {}, node: { kids: [{}] } };
  const first = await (await client.post('/', { json })).text();
  assert.match(first, /"tags":\[\{"l":\[\]\}\]/);
  assert.equal(await (await client.post('/', { json })).text(), first);
});

test('a dependency changes its own default, and nobody else sees it', async () => {
  const Filter = z.any().default({ l: [] });
  const app = new App({ logger: false });
  app.get('/a', { params: { f: query(Filter) } }, ({ f }) => f.l.push(1));
  app.get('/b', { params: { f: query(Filter) } }, ({ f }) => f.l.push(1));
  await using client = await testClient(app);
  for (const path of ['/a', '/a', '/b', '/b']) assert.equal(await (await client.get(path)).text(), '1');
  assert.deepEqual(Filter.parse(undefined), { l: [] }, "the app's own schema stays as it is");
});

test('files and objects of classes in a default are the ones that were written there', async () => {
  const file = new File(['x'], 'x.txt');
  class Box {}
  const box = new Box();
  const app = new App({ logger: false });
  app.get('/', { params: { v: query(z.any().default({ l: [], file, box })) } }, ({ v }) => [
    v.file === file,
    v.box === box,
    v.l.push(1),
  ]);
  await using client = await testClient(app);
  for (let count = 0; count < 2; count++) assert.deepEqual(await (await client.get('/')).json(), [true, true, 1]);
});

test('defaults of a model are fresh in each row', async () => {
  class Doc extends model('docs', { id: primaryKey(), data: z.any().default({ l: [] }) }) {}
  const db = database({ url: 'sqlite::memory:', models: { Doc } });
  const app = new App({ logger: false });
  app.use(db, { createSchema: true });
  app.post('/', { params: { doc: Doc.createSchema } }, async ({ doc }) => {
    (doc.data as { l: number[] }).l.push(1);
    const row = await Doc.create(doc);
    const other = await Doc.create({});
    (other.data as { l: number[] }).l.push(1);
    return [row.data, (await Doc.create({})).data];
  });
  await using client = await testClient(app);
  for (let count = 0; count < 2; count++)
    assert.deepEqual(await (await client.post('/', { json: {} })).json(), [{ l: [1] }, { l: [] }]);
});

test('defaults of a task are fresh in each run', async () => {
  const queue = new Queue();
  const seen: unknown[] = [];
  const task = queue.task('t', { params: { v: z.any().default({ l: [] }) } }, ({ v }) => {
    seen.push(JSON.parse(JSON.stringify(v)));
    v.l.push(1);
  });
  const app = new App({ logger: false });
  app.use(queue);
  app.post('/', {}, async () => (await task.enqueue({})).result({ timeout: 60_000 }));
  await using client = await testClient(app);
  for (let count = 0; count < 3; count++) await client.post('/');
  assert.deepEqual(seen, [{ l: [] }, { l: [] }, { l: [] }]);
});
