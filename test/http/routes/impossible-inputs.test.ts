import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type } from 'arktype';
import { z } from 'zod';
import { App, body, cookie, file, form, header, type Params, query } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';

const inner = z.object({ b: z.int() });
const ownFile = {
  '~standard': {
    version: 1 as const,
    vendor: 'own',
    validate: (value: unknown) => ({ value }),
    jsonSchema: { input: () => ({ type: 'string', format: 'binary' }), output: () => ({}) },
  },
};

const refused: readonly [Params, ...names: string[]][] = [
  [{ a: file(z.string()) }, '"a"', 'form()', 'string'],
  [{ a: file(z.int().optional()) }, '"a"', 'integer'],
  [{ a: file(z.array(z.string())) }, 'array of strings'],
  [{ a: file(inner) }, 'object'],
  [{ a: query(z.object({ in: inner })) }, '"a.in"', 'query', 'object'],
  [{ a: query(z.object({ in: z.record(z.string(), z.int()) })) }, '"a.in"', 'object'],
  [{ a: query(z.object({ in: inner.nullable() })) }, '"a.in"', 'object'],
  [{ a: query(z.object({ in: z.union([inner, z.file()]) })) }, '"a.in"', 'object'],
  [{ a: query(z.array(inner)) }, 'array of objects'],
  [{ a: query(z.array(z.array(z.int()))) }, 'array of arrays'],
  [{ a: query(z.tuple([z.string(), inner])) }, 'array of objects'],
  [{ a: query(z.file()) }, 'query', 'file'],
  [{ a: query(type({ in: { b: 'number' } })) }, '"a.in"', 'object'],
  [{ a: header(z.object({ x_in: inner })) }, '"a.x_in"', 'header'],
  [{ a: cookie(z.object({ in: inner })) }, '"a.in"', 'cookie'],
  [{ a: cookie(z.file().optional()) }, 'file'],
  [{ a: form(z.object({ in: inner })) }, '"a.in"', 'form'],
  [{ a: form(z.array(inner)) }, 'array of objects'],
  [{ a: body(z.file()) }, '"a"', 'JSON', 'file'],
  [{ a: z.object({ name: z.string(), in: z.object({ photo: z.file() }) }) }, '"a.in.photo"', 'JSON'],
];
for (const [n, [params, ...names]] of refused.entries()) {
  test(`what its source can never carry fails at registration: ${n + 1}, ${names.join()}`, () => {
    assert.throws(
      () => new App({ logger: false }).post('/', { params }, () => 1),
      coded('CORTADO_PARAM_INVALID', ...names),
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
  assert.equal(await (await client.get('/?in[b]=3')).json(), 3);
});
