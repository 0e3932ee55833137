import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { App, body, type Schema } from '../../src/index.ts';
import { describeSchema } from '../../src/schema/describe-schema.ts';
import { compileField } from '../../src/schema/field.ts';
import type { Issue } from '../../src/schema/issues/issue.ts';
import { outputValidator } from '../../src/schema/output-validator.ts';
import { testClient } from '../../src/testing/index.ts';
import { misfit } from '../support/fits-json-schema.ts';

// All that Zod makes of a value, in all places that it can stand in: what comes out must fit the document.
const whole = { decode: Number, encode: String };
const leaves: Readonly<Record<string, z.ZodType>> = {
  text: z.string(), integer: z.int(), optional: z.int().optional(), nullish: z.int().nullish(), default: z.int().default(1),
  prefault: z.int().prefault(1), catch: z.int().catch(1), 'default of optional': z.int().optional().default(1),
  'optional of default': z.int().default(1).optional(), nonoptional: z.int().optional().nonoptional(),
  exactOptional: z.int().exactOptional(), readonly: z.int().readonly(), 'readonly of optional': z.int().optional().readonly(),
  'or undefined': z.union([z.int(), z.literal(undefined)]), date: z.date(), 'optional date': z.date().optional(),
  bigint: z.bigint(), stringbool: z.stringbool(), codec: z.codec(z.string(), z.int(), whole),
  pipe: z.string().transform((text) => text.length).pipe(z.int()),
  'pipe of optional': z.string().optional().transform((text) => text?.length).pipe(z.int().optional()),
  preprocess: z.preprocess((it) => (it === 'x' ? undefined : it), z.int().optional()), lazy: z.lazy(() => z.int().optional()),
  template: z.templateLiteral(['a', z.int()]), literals: z.literal(['a', undefined]), null: z.null(),
  never: z.never().optional(), 'catch of nothing': z.int().optional().catch(undefined), json: await z.json(), int64: z.int64(),
  'union of optional': z.union([z.int().optional(), z.string()]),
  'intersection of optional': z.intersection(z.int().optional(), z.int().optional()), email: z.email(),
  moment: z.iso.datetime(), trimmed: z.string().trim().min(1), 'lower case': z.string().toLowerCase().regex(/^[a-z]*$/),
  overwritten: z.string().overwrite((text) => `${text}!`).max(3), nullable: z.int().nullable(), enum: z.enum(['x', 'y']),
}; // biome-ignore format: a table

const listed = z.enum(['p', 'q']);
const A = z.literal('a');
const B = z.object({ k: z.literal('b') });
const wraps: Readonly<Record<string, (inner: z.ZodType) => z.ZodType>> = {
  object: (v) => z.object({ v }), strictObject: (v) => z.strictObject({ v }), looseObject: (v) => z.looseObject({ v }),
  catchall: (v) => z.object({}).catchall(v), partial: (v) => z.object({ v }).partial(), required: (v) => z.object({ v }).required(),
  omit: (v) => z.object({ v, w: z.int() }).omit({ w: true }), extend: (v) => z.object({ w: z.int().optional() }).extend({ v }),
  array: (v) => z.array(v), tuple: (v) => z.tuple([z.int(), v]), 'rest of a tuple': (v) => z.tuple([z.int()], v),
  record: (v) => z.record(z.string(), v), 'record of an enum': (v) => z.record(listed, v),
  'record of literals': (v) => z.record(z.literal(['p', 'q']), v), 'record of a union': (v) => z.record(z.union([z.literal('p'), z.literal('q')]), v),
  partialRecord: (v) => z.partialRecord(listed, v), looseRecord: (v) => z.looseRecord(z.string().regex(/^p/), v),
  'record of numbers': (v) => z.record(z.number(), v), 'record of a template': (v) => z.record(z.templateLiteral(['p', z.int()]), v),
  'record of records': (v) => z.record(z.string(), z.record(listed, v)), refined: (v) => z.object({ v }).refine(() => true),
  intersection: (v) => z.intersection(z.object({ v }), z.object({ w: z.int().optional() })),
  union: (v) => z.union([z.object({ v }), z.object({ z: z.int() })]), nested: (v) => z.object({ o: z.object({ v }) }),
  discriminatedUnion: (v) => z.discriminatedUnion('k', [z.object({ k: A, v }), B]), readonly: (v) => z.object({ v }).readonly(),
  xor: (v) => z.xor([z.object({ v, k: A }), B]),
}; // biome-ignore format: a table

const scalars = [undefined, null, 'x', 'a5', '5', 5, true, 'true', 'a@b.cc', '2020-01-01T00:00:00Z', ' q ', 'ABC'];
const builds = (v: unknown): unknown[] => [
  {}, { v }, { k: 'a', v }, { k: 'a' }, { k: 'b' }, { p: v, q: v }, { p: v }, [v], [1, v], [1], { o: { v } }, { o: {} },
  { r: { p: v } }, { v, extra: 1 }, { p5: v }, { 5: v }, { w: 1, v },
]; // biome-ignore format: a table

