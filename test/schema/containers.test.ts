import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { App, body, form, query, type Schema } from '../../src/index.ts';
import { Queue } from '../../src/queue/index.ts';
import { compileField } from '../../src/schema/field.ts';
import { testClient } from '../../src/testing/index.ts';
import { coded } from '../support/coded.ts';

const Tag = z.object({ name: z.string() }).meta({ id: 'Tag' });
interface Tree {
  readonly name: string;
  readonly below: ReadonlySet<Tree>;
}
const Tree: z.ZodType<Tree, Tree> = z
  .object({ name: z.string(), below: z.set(z.lazy(() => Tree)) })
  .meta({ id: 'Tree' });

interface Container {
  readonly schema: z.ZodType;
  /** JSON, and what the handler gets of it. */
  readonly taken: readonly (readonly [json: unknown, value: unknown])[];
  /** JSON, and what is wrong with it, and where. */
  readonly refused: readonly (readonly [json: unknown, ...issues: string[]])[];
  readonly json: object;
}

const containers: Readonly<Record<string, Container>> = {
  'a set': {
    schema: z.set(z.int()),
    taken: [
      [[], new Set()],
      [[1, 2, 1], new Set([1, 2])],
    ],
    refused: [
      [{ a: 1 }, 'set_type'],
      ['a', 'set_type'],
      [[1, 'x', null], 'int_type 1', 'int_type 2'],
    ],
    json: { type: 'array', items: { type: 'integer' }, uniqueItems: true },
  },
  'a set of one or two': {
    schema: z.set(z.string()).min(1).max(2),
    taken: [[['a', 'a', 'b', 'b'], new Set(['a', 'b'])]],
    refused: [
      [[], 'too_short'],
      [['a', 'b', 'c'], 'too_long'],
    ],
    json: { type: 'array', items: { type: 'string' }, uniqueItems: true, minItems: 1, maxItems: 2 },
  },
  'a set of exactly two': {
    schema: z.set(z.string()).size(2),
    taken: [[['a', 'b'], new Set(['a', 'b'])]],
    refused: [[['a', 'a'], 'too_short']],
    json: { type: 'array', items: { type: 'string' }, uniqueItems: true, minItems: 2, maxItems: 2 },
  },
  'a set of dates': {
    schema: z.set(z.date()),
    taken: [[['2026-03-01', '2026-03-01T00:00:00Z'], new Set([new Date('2026-03-01')])]],
    refused: [[['x'], 'datetime_from_date_parsing 0']],
    json: { type: 'array', items: { type: 'string', format: 'date-time' }, uniqueItems: true },
  },
  'a set of objects': {
    schema: z.set(Tag),
    taken: [[[{ name: 'a', more: 1 }], new Set([{ name: 'a' }])]],
    refused: [
      [[{ name: 'a' }, {}], 'missing 1.name'],
      [[{ name: 1 }, 2], 'string_type 0.name', 'model_attributes_type 1'],
    ],
    json: { type: 'array', items: { $ref: '#/components/schemas/Tag' }, uniqueItems: true },
  },
  'a set in a set that holds itself': {
    schema: Tree,
    taken: [
      [
        { name: 'a', below: [{ name: 'b', below: [] }] },
        { name: 'a', below: new Set([{ name: 'b', below: new Set() }]) },
      ],
    ],
    refused: [[{ name: 'a', below: [{ name: 1, below: 'x' }] }, 'string_type below.0.name', 'set_type below.0.below']],
    json: { $ref: '#/components/schemas/Tree' },
  },
  'a map': {
    schema: z.map(z.string(), z.date()),
    taken: [[{ a: '2026-03-01' }, new Map([['a', new Date('2026-03-01')]])]],
    refused: [
      [[], 'dict_type'],
      [{ a: 'x' }, 'datetime_from_date_parsing a'],
    ],
    json: { type: 'object', additionalProperties: { type: 'string', format: 'date-time' } },
  },
  'a map of integers': {
    schema: z.map(z.int(), z.int()).min(1),
    taken: [
      [
        { 1: 2, ' 3 ': 4 },
        new Map([
          [1, 2],
          [3, 4],
        ]),
      ],
    ],
    refused: [
      [{}, 'too_short'],
      [{ x: 1 }, 'int_parsing x.[key]'],
      [{ 1: 'x' }, 'int_type 1'],
    ],
    json: {
      type: 'object',
      propertyNames: { type: 'string', pattern: '^-?\\d+$' },
      additionalProperties: { type: 'integer' },
      minProperties: 1,
    },
  },
  'a map with a choice of keys': {
    schema: z.map(z.enum(['a', 'b']), z.int()),
    taken: [[{ a: 1 }, new Map([['a', 1]])]],
    refused: [[{ c: 1 }, 'enum c.[key]']],
    json: {
      type: 'object',
      propertyNames: { type: 'string', enum: ['a', 'b'] },
      additionalProperties: { type: 'integer' },
    },
  },
  'a tuple': {
    schema: z.tuple([z.int(), z.string()]),
    taken: [
      [
        [1, 'a'],
        [1, 'a'],
      ],
    ],
    refused: [
      [[], 'missing 0', 'missing 1'],
      [[1], 'missing 1'],
      [[1, 'a', 2], 'too_long'],
      [['x', 1], 'int_type 0', 'string_type 1'],
      ['a', 'tuple_type'],
    ],
    json: {
      type: 'array',
      prefixItems: [{ type: 'integer' }, { type: 'string' }],
      items: false,
      minItems: 2,
      maxItems: 2,
    },
  },
  'a tuple with a rest': {
    schema: z.tuple([z.int()], z.string()),
    taken: [
      [[1], [1]],
      [
        [1, 'a', 'b'],
        [1, 'a', 'b'],
      ],
    ],
    refused: [
      [[], 'missing 0'],
      [[1, 2], 'string_type 1'],
    ],
    json: { type: 'array', prefixItems: [{ type: 'integer' }], items: { type: 'string' }, minItems: 1 },
  },
};

