import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { App, toJson } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';

class Money {
  readonly #cents = 150;
  toJSON(): string {
    return `${this.#cents / 100}`;
  }
}

const rows: readonly [what: string, value: unknown, json: unknown][] = [
  ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['a date that Temporal has', Temporal.PlainDate.from('2026-03-01'), '2026-03-01'],
  ['a set of maps', new Set([new Map([['a', new Set([1, 1])]])]), [{ a: [1] }]],
  ['a map by numbers', new Map([[1, 'one']]), { '1': 'one' }],
  ['an object that says what it is', { price: new Money() }, { price: '1.5' }],
  ['a bigint that is a number', { n: 2n ** 53n }, { n: 2 ** 53 }],
  ['what is left out', { a: undefined, b: null, c: [undefined] }, { b: null, c: [null] }],
  ['nothing', undefined, null],
  ['a key named __proto__', JSON.parse('{"__proto__":{"a":[]}}'), JSON.parse('{"__proto__":{"a":[]}}')],
];

for (const [what, value, json] of rows)
  test(`${what} becomes what an answer has of it`, async () => {
    assert.deepEqual(toJson(value), json);
    const app = new App({ logger: false });
    app.get('/', () => value);
    await using client = await testClient(app);
    assert.deepEqual(await (await client.get('/')).json(), json);
  });

test('what it gives is of its own, and typed as JSON', () => {
  const Item = z.object({ made: z.date(), tags: z.set(z.string()) });
  const value: z.output<typeof Item> = { made: new Date(0), tags: new Set(['a']) };
  const json: { made: string; tags: string[] } = toJson(value);
  json.tags.push('b');
  assert.deepEqual([...value.tags], ['a']);
});

const refused: readonly [what: string, value: unknown, names: readonly string[]][] = [
  ['a promise', { user: { name: Promise.resolve('Ada') } }, ['"user.name"', 'await it']],
  ['a function', () => 1, ['a function']],
  ['a bigint that no number is', { n: [2n ** 53n + 1n] }, ['9007199254740993n']],
];
for (const [what, value, names] of refused)
  test(`${what} is refused`, () => {
    assert.throws(() => toJson(value), coded('CORTADO_RESPONSE_INVALID', 'toJson()', ...names));
  });
