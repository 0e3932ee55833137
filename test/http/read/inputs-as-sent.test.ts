import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import { App, body, cookie, form, header, type Params, query, type Schema } from '../../../src/index.ts';
import { Queue } from '../../../src/queue/index.ts';
import { type TestClient, type TestResponse, testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';

type Ask = (client: TestClient, texts: readonly string[]) => Promise<TestResponse>;

// Sources of text, which can hold one value, or several where they say so.
const textSources: Readonly<Record<string, { readonly many: boolean; declare(app: App, schema: Schema): Ask }>> = {
  'a path': {
    many: false,
    declare: (app, schema) => {
      app.get('/{v}', { params: { v: schema } }, ({ v }) => [v]);
      return (client, [text]) => client.get(`/${encodeURIComponent(text!)}`);
    },
  },
  'a query': {
    many: true,
    declare: (app, schema) => {
      app.get('/', { params: { v: query(schema) } }, ({ v }) => [v]);
      return (client, v) => client.get('/', { query: { v } });
    },
  },
  'a query model': {
    many: true,
    declare: (app, schema) => {
      app.get('/', { params: { q: query(z.object({ v: schema as z.ZodType })) } }, ({ q }) => [q.v]);
      return (client, v) => client.get('/', { query: { v } });
    },
  },
  'a header': {
    many: true,
    declare: (app, schema) => {
      app.get('/', { params: { v: header(schema) } }, ({ v }) => [v]);
      return (client, v) => client.get('/', { headers: { v: v as string[] } });
    },
  },
  'a header model': {
    many: true,
    declare: (app, schema) => {
      app.get('/', { params: { h: header(z.object({ v: schema as z.ZodType })) } }, ({ h }) => [h.v]);
      return (client, v) => client.get('/', { headers: { v: v as string[] } });
    },
  },
  'a cookie': {
    many: false,
    declare: (app, schema) => {
      app.get('/', { params: { v: cookie(schema) } }, ({ v }) => [v]);
      return (client, [text]) => client.get('/', { headers: { cookie: `v=${encodeURIComponent(text!)}` } });
    },
  },
  'a form': {
    many: true,
    declare: (app, schema) => {
      app.post('/', { params: { v: form(schema) } }, ({ v }) => [v]);
      return (client, v) => postForm(client, v);
    },
  },
  'a form model': {
    many: true,
    declare: (app, schema) => {
      app.post('/', { params: { f: form(z.object({ v: schema as z.ZodType })) } }, ({ f }) => [f.v]);
      return (client, v) => postForm(client, v);
    },
  },
};

function postForm(client: TestClient, texts: readonly string[]): Promise<TestResponse> {
  const body = new URLSearchParams(texts.map((text) => ['v', text])).toString();
  return client.post('/', { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
}

const split = (value: unknown): unknown => (typeof value === 'string' ? value.split(',') : value);
const shown = (value: unknown): unknown => JSON.stringify(value);

interface Sent {
  readonly name: string;
  readonly schema: Schema;
  readonly texts: readonly string[];
  /** The value, or the issue's type. */
  readonly value: unknown;
  readonly isList?: boolean;
}

const enumeration = { One: 1, Two: 2 } as const;
const sent: readonly Sent[] = [
  { name: 'a preprocess of a list gets the one text', schema: z.preprocess(split, z.array(z.coerce.number())), texts: ['1,2'], value: [1, 2], isList: true },
  { name: 'what a preprocess gives is coerced', schema: z.preprocess(split, z.array(z.int())), texts: ['1,2'], value: [1, 2], isList: true },
  { name: 'what a preprocess gives is a list of one', schema: z.preprocess((it) => it, z.array(z.int())), texts: ['7'], value: [7], isList: true },
  { name: 'a preprocess of a list that may be absent', schema: z.preprocess(split, z.array(z.int())).optional(), texts: ['1,2'], value: [1, 2], isList: true },
  { name: 'a preprocess of a list that may be null', schema: z.preprocess(split, z.array(z.int())).nullable(), texts: ['1,2'], value: [1, 2], isList: true },
  { name: 'a preprocess gets the list of several', schema: z.preprocess(shown, z.string()), texts: ['1', '2'], value: '["1","2"]' },
  { name: 'a preprocess of a list gets the list of several', schema: z.preprocess((it) => [shown(it)], z.array(z.string())), texts: ['1', '2'], value: ['["1","2"]'], isList: true },
  { name: 'a preprocess gets a text, and no number', schema: z.preprocess((it) => `${typeof it} ${it}`, z.string()), texts: ['5'], value: 'string 5' },
  { name: 'a preprocess of an integer gets its text', schema: z.preprocess((it) => (it as string).replace('#', ''), z.int()), texts: ['5'], value: 5 },
  { name: 'a preprocess of a number gets its text', schema: z.preprocess((it) => (it as string).replace(',', '.'), z.number()), texts: ['1,5'], value: 1.5 },
  { name: 'a preprocess of a boolean gets its text', schema: z.preprocess((it) => it === 'true', z.boolean()), texts: ['true'], value: true },
  { name: 'a preprocess of a date gets its text', schema: z.preprocess((it) => `${it}-01`, z.date()), texts: ['2020-01'], value: '2020-01-01T00:00:00.000Z' },
  { name: 'a preprocess of a bigint gets its text', schema: z.preprocess((it) => (it as string).replace('_', ''), z.bigint()), texts: ['9_007'], value: 9007 },
  { name: 'a preprocess in a preprocess', schema: z.preprocess((it) => `${it}0`, z.preprocess((it) => `${it}1`, z.int())), texts: ['5'], value: 501 },
  { name: 'an alternative of a preprocess', schema: z.union([z.preprocess((it) => (it === 'x' ? 1 : it), z.int()), z.boolean()]), texts: ['x'], value: 1 },
  { name: 'a transform piped into a schema gets the text', schema: z.transform((it) => (it as string).length).pipe(z.int()), texts: ['555'], value: 3 },
  { name: 'a preprocess that waits', schema: z.preprocess(async (it) => (it as string).slice(1), z.int()), texts: ['#5'], value: 5 },
  { name: 'what a preprocess gives is told in the words for texts', schema: z.preprocess((it) => it, z.int()), texts: ['x'], value: 'int_parsing' },
  { name: 'of several, one value is the last', schema: z.int(), texts: ['1', '2'], value: 2 },
  { name: 'the literal true', schema: z.literal(true), texts: ['true'], value: true },
  { name: 'the literal true', schema: z.literal(true), texts: ['on'], value: true },
  { name: 'the literal true', schema: z.literal(true), texts: ['false'], value: 'literal_error' },
  { name: 'the literal false', schema: z.literal(false), texts: ['0'], value: false },
  { name: 'a literal that may be absent', schema: z.literal(true).optional(), texts: ['true'], value: true },
  { name: 'a literal with a default', schema: z.literal(true).default(true), texts: ['yes'], value: true },
  { name: 'a literal number', schema: z.literal(1), texts: ['1'], value: 1 },
  { name: 'a literal number', schema: z.literal(1), texts: ['1.0'], value: 1 },
  { name: 'one of several literals', schema: z.literal([1, true, 'x']), texts: ['1'], value: 1 },
  { name: 'one of several literals', schema: z.literal([1, true, 'x']), texts: ['true'], value: true },
  { name: 'one of several literals', schema: z.literal([1, true, 'x']), texts: ['x'], value: 'x' },
  { name: 'one of several literals', schema: z.literal([1, 2]), texts: ['3'], value: 'literal_error' },
  { name: 'a text among literals stays one', schema: z.literal(['1', 1]), texts: ['1'], value: '1' },
  { name: 'a literal bigint', schema: z.literal(5n), texts: ['5'], value: 5 },
  { name: 'an enumeration of numbers', schema: z.enum(enumeration), texts: ['2'], value: 2 },
  { name: 'an enumeration of numbers', schema: z.enum(enumeration), texts: ['5'], value: 'enum' },
  { name: 'a union of literals', schema: z.union([z.literal(1), z.literal(true), z.literal('x')]), texts: ['true'], value: true },
  { name: 'a union of literals and a type', schema: z.union([z.literal(true), z.int()]), texts: ['7'], value: 7 },
  { name: 'a literal of ArkType', schema: type('true') as unknown as Schema, texts: ['true'], value: true },
  { name: 'literals of ArkType', schema: type('1 | 2'), texts: ['2'], value: 2 },
  { name: 'a literal of Valibot', schema: toStandardJsonSchema(v.literal(true)), texts: ['yes'], value: true },
  { name: 'a list of literals', schema: z.array(z.literal([1, 2])), texts: ['1', '2'], value: [1, 2], isList: true },
]; // biome-ignore format: a table

for (const { name, schema, texts, value, isList = false } of sent) {
  test(`${name}: ${texts.join(' and ')} is ${JSON.stringify(value)}`, async () => {
    for (const [source, { many, declare }] of Object.entries(textSources)) {
      if (texts.length > 1 && !many) continue;
      // A path is one piece of text; and of headers only lists are taken apart.
      if (isList && !many) continue;
      if (source.startsWith('a header') && texts.length > 1 && !isList) continue;
      if (source.endsWith('model') && !('_zod' in schema)) continue;
      const app = new App({ logger: false });
      const ask = declare(app, schema);
      await using client = await testClient(app);
      const response = await ask(client, texts);
      if (response.status === 200) assert.deepEqual(await response.json(), [value], source);
      else {
        const types = (await response.json<{ detail: { type: string }[] }>()).detail.map(({ type }) => type);
        assert.deepEqual([response.status, types], [422, [value]], `${source}: ${await response.text()}`);
      }
    }
  });
}

test('a function in a JSON body gets the value that was sent, which is coerced after it', async () => {
  const app = new App({ logger: false });
  const date = z.preprocess((it) => (it === 'today' ? '2020-02-03' : it), z.date());
  app.post('/', { params: { b: z.object({ n: z.preprocess(shown, z.string()), date }) } }, ({ b }) => b);
  app.post('/strict', { params: { b: z.object({ n: z.preprocess((it) => it, z.int()) }) } }, ({ b }) => b);
  app.post(
    '/lax',
    { params: { b: z.object({ n: z.preprocess((it) => it, z.int()) }) }, coerceBody: true },
    ({ b }) => b,
  );
  await using client = await testClient(app);
  assert.deepEqual(await (await client.post('/', { json: { n: ['5'], date: 'today' } })).json(), {
    n: '["5"]',
    date: '2020-02-03T00:00:00.000Z',
  });
  assert.equal((await client.post('/strict', { json: { n: '5' } })).status, 422);
  assert.deepEqual(await (await client.post('/lax', { json: { n: '5' } })).json(), { n: 5 });
});

test('a tag of a query or a form that is a number or a boolean is found by its text', async () => {
  const Shape = z.discriminatedUnion('kind', [
    z.object({ kind: z.literal(1), r: z.number() }),
    z.object({ kind: z.literal(true), a: z.number() }),
  ]);
  const app = new App({ logger: false });
  app.get('/', { params: { s: query(Shape) } }, ({ s }) => s);
  app.post('/', { params: { s: form(Shape) } }, ({ s }) => s);
  await using client = await testClient(app);
  assert.deepEqual(await (await client.get('/', { query: { kind: '1', r: '2' } })).json(), { kind: 1, r: 2 });
  assert.deepEqual(await (await client.post('/', { form: { kind: 'true', a: '2' } })).json(), { kind: true, a: 2 });
});

test('null alone never comes as text, so a source of text that must have it fails at registration', () => {
  const app = new App({ logger: false });
  for (const schema of [z.null(), z.literal(null)]) {
    for (const make of [query, header, cookie, form])
      assert.throws(
        () => app.post('/', { params: { v: make(schema) } as Params }, () => 'ok'),
        coded('CORTADO_PARAM_INVALID', 'null'),
      );
    app.get('/optional', { params: { v: query(schema.optional()) } }, () => 'ok');
    app.post('/json', { params: { v: body(schema.optional()), n: body(z.int()) } }, () => 'ok');
    break;
  }
  assert.throws(
    () => app.get('/m', { params: { q: query(z.object({ a: z.null() })) } }, () => 'ok'),
    coded('CORTADO_PARAM_INVALID', '"q.a"'),
  );
});

// What a schema makes up itself is never missing.
const filled = z.object({
  caught: z.string().catch('x'),
  prepared: z.preprocess((it) => it ?? 'y', z.string()),
  made: z.transform((it) => it ?? 'z').pipe(z.string()),
  defaulted: z.string().default('a').transform((text) => text.length), // biome-ignore format: one line
  optional: z.string().optional().transform((text) => text ?? 'q'), // biome-ignore format: one line
  waits: z.preprocess(async (it) => it ?? 'w', z.string()),
  given: z.preprocess((it) => it, z.string()),
  n: z.int(),
});
const fillings: Readonly<Record<string, (app: App) => (client: TestClient, values: object) => Promise<TestResponse>>> =
  {
    'a body': (app) => {
      app.post('/', { params: { v: filled } }, ({ v }) => v);
      return (client, json) => client.post('/', { json });
    },
    'a lax body': (app) => {
      app.post('/', { params: { v: filled }, coerceBody: true }, ({ v }) => v);
      return (client, json) => client.post('/', { json });
    },
    'a query': (app) => {
      app.get('/', { params: { v: query(filled) } }, ({ v }) => v);
      return (client, values) => client.get('/', { query: values as Record<string, string> });
    },
    'a header': (app) => {
      app.get('/', { params: { v: header(filled) } }, ({ v }) => v);
      return (client, values) => client.get('/', { headers: values as Record<string, string> });
    },
    'a cookie': (app) => {
      app.get('/', { params: { v: cookie(filled) } }, ({ v }) => v);
      const text = (values: object): string => Object.entries(values).map(([key, value]) => `${key}=${value}`).join('; '); // biome-ignore format: one line
      return (client, values) => client.get('/', { headers: { cookie: text(values) } });
    },
    'a form': (app) => {
      app.post('/', { params: { v: form(filled) } }, ({ v }) => v);
      return (client, values) => client.post('/', { form: values as Record<string, string> });
    },
  };
for (const [source, declare] of Object.entries(fillings)) {
  test(`what a schema fills in is never missing from ${source}, and what it does not is`, async () => {
    const app = new App({ logger: false });
    const ask = declare(app);
    await using client = await testClient(app);
    const told = (await (await ask(client, { n: 'a' })).json<{ detail: { type: string; loc: string[] }[] }>()).detail;
    const places = told.map(({ type, loc }) => `${loc.at(-1)} ${type}`);
    assert.deepEqual(places, ['given missing', source === 'a body' ? 'n int_type' : 'n int_parsing']);
    const text = source === 'a body' ? 1 : '1';
    assert.deepEqual(await (await ask(client, { n: text, given: 'g' })).json(), {
      caught: 'x',
      prepared: 'y',
      made: 'z',
      defaulted: 1,
      optional: 'q',
      waits: 'w',
      given: 'g',
      n: 1,
    });
  });
}

test('input of a task that its schema fills in is not missing either', async () => {
  const queue = new Queue();
  const { caught, prepared, n } = filled.shape;
  const task = queue.task('t', { params: { caught, prepared, n } }, (values) => values);
  const app = new App({ logger: false });
  app.use(queue);
  let told: unknown;
  app.post('/', {}, async () => {
    told = await task.enqueue({ n: 'a' } as never).catch((error: { issues: unknown }) => error.issues);
    return (await task.enqueue({ n: 1 } as never)).result({ timeout: 60_000 });
  });
  await using client = await testClient(app);
  assert.deepEqual(await (await client.post('/')).json(), { caught: 'x', prepared: 'y', n: 1 });
  assert.deepEqual((told as { loc: unknown }[]).map(({ loc }) => loc), [['n']]); // biome-ignore format: one line
});

test('the document does not require what a schema fills in', () => {
  const app = new App({ logger: false });
  app.post('/', { params: { v: filled } }, () => 'ok');
  const content = app.openapi().paths['/']!['post']!['requestBody'] as { content: Record<string, { schema: { required: string[] } }> }; // biome-ignore format: one line
  assert.deepEqual(content.content['application/json']!.schema.required, ['given', 'n']);
});

// As FastAPI 0.142 answers the same for `Annotated[Model, Form()]` and `Annotated[T, Form()]`.
const Empty = z.object({ name: z.string().default('default'), n: z.int().nullish(), tags: z.array(z.string()).default([]) }); // biome-ignore format: one line
const empties: readonly [what: string, params: Params, body: string, answer: unknown][] = [
  ['a text of a model', { f: form(z.object({ name: z.string() })) }, 'name=', { name: '' }],
  ['a text of a model with a default', { f: form(Empty) }, 'name=', { name: '', tags: [] }],
  ['an integer of a model', { f: form(Empty) }, 'n=', ['body.n int_parsing']],
  ['a list of a model', { f: form(Empty) }, 'tags=', { name: 'default', tags: [''] }],
  ['a list of a model with another', { f: form(Empty) }, 'tags=&tags=a', { name: 'default', tags: ['', 'a'] }],
  ['nothing of a model', { f: form(Empty) }, 'x=1', { name: 'default', tags: [] }],
  ['an absent text of a model', { f: form(z.object({ name: z.string() })) }, '', ['body.name missing']],
  ['a text', { f: form(z.string()) }, 'f=', ['body.f missing']],
  ['a text with a default', { f: form(z.string().default('default')) }, 'f=', 'default'],
  ['a list', { f: form(z.array(z.string())) }, 'f=', ['']],
  ['a list that is absent', { f: form(z.array(z.string())) }, 'g=', ['body.f missing']],
];
for (const [what, params, text, answer] of empties) {
  for (const kind of ['urlencoded', 'multipart']) {
    test(`an empty field is as in FastAPI: ${what} (${text}, ${kind})`, async () => {
      const app = new App({ logger: false });
      app.post('/', { params }, ({ f }) => f as unknown);
      await using client = await testClient(app);
      const response = await (kind === 'urlencoded'
        ? client.post('/', { body: text, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
        : postParts(
            client,
            '/',
            [...new URLSearchParams(text)].map(([name, value]) => [`name="${name}"`, value]),
          ));
      const value = await response.json<{ detail: { type: string; loc: string[] }[] }>();
      const told = response.status === 422 ? value.detail.map(({ type, loc }) => `${loc.join('.')} ${type}`) : value;
      assert.deepEqual(told, answer);
    });
  }
}

function postParts(
  client: TestClient,
  path: string,
  parts: readonly (readonly [head: string, value: string])[],
): Promise<TestResponse> {
  // biome-ignore format: one line
  const text = parts.map(([head, value]) => `--x\r\ncontent-disposition: form-data; ${head}\r\n\r\n${value}\r\n`);
  const headers = { 'content-type': 'multipart/form-data; boundary=x' };
  return client.post(path, { body: `${text.join('')}--x--\r\n`, headers });
}

// The filename decides, as in FastAPI.
const parts: readonly [head: string, isFile: boolean][] = [
  ['name="v"', false],
  ['name="v"\r\ncontent-type: application/octet-stream', false],
  ['name="v"\r\ncontent-type: image/png', false],
  ['name="v"\r\ncontent-type: application/json', false],
  ['name="v"\r\ncontent-type: text/plain; charset=utf-8', false],
  ['name="v"; filename=""', true],
  ['name="v"; filename="a.txt"', true],
  ['name="v"; filename="a.txt"\r\ncontent-type: text/plain', true],
  ['name="v"; filename=""\r\ncontent-type: application/octet-stream', true],
];
for (const [head, isFile] of parts) {
  test(`a part of a form with ${head.replace('\r\n', ' and ')} is a ${isFile ? 'file' : 'text'}`, async () => {
    const app = new App({ logger: false });
    app.post('/text', { params: { v: form(z.string()) } }, ({ v }) => v);
    app.post('/model', { params: { f: form(z.object({ v: z.string() })) } }, ({ f }) => f.v);
    app.post('/list', { params: { v: form(z.array(z.string())) } }, ({ v }) => v[0]!);
    app.post('/file', { params: { v: z.file() } }, async ({ v }) => v.text());
    app.post('/files', { params: { v: z.array(z.file()) } }, async ({ v }) => v[0]!.text());
    await using client = await testClient(app);
    const right = isFile ? ['/file', '/files'] : ['/text', '/model', '/list'];
    for (const path of ['/text', '/model', '/list', '/file', '/files']) {
      const response = await postParts(client, path, [[head, 'hello']]);
      if (right.includes(path)) assert.equal(await response.json(), 'hello', path);
      else assert.equal(response.status, 422, path);
    }
  });
}