for (const [wrap, wrapped] of Object.entries(wraps)) {
  test(`what a response schema lets out fits its document: ${wrap}`, async () => {
    let checked = 0;
    for (const [leaf, schema] of Object.entries(leaves)) {
      const whole = wrapped(schema);
      const json = JSON.parse(JSON.stringify(describeSchema(whole, 'output', 'test'))) as object;
      const validate = outputValidator(whole);
      for (const value of [...scalars, new Date(0), 5n].flatMap(builds)) {
        const result = await validate(value);
        if (result.issues !== undefined) continue;
        const sent = JSON.stringify(result.value, (_key, one) => (typeof one === 'bigint' ? Number(one) : one));
        assert.equal(misfit(json, JSON.parse(sent)), undefined, `${leaf}: ${sent} and ${JSON.stringify(json)}`);
        checked++;
      }
    }
    assert.ok(checked > 100, `${checked} values`);
  });

  test(`what a schema of an input takes fits its document: ${wrap}`, async () => {
    // Their documents say what is wanted, and they take what is not, too.
    const lenient = ['catch', 'catch of nothing', 'preprocess', 'lower case', 'trimmed', 'overwritten'];
    for (const [leaf, schema] of Object.entries(leaves)) {
      if (lenient.includes(leaf)) continue;
      const field = compileField(wrapped(schema), 'strict', 'test');
      const json = JSON.parse(JSON.stringify(field.json)) as object;
      for (const value of scalars.filter((one) => one !== undefined).flatMap(builds)) {
        const issues: Issue[] = [];
        await field.check(value, ['body'], issues);
        if (issues.length === 0)
          assert.equal(misfit(json, value), undefined, `${leaf}: ${JSON.stringify(value)} and ${JSON.stringify(json)}`);
      }
    }
  });
}

test('the document of an answer does not require keys of a record whose values may be left out', async () => {
  const app = new App({ logger: false });
  const schema = z.object({
    g: z.record(z.enum(['p', 'q']), z.int().optional()),
    h: z.record(z.enum(['p', 'q']), z.int()),
  });
  app.get('/', { response: schema }, () => ({ g: {}, h: { p: 1, q: 2 } }));
  const { schema: told } = (app.openapi().paths['/']!['get']!['responses'] as { 200: { content: Record<string, { schema: { properties: Record<string, { required?: string[] }> } }> } })[200].content['application/json']!; // biome-ignore format: one line
  assert.deepEqual([told.properties['g']!.required, told.properties['h']!.required], [undefined, ['p', 'q']]);
  await using client = await testClient(app);
  assert.deepEqual(await (await client.get('/')).json(), { g: {}, h: { p: 1, q: 2 } });
});

test('the document of an answer has null for what a list cannot leave out', () => {
  const app = new App({ logger: false });
  app.get('/', { response: z.array(z.int().optional()) }, () => [1, undefined]);
  const { schema } = (app.openapi().paths['/']!['get']!['responses'] as { 200: { content: Record<string, { schema: unknown }> } })[200].content['application/json']!; // biome-ignore format: one line
  assert.deepEqual(schema, { type: 'array', items: { anyOf: [{ type: 'integer' }, { type: 'null' }] } });
});

// What the library takes is never told as wrong, whatever else is.
const neighbours: readonly [name: string, schema: z.ZodType, value: unknown][] = [
  ['a text that is made lower case', z.string().toLowerCase().regex(/^[a-z]+$/), 'ABC'],
  ['a text that is trimmed', z.string().trim().max(1), ' a '],
  ['a catch', z.int().catch(5), 'x'],
  ['a list with a catch', z.array(z.int().catch(5)), ['x']],
  ['a preprocess', z.preprocess(String, z.string().min(1)), 5],
  ['keys of a record that are filled in', z.record(z.enum(['p', 'q']), z.int().catch(1)), {}],
  ['a coerced number', z.coerce.number(), '5'],
  ['a coerced text', z.coerce.string().min(1), 5],
  ['an alternative that is caught', z.union([z.int(), z.boolean()]).catch(true), 'x'],
  ['a date of a coercion', z.coerce.date(), 5],
]; // biome-ignore format: a table
for (const [name, schema, value] of neighbours) {
  test(`${name} is not told beside a mistake, nor under a rule of the app`, async () => {
    const app = new App({ logger: false });
    app.post('/a', { params: { b: body(z.object({ v: schema, n: z.int() }) as Schema) } }, () => 'ok');
    app.post('/b', { params: { b: body(z.object({ v: schema }).refine(() => false, 'mine') as Schema) } }, () => 'ok');
    await using client = await testClient(app);
    const told = async (path: string, json: unknown): Promise<string[]> =>
      (await (await client.post(path, { json })).json<{ detail: Issue[] }>()).detail.map(({ loc, type }) => `${loc.join('.')} ${type}`); // biome-ignore format: one line
    assert.deepEqual(await told('/a', { v: value, n: 'x' }), ['body.n int_type']);
    assert.deepEqual(await told('/b', { v: value }), ['body value_error']);
  });
}
