import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readJson, writeJson } from '../../../src/base/json/exact-json.ts';

const depth = 20_000;
const deep = (text: string): string => `${'['.repeat(depth)}${text}${']'.repeat(depth)}`;
const inside = (value: unknown): unknown => {
  let inner = value;
  for (let level = 0; level < depth; level++) inner = (inner as unknown[])[0];
  return inner;
};

const texts: readonly string[] = [
  '12345678901234567890',
  '-12345678901234567890',
  '9007199254740991',
  '1234567890123456789.5',
  '1234567890123456789e2',
  '"12345678901234567890"',
  '"a \\"12345678901234567890\\" \\\\"',
  '["#12345678901234567890",12345678901234567890,"##1"]',
  '{"12345678901234567890":12345678901234567890,"__proto__":12345678901234567890,"a":[1,{"b":-98765432109876543210}]}',
];
for (const text of texts)
  test(`${text} is read below thousands of levels as it is by itself`, () => {
    const value = readJson(text);
    // One with many digits stands beside it, so that all of it is read with care.
    const read = readJson(`[12345678901234567890,${deep(text)}]`) as [bigint, unknown];
    assert.equal(read[0], 12345678901234567890n);
    assert.deepEqual(inside(read[1]), value);
    assert.equal(writeJson(read[1]), deep(writeJson(value)));
  });

test('what is no JSON is refused below thousands of levels, too', () => {
  assert.throws(() => readJson(`${deep('12345678901234567890')}]`), SyntaxError);
});
