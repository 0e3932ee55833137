import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import { App, dependency, query, type Schema } from '../../src/index.ts';
import { Queue } from '../../src/queue/index.ts';
import { testClient } from '../../src/testing/index.ts';
import { coded } from '../support/coded.ts';

/** The same shapes in one library. */
interface Library {
  readonly id: Schema<unknown>;
  readonly flag: Schema<unknown>;
  readonly price: Schema<unknown>;
  readonly name: Schema<unknown>;
  readonly size: Schema<unknown>;
  readonly tags: Schema<unknown>;
  readonly optional: Schema<unknown>;
  readonly item: Schema<unknown>;
  readonly filter: Schema<unknown>;
}

const libraries: Readonly<Record<string, Library>> = {
  Zod: {
    id: z.int().min(1).max(100),
    flag: z.boolean(),
    price: z.number().gt(0),
    name: z
      .string()
      .min(2)
      .max(5)
      .regex(/^[a-z]+$/),
    size: z.enum(['small', 'large']),
    tags: z.array(z.int()),
    optional: z.int().optional(),
    item: z.object({ name: z.string(), price: z.number(), note: z.string().optional() }),
    filter: z.strictObject({ limit: z.int().optional(), q: z.string().optional() }),
  },
  Valibot: {
    id: toStandardJsonSchema(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100))),
    flag: toStandardJsonSchema(v.boolean()),
    price: toStandardJsonSchema(v.pipe(v.number(), v.gtValue(0))),
    name: toStandardJsonSchema(v.pipe(v.string(), v.minLength(2), v.maxLength(5), v.regex(/^[a-z]+$/))),
    size: toStandardJsonSchema(v.picklist(['small', 'large'])),
    tags: toStandardJsonSchema(v.array(v.pipe(v.number(), v.integer()))),
    optional: toStandardJsonSchema(v.optional(v.pipe(v.number(), v.integer()))),
    item: toStandardJsonSchema(v.object({ name: v.string(), price: v.number(), note: v.optional(v.string()) })),
    filter: toStandardJsonSchema(
      v.strictObject({ limit: v.optional(v.pipe(v.number(), v.integer())), q: v.optional(v.string()) }),
    ),
  },
  ArkType: {
    id: type('1 <= number.integer <= 100'),
    flag: type('boolean'),
    price: type('number > 0'),
    name: type('2 <= string <= 5 & /^[a-z]+$/'),
    size: type("'small' | 'large'"),
    tags: type('number.integer[]'),
    optional: type('number.integer | undefined'),
    item: type({ name: 'string', price: 'number', 'note?': 'string', '+': 'delete' }),
    filter: type({ 'limit?': 'number.integer', 'q?': 'string', '+': 'reject' }),
  },
};

function application(library: Library): App {
  const app = new App({ logger: false });
  const one = (name: keyof Library): unknown =>
    app.get(`/${name}`, { params: { v: query(library[name]) } }, (values) => values);
  for (const name of ['flag', 'price', 'name', 'size', 'tags', 'optional'] as const) one(name);
  app.get('/path/{id}', { params: { id: library.id } }, (values) => values);
  app.get('/filter', { params: { filter: query(library.filter) } }, ({ filter }) => filter);
  app.post('/items', { params: { item: library.item }, response: library.item as z.ZodType }, ({ item }) => item);
  return app;
}

interface Case {
  readonly url: string;
  readonly json?: unknown;
  readonly answer?: unknown;
  /** `loc type` of each issue. */
  readonly issues?: readonly string[];
}

