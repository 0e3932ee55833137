import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { App, type Excluded, jsonLines } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';

// What FastAPI 0.142.2 with Pydantic 2.13.5 answers for the same models and values.
const In = z.object({ a: z.int().default(1), b: z.string().nullable().default(null) });
const Model = z.object({
  n: z.int(),
  x: z.int().default(5),
  o: z.string().nullable().default(null),
  inner: In.default({ a: 1, b: null }),
  many: z.array(In).default([]),
  rec: z.record(z.string(), z.int().nullable()).default({}),
  recm: z.record(z.string(), In).default({}),
  any_: z.any().default(null),
  li: z.array(z.int().nullable()).default([]),
});
const Cat = z.object({ kind: z.literal('cat').default('cat'), name: z.string().default('x') });
const Dog = z.object({ kind: z.literal('dog').default('dog'), size: z.int().nullable().default(null) });
const Owner = z.object({ pet: z.union([Cat, Dog]).default({ kind: 'cat', name: 'x' }) });
// Also of keys that any object has.
const Loose = z.looseObject({ a: z.int().default(1) });
const Containers = z.object({
  s: z.set(z.string()).default(new Set(['a'])),
  m: z.map(z.string(), In),
  list: z.set(In),
});
const contained = { s: new Set(['a']), m: new Map([['k', { b: null }]]), list: new Set([{}]) };

const full = {
  n: 1,
  x: 5,
  inner: { a: 1 },
  many: [{}, { b: null }, { a: 2 }],
  rec: { k: null, l: 1 },
  recm: { k: { a: 1 } },
  any_: { q: null },
  li: [null, 1],
};

const answers: readonly [
  schema: z.ZodType,
  value: unknown,
  exclude: Excluded | readonly Excluded[],
  answer: unknown,
][] = [
  [Model, full, 'unset', full],
  [Model, full, 'none', { ...full, inner: { a: 1 }, many: [{ a: 1 }, { a: 1 }, { a: 2 }], recm: { k: { a: 1 } } }],
  [
    Model,
    full,
    'defaults',
    { n: 1, many: [{}, {}, { a: 2 }], rec: { k: null, l: 1 }, recm: { k: {} }, any_: { q: null }, li: [null, 1] },
  ],
  [Model, full, ['unset', 'none'], { ...full, many: [{}, {}, { a: 2 }] }],
  [Model, { n: 1 }, 'unset', { n: 1 }],
  [Model, { n: 1 }, 'none', { n: 1, x: 5, inner: { a: 1 }, many: [], rec: {}, recm: {}, li: [] }],
  [Model, { n: 1 }, 'defaults', { n: 1 }],
  [Model, { n: 1 }, ['unset', 'none'], { n: 1 }],
  [Containers, contained, 'unset', { s: ['a'], m: { k: { b: null } }, list: [{}] }],
  [Containers, contained, 'none', { s: ['a'], m: { k: { a: 1 } }, list: [{ a: 1 }] }],
  [Containers, contained, 'defaults', { m: { k: {} }, list: [{}] }],
  [Loose, { q: null, constructor: null, toString: 1 }, 'none', { a: 1, toString: 1 }],
  [Loose, { q: null, constructor: null, toString: 1 }, 'unset', { q: null, constructor: null, toString: 1 }],
  [Loose, { a: 1, q: null, constructor: null }, 'defaults', { q: null, constructor: null }],
  [Owner, { pet: { kind: 'cat', name: 'x' } }, 'unset', { pet: { kind: 'cat', name: 'x' } }],
  [Owner, { pet: { kind: 'cat', name: 'x' } }, 'none', { pet: { kind: 'cat', name: 'x' } }],
  [Owner, { pet: { kind: 'cat', name: 'x' } }, 'defaults', {}],
  [Owner, { pet: { kind: 'dog' } }, 'unset', { pet: { kind: 'dog' } }],
  [Owner, { pet: { kind: 'dog' } }, 'none', { pet: { kind: 'dog' } }],
  [Owner, { pet: { kind: 'dog' } }, 'defaults', { pet: {} }],
  [Owner, {}, 'unset', {}],
  [Owner, {}, 'none', { pet: { kind: 'cat', name: 'x' } }],
  [Owner, {}, 'defaults', {}],
  [z.array(In), [{ a: 1 }, { a: 3, b: 'y' }], 'defaults', [{}, { a: 3, b: 'y' }]],
  // What is no model of FastAPI's example.
  [z.tuple([In, z.int()]), [{}, 1], 'unset', [{}, 1]],
  [
    z.object({ at: z.date(), note: z.string().optional() }),
    { at: new Date(0), note: undefined },
    'none',
    { at: '1970-01-01T00:00:00.000Z' },
  ],
  [z.looseObject({ a: z.int().nullable() }), { a: null, other: null }, 'none', {}],
  [z.intersection(In, z.object({ c: z.int().default(2) })), {}, 'defaults', {}],
];

