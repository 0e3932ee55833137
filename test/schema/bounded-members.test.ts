import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { compileField } from '../../src/schema/field.ts';
import type { Issue } from '../../src/schema/issues/issue.ts';

async function check(schema: z.ZodType, input: unknown): Promise<{ value: unknown; issues: Issue[] }> {
  const issues: Issue[] = [];
  const value = await compileField(schema, 'strict', 'a test').check(input, ['body'], issues);
  return { value, issues };
}

const many = 50_000;
const counted = (accepts: (value: unknown) => boolean): { schema: z.ZodType; calls: () => number } => {
  let calls = 0;
  const schema = z.any().superRefine((value, context) => {
    calls++;
    if (!accepts(value)) context.addIssue({ code: 'custom', message: 'no' });
  });
  return { schema, calls: () => calls };
};
const keyed = (count: number, value: unknown): Record<string, unknown> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, value]));

const never = (): boolean => false;
const wrong: readonly [string, (member: z.ZodType) => z.ZodType, unknown, number][] = [
  ['a list', (member) => z.array(member), Array(many).fill(0), 1],
  ['a record', (member) => z.record(z.string(), member), keyed(many, 0), 1],
  ['a list in a list', (member) => z.array(z.array(member)), Array(500).fill(Array(500).fill(0)), 3],
  ['a list in a model', (member) => z.object({ list: z.array(member) }), { list: Array(many).fill(0) }, 1],
  ['a list that may be left out', (member) => z.array(member).optional(), Array(many).fill(0), 1],
];
for (const [what, schemaOf, input, times] of wrong)
  test(`of ${what} with wrong members no more than a thousand are looked at`, async () => {
    const { schema, calls } = counted(never);
    const { issues } = await check(schemaOf(schema), input);
    assert.equal(issues.length, 1000);
    assert.ok(calls() <= times * 1000, `${calls()} calls`);
  });

test('what is right is looked at to its end', async () => {
  const isRight = counted((value) => value !== 'x');
  const list = [...Array(many).fill(0), 'x'];
  assert.equal((await check(z.array(isRight.schema), list)).issues.length, 1);
  assert.equal(isRight.calls(), many + 1);
  assert.deepEqual((await check(z.array(isRight.schema), list.slice(0, -1))).value, list.slice(0, -1));
});

test('of a list that one alternative refuses a thousand times another one has all members', async () => {
  const list = Array(many).fill('x');
  const { value, issues } = await check(z.union([z.array(z.int()), z.array(z.string())]), list);
  assert.deepEqual([issues, value], [[], list]);
});

test('a list that holds lists of the same schema is looked at to its end after one of them was refused', async () => {
  const Nested: z.ZodType = z.lazy(() => z.array(z.union([Nested, z.int(), z.string()])));
  const list = [Array(2000).fill(true), ...Array(3000).fill(1)];
  const { issues } = await check(Nested, list);
  assert.ok(issues.every(({ loc }) => loc[1] === 0));
  assert.ok(issues.length > 0);
});

test('a list that is too long is refused for that, before its members are looked at', async () => {
  const { schema, calls } = counted(never);
  const { issues } = await check(z.array(schema).max(10), Array(many).fill(0));
  assert.deepEqual(
    issues.map(({ type }) => type),
    ['too_long'],
  );
  assert.equal(calls(), 0);
});

test('members that are looked at later are all looked at', async () => {
  const late = z.any().refine(async (value) => value !== 'x', 'no');
  assert.equal((await check(z.array(late), ['x', ...Array(100).fill(1), 'x'])).issues.length, 2);
});
