import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type } from 'arktype';
import { z } from 'zod';
import { App, body, type CortadoError, cookie, file, form, header, type Params, query } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';

const inner = z.object({ b: z.int() });
const ownFile = {
  '~standard': {
    version: 1 as const,
    vendor: 'own',
    validate: (value: unknown) => ({ value }),
    jsonSchema: { input: () => ({ type: 'string', format: 'binary' }), output: () => ({}) },
  },
};

const refused: readonly [Params, RegExp][] = [
  [{ a: file(z.string()) }, /"a" is a file .+form\(\)\), but its schema takes a string/],
  [{ a: file(z.int().optional()) }, /"a" is a file .+ takes an integer/],
  [{ a: file(z.array(z.string())) }, /takes an array of strings/],
  [{ a: file(inner) }, /takes an object/],
  [{ a: query(z.object({ in: inner })) }, /"a\.in" comes from the query as text, but its schema takes an object/],
  [{ a: query(z.object({ in: z.record(z.string(), z.int()) })) }, /"a\.in" .+ takes an object/],
  [{ a: query(z.object({ in: inner.nullable() })) }, /"a\.in" .+ takes an object/],
  [{ a: query(z.object({ in: z.union([inner, z.file()]) })) }, /"a\.in" .+ takes an object/],
  [{ a: query(z.array(inner)) }, /takes an array of objects/],
  [{ a: query(z.array(z.array(z.int()))) }, /takes an array of arrays/],
  [{ a: query(z.tuple([z.string(), inner])) }, /takes an array of objects/],
  [{ a: query(z.file()) }, /comes from the query as text, but its schema takes a file/],
  [{ a: query(type({ in: { b: 'number' } })) }, /"a\.in" .+ takes an object/],
  [{ a: header(z.object({ x_in: inner })) }, /"a\.x_in" comes from the header as text/],
  [{ a: cookie(z.object({ in: inner })) }, /"a\.in" comes from the cookie as text/],
  [{ a: cookie(z.file().optional()) }, /takes a file/],
  [
    { a: form(z.object({ in: inner })) },
    /"a\.in" comes from a form as text, or as a file, but its schema takes an obj/,
  ],
  [{ a: form(z.array(inner)) }, /takes an array of objects/],
  [{ a: body(z.file()) }, /"a" comes from JSON, which has no files .+ takes a file/],
  [{ a: z.object({ name: z.string(), in: z.object({ photo: z.file() }) }) }, /"a\.in\.photo" comes from JSON/],
];
for (const [params, message] of refused) {
  test(`what its source can never carry fails at registration: ${message.source}`, () => {
    assert.throws(
      () => new App({ logger: false }).post('/', { params }, () => 1),
      (error: CortadoError) => error.code === 'CORTADO_PARAM_INVALID' && message.test(error.message),
    );
  });
}

const parsed = (text: unknown): unknown => (typeof text === 'string' ? JSON.parse(text) : text);
interface Tree {
  readonly children: Tree[];
}
const tree: z.ZodType<Tree> = z.lazy(() => z.object({ children: z.array(tree) }));
const taken: Readonly<Record<string, Params>> = {
  'an alternative': { a: query(z.object({ in: z.union([inner, z.string()]) })) },
  'an alternative that is a file': { a: file(z.union([z.file(), z.string()])) },
  'alternatives of models': { a: query(z.union([z.object({ in: inner }), z.object({ n: z.int() })])) },
  'what may be left out': { a: query(z.object({ in: inner.optional(), more: z.array(inner).default([]) })) },
  'a file of JSON that may be left out': { a: z.object({ photo: z.file().optional() }) },
  'what a function prepares': { a: query(z.object({ in: z.preprocess(parsed, inner) })) },
  'what a function prepares, by reference': {
    a: query(z.object({ in: z.preprocess(parsed, inner.meta({ id: 'PreparedInner' })).nullable() })),
  },
  'a pipe from text': { a: query(z.object({ in: z.string().transform(parsed).pipe(inner) })) },
  'a codec from text': {
    a: form(z.object({ in: z.codec(z.string(), inner, { decode: (text) => JSON.parse(text), encode: String }) })),
  },
  'a dictionary': { a: query(z.record(z.string(), z.string())) },
  anything: { a: file(z.unknown()), b: file(z.any()) },
  'a file of another library': { a: file(type('File')), b: file(ownFile) },
  'a form with files': { a: form(z.object({ name: z.string(), photos: z.array(z.file()) })) },
  'one file as a field': { a: form(z.file()) },
  'a recursive body': { a: tree },
  'an array of objects in JSON': { a: z.array(inner) },
};
for (const [name, params] of Object.entries(taken)) {
  test(`${name} is no misfit`, () => {
    const app = new App({ logger: false });
    app.post('/', { params }, () => 1);
    assert.doesNotMatch(JSON.stringify(app.openapi()), /x-cortado/);
  });
}

test("an app's own parser of queries may make objects of them", async () => {
  const querystringParser = (text: string) => ({ in: { b: Number(text.split('=')[1]) } });
  const app = new App({ logger: false, server: { routerOptions: { querystringParser } } });
  app.get('/', { params: { a: query(z.object({ in: inner })) } }, ({ a }) => a.in.b);
  await using client = await testClient(app);
  assert.equal((await client.get('/?in[b]=3')).json(), 3);
});
