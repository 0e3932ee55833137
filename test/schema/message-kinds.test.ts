import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { describeSchema } from '../../src/schema/describe-schema.ts';
import { messageKinds } from '../../src/schema/json/message-kinds.ts';
import type { Schema } from '../../src/schema/standard.ts';

const Say = z.object({ type: z.literal('say'), text: z.string() });
const Leave = z.object({ type: z.literal('leave'), why: z.literal('bored') });
const Named = Say.meta({ id: 'Say' });
const tree: z.ZodType = z.lazy(() =>
  z.discriminatedUnion('type', [Say, z.object({ type: z.literal('and'), both: z.array(tree) })]),
);

const schemas: readonly (readonly [string, Schema, readonly string[] | undefined])[] = [
  ['a discriminated union', z.discriminatedUnion('type', [Say, Leave]), ['say', 'leave']],
  ['a union', z.union([Say, Leave]), ['say', 'leave']],
  ['a union of named schemas', z.union([Named, Leave]), ['say', 'leave']],
  ['one object with a constant', Say, ['say']],
  ['a named object with a constant', Named, ['say']],
  ['a union of which one has no constant', z.union([Say, z.object({ text: z.string() })]), undefined],
  ['a union told apart by different members', z.union([Say, z.object({ kind: z.literal('leave') })]), undefined],
  ['a union told apart by numbers', z.union([z.object({ a: z.literal(1) }), z.object({ a: z.literal(2) })]), undefined],
  ['an object without a constant', z.object({ text: z.string() }), undefined],
  ['a text', z.string(), undefined],
  ['anything', z.unknown(), undefined],
  ['a union that holds itself', tree, undefined],
];
for (const [what, schema, names] of schemas)
  test(`the kinds of ${what} are ${names?.join(', ') ?? 'not told apart'}`, () => {
    const kinds = messageKinds(describeSchema(schema, 'input', 'a test'));
    assert.deepEqual(
      kinds?.map(({ name }) => name),
      names,
    );
  });

test('a kind has the shared parts that it refers to', () => {
  const Item = z.object({ n: z.int() }).meta({ id: 'Item' });
  const union = z.union([
    z.object({ type: z.literal('a'), item: Item }),
    z.object({ type: z.literal('b'), items: z.array(Item) }),
  ]);
  const kinds = messageKinds(describeSchema(union, 'input', 'a test'))!;
  for (const { json } of kinds) {
    const refs = [...JSON.stringify(json).matchAll(/"\$ref":"#\/\$defs\/(\w+)"/g)].map(([, name]) => name!);
    assert.deepEqual(
      refs.filter((name) => json.$defs?.[name] === undefined),
      [],
    );
  }
});