const cases: readonly Case[] = [
  { url: '/path/7', answer: { id: 7 } },
  { url: '/path/x', issues: ['path.id int_parsing'] },
  { url: '/path/0', issues: ['path.id greater_than_equal'] },
  { url: '/path/101', issues: ['path.id less_than_equal'] },
  { url: '/flag?v=yes', answer: { v: true } },
  { url: '/flag?v=maybe', issues: ['query.v bool_parsing'] },
  { url: '/flag', issues: ['query.v missing'] },
  { url: '/price?v=1.5', answer: { v: 1.5 } },
  { url: '/price?v=0', issues: ['query.v greater_than'] },
  { url: '/price?v=x', issues: ['query.v float_parsing'] },
  { url: '/name?v=abc', answer: { v: 'abc' } },
  { url: '/name?v=a', issues: ['query.v string_too_short'] },
  { url: '/name?v=abcdef', issues: ['query.v string_too_long'] },
  { url: '/name?v=AB', issues: ['query.v string_pattern_mismatch'] },
  { url: '/size?v=small', answer: { v: 'small' } },
  { url: '/size?v=huge', issues: ['query.v enum'] },
  { url: '/tags?v=1&v=2', answer: { v: [1, 2] } },
  { url: '/tags?v=1&v=x', issues: ['query.v.1 int_parsing'] },
  { url: '/optional', answer: {} },
  { url: '/optional?v=3', answer: { v: 3 } },
  { url: '/optional?v=x', issues: ['query.v int_parsing'] },
  { url: '/filter?limit=5&q=tea', answer: { limit: 5, q: 'tea' } },
  { url: '/filter?limit=x&other=1', issues: ['query.limit int_parsing', 'query.other extra_forbidden'] },
  { url: '/items', json: { name: 'tea', price: 2, secret: 'x' }, answer: { name: 'tea', price: 2 } },
  { url: '/items', json: { name: 'tea', price: '2' }, issues: ['body.price float_type'] },
  { url: '/items', json: { name: 5 }, issues: ['body.name string_type', 'body.price missing'] },
  { url: '/items', json: [], issues: ['body model_attributes_type'] },
];

for (const [name, library] of Object.entries(libraries)) {
  for (const { url, json, answer, issues } of cases) {
    test(`${name}: ${url}${json === undefined ? '' : ` with ${JSON.stringify(json)}`}`, async () => {
      await using client = await testClient(application(library));
      const response = json === undefined ? await client.get(url) : await client.post(url, { json });
      if (issues === undefined) assert.deepEqual([response.status, await response.json()], [200, answer]);
      else {
        const { detail } = await response.json<{ detail: { type: string; loc: string[] }[] }>();
        assert.deepEqual(detail.map(({ type, loc }) => `${loc.join('.')} ${type}`).sort(), [...issues].sort());
      }
    });
  }

  test(`${name}: the documentation has the constraints`, () => {
    const { paths } = application(library).openapi();
    const parameter = (path: string): unknown =>
      (paths[path]!['get']!['parameters'] as { schema: unknown }[])[0]!.schema;
    assert.deepEqual(parameter('/path/{id}'), { type: 'integer', minimum: 1, maximum: 100 });
    const { minLength, maxLength, pattern } = parameter('/name') as Record<string, unknown>;
    assert.deepEqual([minLength, maxLength, pattern], [2, 5, '^[a-z]+$']);
  });
}

const bare: Schema<string> = {
  '~standard': { version: 1, vendor: 'home-made', validate: (value) => ({ value: String(value) }) },
};

const undescribed: readonly [string, (app: App) => unknown, ...names: string[]][] = [
  [
    'Valibot without its converter',
    (app) => app.get('/x', { params: { a: v.string() } }, () => 1),
    'GET /x',
    '"a"',
    'toStandardJsonSchema',
  ],
  ["a schema of one's own", (app) => app.get('/x', { params: { a: bare } }, () => 1), 'home-made'],
  ['z.map()', (app) => app.post('/x', { params: { a: z.map(z.date(), z.string()) } }, () => 1), 'z.map()'],
  ['z.custom()', (app) => app.post('/x', { params: { a: z.custom() } }, () => 1), 'z.custom()'],
  [
    'z.map() in a response',
    (app) => app.get('/x', { response: z.map(z.date(), z.int()) as z.ZodType }, () => 1),
    'z.map()',
    'z.record(…)',
    'Object.fromEntries(map)',
  ],
  [
    'z.instanceof(Date)',
    (app) => app.post('/x', { params: { a: z.instanceof(Date) } }, () => 1),
    'z.instanceof(Date)',
    'z.date()',
  ],
  [
    'an instance of a class in a response',
    (app) => app.get('/x', { response: z.instanceof(class Own {}) as z.ZodType }, () => new (class Own {})()),
    'z.instanceof(Own)',
  ],
  [
    'a transform in a response',
    (app) => app.get('/x', { response: z.string().transform(Number) as z.ZodType }, () => '1'),
    'GET /x: response',
    '.pipe',
  ],
];
for (const [name, register, ...names] of undescribed) {
  test(`${name} fails at registration, with what to do`, () => {
    assert.throws(() => register(new App({ logger: false })), coded('CORTADO_SCHEMA_UNDESCRIBED', ...names));
  });
}

