import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type } from 'arktype';
import { z } from 'zod';
import { column, model, primaryKey } from '../../../src/db/index.ts';
import {
  App,
  body,
  cookie,
  form,
  header,
  type Params,
  query,
  type Schema,
  ValidationError,
} from '../../../src/index.ts';
import { type TestClient, type TestResponse, testClient } from '../../../src/testing/index.ts';

const big = 2n ** 53n + 1n;
const huge = 123456789012345678901234567890n;

// How a text of digits comes in, for each source that can carry it.
const sources: Readonly<
  Record<string, (app: App, n: Schema) => (client: TestClient, text: string) => Promise<TestResponse>>
> = {
  'a body': (app, n) => {
    app.post('/', { params: { b: z.object({ n: n as z.ZodType }) } }, ({ b }) => ({ n: b.n }));
    return (client, text) => post(client, `{"n":${text}}`);
  },
  'a lax body': (app, n) => {
    app.post('/', { params: { b: z.object({ n: n as z.ZodType }) }, coerceBody: true }, ({ b }) => ({ n: b.n }));
    return (client, text) => post(client, `{"n":${text}}`);
  },
  'a text of a lax body': (app, n) => {
    app.post('/', { params: { b: z.object({ n: n as z.ZodType }) }, coerceBody: true }, ({ b }) => ({ n: b.n }));
    return (client, text) => post(client, `{"n":"${text}"}`);
  },
  'a body that is it': (app, n) => {
    app.post('/', { params: { n: body(n) } }, ({ n }) => ({ n }));
    return (client, text) => post(client, text);
  },
  'one of two bodies': (app, n) => {
    app.post('/', { params: { n: body(n), other: body(z.int()) } }, ({ n }) => ({ n }));
    return (client, text) => post(client, `{"n":${text},"other":1}`);
  },
  'a list': (app, n) => {
    app.post('/', { params: { list: z.array(n as z.ZodType) } }, ({ list }) => ({ n: list[1] }));
    return (client, text) => post(client, `[1,${text}]`);
  },
  'a tuple in a record': (app, n) => {
    const schema = z.object({ map: z.record(z.string(), z.tuple([z.string(), n as z.ZodType])) });
    app.post('/', { params: { schema } }, ({ schema }) => ({ n: schema.map['a']![1] }));
    return (client, text) => post(client, `{"map":{"a":["x",${text}]}}`);
  },
  'keys that fit a pattern': (app, n) => {
    const schema = z.object({ map: z.looseRecord(z.string().regex(/^n/), n as z.ZodType) });
    app.post('/', { params: { schema } }, ({ schema }) => ({ n: schema.map['n1'] }));
    return (client, text) => post(client, `{"map":{"n1":${text},"x":"y"}}`);
  },
  'an alternative': (app, n) => {
    const schema = z.object({ v: z.union([z.boolean(), z.object({ n: n as z.ZodType }), z.string()]).nullable() });
    app.post('/', { params: { schema } }, ({ schema }) => schema.v as object);
    return (client, text) => post(client, `{"v":{"n":${text}}}`);
  },
  'a recursive schema': (app, n) => {
    const Tree = z.object({ n: n as z.ZodType, get kids(): z.ZodArray<typeof Tree> { return z.array(Tree); } }); // biome-ignore format: one line
    app.post('/', { params: { Tree } }, ({ Tree }) => ({ n: Tree.kids[0]!.n }));
    return (client, text) => post(client, `{"n":1,"kids":[{"n":${text},"kids":[]}]}`);
  },
  'a schema that waits': (app, n) => {
    const waits = z.object({ n: n as z.ZodType }).refine(async () => true);
    app.post('/', { params: { waits } }, ({ waits }) => ({ n: waits.n }));
    return (client, text) => post(client, `{"n":${text}}`);
  },
  'a path': (app, n) => {
    app.get('/{n}', { params: { n } }, ({ n }) => ({ n }));
    return (client, text) => client.get(`/${text}`);
  },
  'a query': (app, n) => {
    app.get('/', { params: { n: query(n) } }, ({ n }) => ({ n }));
    return (client, text) => client.get('/', { query: { n: text } });
  },
  'a query model': (app, n) => {
    app.get('/', { params: { q: query(z.object({ n: n as z.ZodType })) } }, ({ q }) => ({ n: q.n }));
    return (client, text) => client.get('/', { query: { n: text } });
  },
  'a header': (app, n) => {
    app.get('/', { params: { n: header(n) } }, ({ n }) => ({ n }));
    return (client, text) => client.get('/', { headers: { n: text } });
  },
  'a cookie': (app, n) => {
    app.get('/', { params: { n: cookie(n) } }, ({ n }) => ({ n }));
    return (client, text) => client.get('/', { headers: { cookie: `n=${text}` } });
  },
  'a form': (app, n) => {
    app.post('/', { params: { n: form(n) } }, ({ n }) => ({ n }));
    return (client, text) => client.post('/', { form: { n: text } });
  },
};