for (const [at, [schema, value, exclude, answer]] of answers.entries())
  test(`${at}: exclude ${String(exclude)} of ${JSON.stringify(value).slice(0, 40)}`, async () => {
    const app = new App({ logger: false });
    app.get('/', { response: schema, exclude }, () => value as never);
    await using client = await testClient(app);
    assert.deepEqual(await (await client.get('/')).json(), answer);
  });

test('the document requires nothing that may be left out', () => {
  const required = (exclude: Excluded | undefined): unknown => {
    const app = new App({ logger: false });
    const response = z.object({ n: z.int(), x: z.int().default(5), o: z.string().nullable(), inner: In });
    app.get('/', { response, ...(exclude && { exclude }) }, () => ({ n: 1, o: null, inner: {} }));
    const { responses } = app.openapi().paths['/']!['get'] as { responses: Record<string, { content: object }> };
    const { schema } = (
      responses['200']!.content as Record<string, { schema: { required: string[]; properties: object } }>
    )['application/json']!;
    return [schema.required, (schema.properties as { inner: { required?: string[] } }).inner.required];
  };
  assert.deepEqual(required(undefined), [
    ['n', 'x', 'o', 'inner'],
    ['a', 'b'],
  ]);
  assert.deepEqual(required('unset'), [['n', 'o', 'inner'], undefined]);
  assert.deepEqual(required('defaults'), [['n', 'o', 'inner'], undefined]);
  assert.deepEqual(required('none'), [['n', 'x', 'inner'], ['a']]);
});

for (const first of ['/all', '/set', '/input'])
  test(`models keep their names and forms beside those of which something is left out, whichever is first: ${first}`, () => {
    const app = new App({ logger: false });
    const Item = z.object({ n: z.int().default(1) }).meta({ id: 'Item' });
    const Order = z.object({ items: z.array(Item), note: z.string() }).meta({ id: 'Order' });
    const Other = z.object({ a: z.int() }).meta({ id: 'Other' });
    const Both = z.object({ order: Order, other: Other });
    const add: Record<string, () => void> = {
      '/all': () => void app.get('/all', { response: Both }, () => ({}) as never),
      '/set': () => void app.get('/set', { response: Both, exclude: 'unset' }, () => ({}) as never),
      '/input': () => void app.post('/input', { params: { other: Other } }, () => 1),
    };
    for (const path of [first, ...Object.keys(add).filter((other) => other !== first)]) add[path]!();
    const { schemas = {} } = app.openapi().components!;
    const own = Object.keys(schemas).filter((name) => !name.includes('ValidationError'));
    assert.deepEqual(own.sort(), ['Item', 'Item-Partial', 'Order', 'Order-Partial', 'Other']);
    assert.deepEqual([schemas['Item']?.required, schemas['Item-Partial']?.required], [['n'], undefined]);
    assert.match(JSON.stringify(schemas['Order-Partial']), /schemas\/Item-Partial/);
  });

test('exclude without a schema to read it from is refused', () => {
  const app = new App({ logger: false });
  const wrong = coded('CORTADO_OPTION_INVALID', 'exclude');
  assert.throws(() => app.get('/', { exclude: 'unset' }, () => 1), wrong);
  assert.throws(() => app.get('/', { exclude: 'unset', response: jsonLines() }, () => []), wrong);
  assert.throws(() => app.get('/', { exclude: 'empty' as never, response: In }, () => ({})), wrong);
});