test('a rule that JSON Schema cannot tell is explained in the words of its library', async () => {
  const app = new App({ logger: false });
  const even = z.int().refine((n) => n % 2 === 0, 'must be even');
  const pair = z
    .object({ a: z.string(), b: z.string() })
    .refine(({ a, b }) => a === b, { error: 'must be the same', path: ['b'] });
  app.post('/', { params: { n: query(even), pair } }, (values) => values);
  await using client = await testClient(app);
  const { detail } = await (await client.post('/?n=3', { json: { a: 'x', b: 'y' } })).json<{ detail: unknown[] }>();
  assert.deepEqual(detail, [
    {
      type: 'value_error',
      loc: ['query', 'n'],
      msg: 'Value error, must be even',
      input: '3',
      ctx: { error: 'must be even' },
    },
    {
      type: 'value_error',
      loc: ['body', 'b'],
      msg: 'Value error, must be the same',
      input: 'y',
      ctx: { error: 'must be the same' },
    },
  ]);
});

for (const [name, schema] of Object.entries({
  Zod: z.object({ a: z.int() }),
  Valibot: v.object({ a: v.number() }),
  ArkType: type({ a: 'number' }),
})) {
  test(`${name}: a schema in place of params fails at registration, and says what params is`, () => {
    const params = schema as never;
    const jobs = new Queue();
    for (const register of [
      () => new App({ logger: false }).post('/x', { params }, () => 1),
      () => dependency(params, () => 1),
      () => jobs.task('x', { params }, () => 1),
    ])
      assert.throws(register, coded('CORTADO_PARAM_INVALID', 'params', '{ a: z.int() }'));
  });
}

test('schemas that validate asynchronously work in every source', async () => {
  const app = new App({ logger: false });
  const later = z.string().refine(async (text) => text !== 'bad', 'is bad');
  app.post('/{a}', { params: { a: later, b: query(later), item: z.object({ c: later }) } }, (values) => values);
  await using client = await testClient(app);
  assert.deepEqual(await (await client.post('/x?b=y', { json: { c: 'z' } })).json(), {
    a: 'x',
    b: 'y',
    item: { c: 'z' },
  });
  const response = await client.post('/bad?b=bad', { json: { c: 'bad' } });
  const { detail } = await response.json<{ detail: { loc: string[] }[] }>();
  assert.deepEqual(
    detail.map(({ loc }) => loc.join('.')),
    ['path.a', 'query.b', 'body.c'],
  );
});

test('what may be left out is documented so, where Zod validates asynchronously too', async () => {
  const passes = async (): Promise<boolean> => true;
  const app = new App({ logger: false });
  const params = {
    optional: query(z.string().optional().refine(passes)),
    preset: query(z.string().default('x').refine(passes)),
    inner: query(z.string().refine(passes).optional()),
    needed: query(z.string().refine(passes)),
    changed: query(z.string().transform(async (text) => text)),
  };
  app.get('/', { params }, () => 'fine');
  const { parameters } = app.openapi().paths['/']!['get'] as { parameters: { name: string; required: boolean }[] };
  assert.deepEqual(
    parameters.filter(({ required }) => required).map(({ name }) => name),
    ['needed', 'changed'],
  );
  await using client = await testClient(app);
  const response = await client.get('/');
  assert.deepEqual(
    (await response.json<{ detail: { loc: string[] }[] }>()).detail.map(({ loc }) => loc[1]),
    ['needed', 'changed'],
  );
});