function post(client: TestClient, text: string): Promise<TestResponse> {
  return client.post('/', { body: text, headers: { 'content-type': 'application/json' } });
}

for (const [name, source] of Object.entries(sources)) {
  for (const [library, schema] of [
    ['Zod', z.bigint()],
    ['ArkType', type('bigint')],
  ] as const) {
    // biome-ignore format: one line
    if (library === 'ArkType' && /list|tuple|keys|alternative|recursive|waits|model|body$/.test(name)) continue;
    test(`${library}: a bigint from ${name} has all its digits`, async () => {
      const app = new App({ logger: false });
      const ask = source(app, schema as Schema);
      await using client = await testClient(app);
      for (const n of [5n, -big, big, huge]) {
        const response = await ask(client, String(n));
        assert.equal(`${response.status} ${await response.text()}`, `200 {"n":${n}}`);
      }
    });
  }

  test(`an integer from ${name} that a number does not hold is refused, as too large`, async () => {
    const app = new App({ logger: false });
    const ask = source(app, z.int() as Schema);
    await using client = await testClient(app);
    for (const n of [big, -big, huge]) {
      const response = await ask(client, String(n));
      const { detail } = await response.json<{ detail: { type: string; msg: string }[] }>();
      assert.equal(response.status, 422);
      const fault = detail.find(({ type }) => type === 'int_parsing_size');
      assert.equal(fault?.msg, 'Unable to parse input string as an integer, exceeded maximum size');
    }
  });
}

// Beside a bigint, so that the digits of the text are known.
const others: readonly [name: string, schema: z.ZodType, text: string, answer: string][] = [
  ['a number keeps its fraction', z.number(), '0.1', '0.1'],
  ['a number of many digits is the nearest, as in FastAPI', z.number(), '0.30000000000000004', '0.30000000000000004'],
  ['a large number is the nearest, as in FastAPI', z.number(), '9007199254740993', '9007199254740992'],
  ['anything is what JSON.parse makes of it', z.unknown(), '[9007199254740993]', '[9007199254740992]'],
  ['anything is what JSON.parse makes of it', z.any(), '9007199254740993', '9007199254740992'],
  ['a text of digits stays one', z.string(), '"9007199254740993"', '"9007199254740993"'],
  ['a whole number with an exponent is one', z.bigint(), '1e20', '100000000000000000000'],
  ['a whole number with a fraction of nothing is one', z.bigint(), '5.0', '5'],
  ['a literal', z.literal(5n), '5', '5'],
  ['one of several literals', z.literal([1n, 5n]), '5', '5'],
  ['a number where a bigint is an alternative', z.union([z.bigint(), z.string()]), String(big), String(big)],
];
for (const [name, schema, text, answer] of others) {
  test(`beside a bigint: ${name} (${text})`, async () => {
    const app = new App({ logger: false });
    app.post('/', { params: { b: z.object({ n: z.bigint(), v: schema }) } }, ({ b }) => b);
    await using client = await testClient(app);
    const response = await post(client, `{"n":${big},"v":${text}}`);
    assert.equal(await response.text(), `{"n":${big},"v":${answer}}`);
  });
}

