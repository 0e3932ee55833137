import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { compileField } from '../../src/schema/field.ts';
import type { Issue } from '../../src/schema/issues/issue.ts';

async function issuesOf(
  schema: z.ZodType,
  input: unknown,
  mode: 'text' | 'lax' | 'strict' = 'strict',
): Promise<Issue[]> {
  const issues: Issue[] = [];
  await compileField(schema, mode, 'test').check(input, ['body'], issues);
  return issues;
}

const places = (issues: readonly Issue[]): string[] => issues.map(({ type, loc }) => `${loc.join('.')} ${type}`);

// What a body of one megabyte can hold. With a cost that grows with the square, each of these takes minutes.
const count = 100_000;
const floods: readonly [string, z.ZodType, unknown][] = [
  ['a list', z.array(z.int()), Array(count).fill('')],
  ['keys', z.record(z.string(), z.int()), Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, '']))],
  ['extra keys', z.strictObject({}), Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 1]))],
  ['a list of unions', z.array(z.union([z.object({ a: z.int() }), z.object({ b: z.int() })])), Array(count).fill({})],
  ['a list of refined values', z.array(z.int().refine((n) => n > 0)), Array(count).fill(0)],
];
for (const [name, schema, input] of floods) {
  test(`${name} full of mistakes costs no more than their number, and the first thousand are told`, async () => {
    const before = performance.now();
    assert.equal((await issuesOf(schema, input)).length, 1000);
    assert.ok(performance.now() - before < 10_000);
  });
}

const longTexts: readonly [string, z.ZodType, string][] = [
  ['digits for a number', z.number(), `${'1'.repeat(count)}x`],
  ['digits and underscores for an integer', z.int(), `${'1_'.repeat(count)}x`],
  ['digits for a bigint', z.bigint(), '1'.repeat(count)],
  ['spaces for a boolean', z.boolean(), ' '.repeat(count)],
  ['a duration', z.iso.duration(), `P${'1'.repeat(count)}`],
  ['a date', z.iso.date(), '1'.repeat(count)],
  ['a moment', z.date(), `2020-01-01T00:00:00.${'1'.repeat(count)}x`],
  ['an email', z.email(), `${'a.'.repeat(count)}@`],
  ['a url', z.url(), `http://${'a'.repeat(count)}.`.concat(':'.repeat(count))],
  ['a uuid', z.uuid(), '-'.repeat(count)],
];
for (const [name, schema, text] of longTexts) {
  test(`${name}: a very long text is refused quickly`, async () => {
    const before = performance.now();
    assert.equal((await issuesOf(schema, text, 'text')).length, 1);
    assert.ok(performance.now() - before < 2000);
  });
}

test('what JSON Schema told is not told again by the library', async () => {
  const schema = z.object({ a: z.int(), list: z.array(z.object({ n: z.int() })) });
  assert.deepEqual(places(await issuesOf(schema, { a: 'x', list: [{ n: 1 }, { n: 'y' }] })), [
    'body.a int_type',
    'body.list.1.n int_type',
  ]);
});

test('what JSON Schema cannot tell is told by the library, beside the rest', async () => {
  const schema = z.object({ a: z.int(), b: z.string().refine((text) => text === 'ok', 'not ok') });
  assert.deepEqual(places(await issuesOf(schema, { a: 'x', b: 'y' })), ['body.a int_type', 'body.b value_error']);
});

test('branches of a union are told with their names, and not again without', async () => {
  const schema = z.object({ v: z.union([z.object({ a: z.int() }).meta({ id: 'ExplainA' }), z.array(z.int())]) });
  assert.deepEqual(places(await issuesOf(schema, { v: { a: 'x' } })), [
    'body.v.ExplainA.a int_type',
    'body.v.list list_type',
  ]);
});