interface Refusal {
  readonly detail: readonly { readonly type: string; readonly loc: readonly unknown[] }[];
}

for (const [name, { schema, taken, refused, json }] of Object.entries(containers)) {
  let seen: unknown;
  const app = new App({ logger: false });
  app.post(
    '/',
    { params: { v: body(schema as Schema<unknown>) }, response: schema as Schema<unknown> },
    ({ v }) => (seen = v),
  );
  const lax = new App({ logger: false, coerceBody: true });
  lax.post('/', { params: { v: body(schema as Schema<unknown>) } }, ({ v }) => v);

  test(`${name} is taken from JSON and written as JSON`, async () => {
    await using client = await testClient(app);
    for (const [sent, value] of taken) {
      // Twice: by then the schema is compiled.
      for (let times = 0; times < 2; times++) {
        const answer = await client.post('/', { json: sent });
        assert.equal(answer.status, 200, await answer.text());
        assert.deepEqual(seen, value);
      }
      assert.equal((await (await testClient(lax)).post('/', { json: sent })).status, 200);
    }
  });

  test(`${name} refuses what it is not, in Pydantic's words`, async () => {
    await using client = await testClient(app);
    for (const [sent, ...issues] of refused) {
      const { detail } = await (await client.post('/', { json: sent })).json<Refusal>();
      const found = detail.map(({ type, loc }) => [type, loc.slice(1).join('.')].filter(Boolean).join(' '));
      assert.deepEqual(found, issues, JSON.stringify(sent));
    }
  });

  test(`${name} is documented, in requests and answers`, async () => {
    await using client = await testClient(app);
    const { paths } = await (await client.get('/openapi.json')).json<{
      paths: Record<string, { post: { requestBody: unknown; responses: Record<string, unknown> } }>;
    }>();
    const { requestBody, responses } = paths['/']!.post;
    const content = { 'application/json': { schema: json } };
    assert.deepEqual((requestBody as { content: object }).content, content);
    assert.deepEqual((responses['200'] as { content: object }).content, content);
  });
}

test('a set is read from repeated values of a query and of a form', async () => {
  const app = new App({ logger: false });
  app.get(
    '/',
    { params: { v: query(z.set(z.int())), w: query(z.set(z.string()).default(new Set(['w']))) } },
    (values) => values,
  );
  app.get('/model', { params: { m: query(z.object({ v: z.set(z.int()) })) } }, ({ m }) => m);
  app.post('/', { params: { v: form(z.set(z.int())) } }, (values) => values);
  await using client = await testClient(app);
  assert.equal(await (await client.get('/?v=1&v=2&v=1')).text(), '{"v":[1,2],"w":["w"]}');
  assert.equal(await (await client.get('/?v=1&w=a&w=a')).text(), '{"v":[1],"w":["a"]}');
  assert.equal(await (await client.get('/model?v=1&v=1')).text(), '{"v":[1]}');
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  assert.equal(await (await client.post('/', { body: 'v=1&v=1', headers })).text(), '{"v":[1]}');
  assert.equal((await (await client.get('/')).json<Refusal>()).detail[0]?.type, 'missing');
  const document = await (await client.get('/openapi.json')).json<{
    paths: Record<string, { get: { parameters: { schema: { default?: unknown } }[] } }>;
  }>();
  assert.deepEqual(document.paths['/']?.get.parameters[1]?.schema.default, ['w']);
});

test("sets and maps are a task's input, and lists and objects in its result", async () => {
  const queue = new Queue();
  const shape = z.object({ ids: z.set(z.int()), names: z.map(z.string(), z.bigint()) });
  const task = queue.task('echo', { params: { v: shape }, returns: shape }, ({ v }) => {
    assert.ok(v.ids instanceof Set && v.names instanceof Map);
    return v;
  });
  await using _client = await testClient(new App({ logger: false }).use(queue));
  const handle = await task.enqueue({ v: { ids: new Set([1, 2]), names: new Map([['a', 1n]]) } });
  const result: { ids: number[]; names: Record<string, bigint> } = await handle.result();
  assert.deepEqual(result, { ids: [1, 2], names: { a: 1n } });
});

test('a map whose keys are neither texts nor numbers is refused where it is declared', () => {
  const app = new App({ logger: false });
  for (const keys of [z.date(), z.boolean(), z.tuple([z.string()])])
    assert.throws(
      () => app.post('/', { params: { v: body(z.map(keys as unknown as z.ZodString, z.int())) } }, () => 1),
      coded('CORTADO_SCHEMA_UNDESCRIBED', 'z.map()', 'z.record'),
    );
});

test('a schema with sets is as it was once it is described', () => {
  const schema = z.object({ v: z.set(z.string()), w: z.map(z.string(), z.int()) });
  const before = [schema.shape.v, schema.shape.w].map(({ _zod }) => ({ ..._zod }));
  compileField(schema, 'lax', 'test');
  assert.deepEqual(
    [schema.shape.v, schema.shape.w].map(({ _zod }) => ({ ..._zod })),
    before,
  );
  assert.throws(() => z.toJSONSchema(schema), /cannot be represented/);
});