const refused: readonly [schema: z.ZodType, text: string, issue: object][] = [
  [z.bigint().min(5n), '4', { type: 'greater_than_equal', msg: 'Input should be greater than or equal to 5', ctx: { ge: 5 } }],
  [z.bigint().positive(), '0', { type: 'greater_than', msg: 'Input should be greater than 0', ctx: { gt: 0 } }],
  [z.bigint().max(5n), '6', { type: 'less_than_equal', msg: 'Input should be less than or equal to 5', ctx: { le: 5 } }],
  [z.bigint().multipleOf(3n), '4', { type: 'multiple_of', msg: 'Input should be a multiple of 3', ctx: { multiple_of: 3 } }],
  [z.bigint(), '1.5', { type: 'int_from_float', msg: 'Input should be a valid integer, got a number with a fractional part' }],
  [z.bigint(), '"5"', { type: 'int_type', msg: 'Input should be a valid integer' }],
  [z.bigint(), 'true', { type: 'int_type', msg: 'Input should be a valid integer' }],
  [z.literal(5n), '6', { type: 'literal_error', msg: 'Input should be 5', ctx: { expected: '5' } }],
]; // biome-ignore format: a table
for (const [schema, text, issue] of refused) {
  test(`a bigint is refused in Pydantic's words: ${(issue as { msg: string }).msg} (${text})`, async () => {
    const app = new App({ logger: false });
    app.post('/', { params: { b: z.object({ n: schema }) } }, ({ b }) => b);
    await using client = await testClient(app);
    const response = await post(client, `{"n":${text}}`);
    const { input: _, ...told } = (await response.json<{ detail: { input: unknown }[] }>()).detail[0]!;
    assert.deepEqual(told, { loc: ['body', 'n'], ...issue });
  });
}

test('the bounds of 64 bits are told with all their digits', async () => {
  const app = new App({ logger: false });
  app.post('/', { params: { b: z.object({ n: z.int64() }) } }, ({ b }) => b);
  await using client = await testClient(app);
  assert.equal(await (await post(client, `{"n":${2n ** 63n - 1n}}`)).text(), '{"n":9223372036854775807}');
  const response = await post(client, `{"n":${2n ** 63n}}`);
  assert.equal(
    await response.text(),
    '{"detail":[{"type":"less_than_equal","loc":["body","n"],"msg":"Input should be less than or equal to 9223372036854775807","input":9223372036854775808,"ctx":{"le":9223372036854775807}}]}',
  );
});

test("an app's own answer to what is invalid can be written by JSON.stringify", async () => {
  const app = new App({ logger: false });
  app.onError(ValidationError, ({ issues }) => new Response(JSON.stringify(issues), { status: 400 }));
  app.post('/', { params: { b: z.object({ n: z.bigint().max(5n), i: z.int(), u: z.uint64() }) } }, ({ b }) => b);
  await using client = await testClient(app);
  const response = await post(client, `{"n":${big},"i":${huge},"u":${2n ** 64n}}`);
  assert.equal(response.status, 400);
  assert.match(await response.text(), new RegExp(`"input":${big},"ctx":\\{"le":5\\}`));
  assert.match(await response.text(), new RegExp(`"input":${huge}`));
  assert.match(await response.text(), /"ctx":\{"le":18446744073709551615\}/);
});

test('what is refused is shown with all its digits', async () => {
  const app = new App({ logger: false });
  app.post('/', { params: { b: z.object({ n: z.bigint(), i: z.int() }) } }, ({ b }) => b);
  await using client = await testClient(app);
  const response = await post(client, `{"n":${big},"i":${huge}}`);
  assert.match(await response.text(), new RegExp(`"loc":\\["body","i"\\].*"input":${huge}`));
});

const Bill = model('bills', { id: primaryKey(), cents: z.int().min(1), big: z.bigint().optional() });

