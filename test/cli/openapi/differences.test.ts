import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences } from '../../../src/cli/openapi/differences.ts';

const parameter = { in: 'query', name: 'q', required: false };
const other = { in: 'query', name: 'limit', required: false };

const cases: readonly [what: string, before: unknown, after: unknown, lines: readonly string[]][] = [
  ['the same', { a: [1, { b: null }] }, { a: [1, { b: null }] }, []],
  ['a member in another place', { a: 1, b: 2 }, { b: 2, a: 1 }, []],
  ['another value', { info: { title: 'a' } }, { info: { title: 'b' } }, ['~ info.title: "a" → "b"']],
  ['a member that is new', {}, { 'x-a': 1 }, ['+ x-a: 1']],
  ['a member that is gone', { paths: { '/a': {} } }, { paths: {} }, ['- paths["/a"]: {}']],
  ['another type', { a: [1] }, { a: { b: 1 } }, ['~ a: [1] → {"b":1}']],
  [
    'a parameter by its name',
    { p: [parameter, other] },
    { p: [other, { ...parameter, required: true }] },
    ['~ p[query q].required: false → true', '~ p: in another order, query limit, query q'],
  ],
  ['a new parameter', { p: [parameter] }, { p: [other, parameter] }, [`+ p[query limit]: ${JSON.stringify(other)}`]],
  [
    'what came into a list',
    { required: ['a', 'b'] },
    { required: ['b', 'c'] },
    ['- required["a"]: "a"', '+ required["c"]: "c"'],
  ],
  [
    'a list without names',
    { prefixItems: [{ type: 'string' }] },
    { prefixItems: [{ type: 'null' }] },
    ['~ prefixItems[0].type: "string" → "null"'],
  ],
  ['a long value, cut', {}, { a: 'x'.repeat(200) }, [`+ a: "${'x'.repeat(99)}…`]],
  ['a name of an object', { constructor: 1 }, {}, ['- constructor: 1']],
];
for (const [what, before, after, lines] of cases)
  test(`differences: ${what}`, () => {
    assert.deepEqual(differences(before, after), lines);
  });
