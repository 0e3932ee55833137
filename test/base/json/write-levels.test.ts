import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Replace, rawJson, writeToAnyDepth } from '../../../src/base/json/write-levels.ts';

const depth = 20_000;
const lists = (inside: unknown): unknown => {
  let value = inside;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
};
const objects = (inside: unknown): unknown => {
  let value = inside;
  for (let level = 0; level < depth; level++) value = { a: value };
  return value;
};
// Of which V8 writes nothing without its stack.
const moment = new Date(0);

const values: readonly [string, unknown][] = [
  ['a date', moment],
  ['what is left out', { moment, u: undefined, f: () => 1, s: Symbol('s'), list: [undefined, () => 1, Symbol('s')] }],
  ['numbers that JSON does not have', [moment, Number.NaN, Number.POSITIVE_INFINITY, -0]],
  ['objects around a value', [moment, Object(1), Object('x'), Object(true)]],
  [
    'what says itself',
    { moment, nested: { toJSON: (key: string) => ({ key, moment }) }, none: { toJSON: () => undefined } },
  ],
  ['keys that need care', JSON.parse('{"__proto__":{"a":1},"\\ud800":2,"a\\"b":3,"2":4,"1":5}')],
  ['an object of a class', new (class { a = moment; #b = 1; get c() { return this.#b; } })()], // biome-ignore format: one line
  ['nothing in it', [moment, [], {}, [[]], [{}]]],
];
for (const [what, value] of values)
  test(`${what}, deep in lists and objects, is written as JSON.stringify writes it`, () => {
    const text = JSON.stringify(value);
    const inLists = `${'['.repeat(depth)}${text}${']'.repeat(depth)}`;
    assert.equal(writeToAnyDepth([moment, lists(value)]), `[${JSON.stringify(moment)},${inLists}]`);
    const inObjects = `${'{"a":'.repeat(depth)}${text}${'}'.repeat(depth)}`;
    assert.equal(
      writeToAnyDepth({ moment, deep: objects(value) }),
      `{"moment":${JSON.stringify(moment)},"deep":${inObjects}}`,
    );
  });

test('a bigint keeps its digits at any depth where a replacer gives them', () => {
  const exact: Replace = (member) => (typeof member === 'bigint' ? rawJson(String(member)) : member);
  const digits = '123456789012345678901234567890';
  const text = `${'['.repeat(depth)}${digits}${']'.repeat(depth)}`;
  assert.equal(writeToAnyDepth(lists(BigInt(digits)), exact), text);
});

test('a value that holds itself is refused at any depth', () => {
  const own: Record<string, unknown> = { moment };
  own['deep'] = lists(own);
  assert.throws(() => writeToAnyDepth(own), /circular/);
});

test('one value in two places is written twice', () => {
  const shared = { moment };
  assert.equal(
    writeToAnyDepth([lists(0), shared, shared]),
    `[${'['.repeat(depth)}0${']'.repeat(depth)},${JSON.stringify(shared)},${JSON.stringify(shared)}]`,
  );
});