// What is refused, the JSON that is sent, and what its 422 shows.
const shown: readonly [name: string, schema: Schema, sent: string, input: string][] = [
  ["a model's integer", Bill.createSchema, `{"cents":${big}}`, `${big}`],
  ["a model's bigint of more than 64 bits", Bill.createSchema, `{"cents":1,"big":${2n ** 63n}}`, `${2n ** 63n}`],
  ['a number in a list', z.object({ l: z.array(z.string()), i: z.bigint().optional() }), `{"l":["a",${big}]}`, `${big}`],
  ['a refinement of a bigint', z.object({ n: z.bigint().refine(() => false) }), `{"n":${big}}`, `${big}`],
  ['an object of which something is missing', z.object({ a: z.string(), i: z.bigint().optional() }), `{"n":[${big},1]}`, `{"n":[${big},1]}`],
  ['an object that is no text', z.object({ a: z.string(), i: z.bigint().optional() }), `{"a":{"n":-${big}}}`, `{"n":-${big}}`],
  ['a refined object', z.object({ n: z.bigint() }).refine(() => false), `{"n":${huge}}`, `{"n":${huge}}`],
  ['a list that is too long', z.object({ l: z.array(z.unknown()).max(1), i: z.bigint().optional() }), `{"l":[${huge},{"n":${big}}]}`, `[${huge},{"n":${big}}]`],
]; // biome-ignore format: a table
for (const [name, schema, sent, input] of shown)
  test(`the digits that were sent stand in the 422: ${name}`, async () => {
    const app = new App({ logger: false });
    app.post('/', { params: { b: body(schema) } }, () => 1);
    await using client = await testClient(app);
    const response = await post(client, sent);
    assert.equal(response.status, 422);
    assert.ok((await response.text()).includes(`"input":${input}`), await response.text());
  });

test('what is shown with its digits may nest deeply, and has all of its members', async () => {
  const app = new App({ logger: false });
  app.post('/', { params: { b: body(z.object({ a: z.string(), i: z.bigint().optional() })) } }, () => 1);
  await using client = await testClient(app);
  const deep = `${'['.repeat(800)}${big}${']'.repeat(800)}`;
  const response = await post(client, `{"a":${deep}}`);
  assert.equal(response.status, 422);
  assert.ok((await response.text()).includes(`"input":${deep}`));
});

test('a large integer below many levels is a 400 that says so', async () => {
  const app = new App({ logger: false });
  app.post('/', { params: { b: z.object({ n: z.bigint(), any: z.unknown() }) } }, () => 1);
  await using client = await testClient(app);
  const deep = `${'['.repeat(20_000)}${big}${']'.repeat(20_000)}`;
  for (const text of [`{"n":1,"any":${deep}}`, `{"n":1,"constructor":1,"any":${deep}}`]) {
    const response = await post(client, text);
    assert.deepEqual(
      [response.status, await response.text()],
      [400, '{"detail":"There was an error parsing the body: it nests too deep"}'],
    );
  }
});

test('a schema for new rows of a model has all digits of a bigint', async () => {
  const Account = model('accounts', { id: primaryKey(), number: z.bigint(), old: column(z.bigint().nullable(), {}) });
  const app = new App({ logger: false });
  const params: Params = { account: Account.createSchema };
  app.post('/', { params }, ({ account }) => account as unknown as object);
  await using client = await testClient(app);
  const response = await post(client, `{"number":${big},"old":-${big}}`);
  assert.equal(await response.text(), `{"number":${big},"old":-${big}}`);
});

for (const [what, text, status] of [
  ['as many digits as are read', '9'.repeat(4300), 200],
  ['as many digits and a sign', `-${'9'.repeat(4300)}`, 200],
  ['a digit more', '9'.repeat(4301), 400],
  ['a million digits', '9'.repeat(1_000_000), 400],
] as const)
  test(`a JSON integer of ${what} is a ${status}`, async () => {
    const app = new App({ logger: false });
    app.post('/', { params: { b: z.object({ n: z.bigint() }) } }, () => 'read');
    await using client = await testClient(app);
    const answer = await client.post('/', { body: `{"n":${text}}`, headers: { 'content-type': 'application/json' } });
    assert.equal(answer.status, status);
    if (status === 400) assert.match(await answer.text(), /an integer has more than 4300 digits/);
  });