test('the texts of Zod that Pydantic has types for are explained as Pydantic does', async () => {
  const app = new App({ logger: false });
  const texts = {
    uuid: z.uuid(),
    email: z.email(),
    url: z.url(),
    date: z.iso.date(),
    time: z.iso.time(),
    datetime: z.iso.datetime(),
    duration: z.iso.duration(),
  };
  app.get('/', { params: texts }, (values) => values);
  await using client = await testClient(app);
  const wrong = new URLSearchParams(Object.keys(texts).map((name) => [name, 'x']));
  const { detail } = await (await client.get(`/?${wrong}`)).json<{ detail: { type: string }[] }>();
  assert.deepEqual(
    detail.map(({ type }) => type),
    [
      'uuid_parsing',
      'value_error',
      'url_parsing',
      'date_from_datetime_parsing',
      'time_parsing',
      'datetime_from_date_parsing',
      'time_delta_parsing',
    ],
  );
});

const dates: Readonly<Record<string, [Schema<unknown>, Schema<unknown>]>> = {
  Zod: [z.date(), z.object({ at: z.date(), n: z.bigint() })],
  ArkType: [type('Date'), type({ at: 'Date', n: 'bigint' })],
};
for (const [name, [date, item]] of Object.entries(dates)) {
  test(`${name}: dates and bigints come out of texts and numbers, in a query and in JSON`, async () => {
    const app = new App({ logger: false });
    app.post('/', { params: { at: query(date), item } }, ({ at, item }) => {
      const { at: inBody, n } = item as { at: Date; n: bigint };
      return [(at as Date).getTime(), inBody.getTime(), typeof n, n];
    });
    await using client = await testClient(app);
    const json = { at: '1970-01-01T00:00:01', n: 7 };
    const response = await client.post('/?at=1970-01-01T01:00:00%2B01:00', { json });
    assert.deepEqual(await response.json(), [0, 1000, 'bigint', 7]);
    const wrong = await client.post('/?at=soon', { json: { at: 5, n: 1.5 } });
    const { detail } = await wrong.json<{ detail: { type: string; loc: string[] }[] }>();
    assert.deepEqual(
      detail.map(({ type, loc }) => `${loc.join('.')} ${type}`),
      ['query.at datetime_from_date_parsing', 'body.at datetime_type', 'body.n int_from_float'],
    );
    const [parameter] = app.openapi().paths['/']!['post']!['parameters'] as { schema: unknown }[];
    assert.deepEqual(parameter!.schema, { type: 'string', format: 'date-time' });
  });
}

test('transforms run once, on the coerced value', async () => {
  const app = new App({ logger: false });
  app.get(
    '/',
    {
      params: {
        n: z.int().transform((n) => n + 1),
        at: z.iso.datetime().transform((text) => new Date(text).getTime()),
      },
    },
    (values) => values,
  );
  await using client = await testClient(app);
  assert.deepEqual(await (await client.get('/?n=1&at=1970-01-01T00:00:01Z')).json(), { n: 2, at: 1000 });
});

test('recursive schemas are validated, explained and documented', async () => {
  interface Node {
    name: string;
    children: Node[];
  }
  const Node: z.ZodType<Node> = z
    .object({
      name: z.string(),
      get children() {
        return z.array(Node);
      },
    })
    .meta({ id: 'Node' }) as never;
  const app = new App({ logger: false });
  app.post('/', { params: { node: Node as z.ZodType<Node> } }, ({ node }) => node);
  await using client = await testClient(app);
  const tree = { name: 'a', children: [{ name: 'b', children: [] }] };
  assert.deepEqual(await (await client.post('/', { json: tree })).json(), tree);
  const response = await client.post('/', { json: { name: 'a', children: [{ name: 1, children: [] }] } });
  assert.deepEqual(
    (await response.json<{ detail: { loc: unknown[] }[] }>()).detail.map(({ loc }) => loc),
    [['body', 'children', 0, 'name']],
  );
  assert.match(JSON.stringify(app.openapi()), /#\/components\/schemas\/Node/);
});
