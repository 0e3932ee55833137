import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draftSeven } from '../../src/asyncapi/draft-seven.ts';
import type { JsonSchema } from '../../src/schema/json/json-schema.ts';

const text: JsonSchema = { type: 'string' };
const pair: JsonSchema = { type: 'array', prefixItems: [text, { type: 'integer' }], items: false };
const pairOfSeven = { type: 'array', items: [text, { type: 'integer' }], additionalItems: false };

const schemas: readonly (readonly [string, JsonSchema, object])[] = [
  [
    'a schema that is the same in both',
    { type: 'object', properties: { a: text } },
    { type: 'object', properties: { a: text } },
  ],
  ['a list with a schema for each place', pair, pairOfSeven],
  ['one that is open', { prefixItems: [text] }, { items: [text] }],
  ['one in a list', { type: 'array', items: pair }, { type: 'array', items: pairOfSeven }],
  ['one in a property', { properties: { pair } }, { properties: { pair: pairOfSeven } }],
  ['one in a union', { anyOf: [pair, text] }, { anyOf: [pairOfSeven, text] }],
  ['one in a shared part', { $defs: { Pair: pair } }, { $defs: { Pair: pairOfSeven } }],
  ['one in further members', { additionalProperties: pair }, { additionalProperties: pairOfSeven }],
  ['further members that are refused', { additionalProperties: false }, { additionalProperties: false }],
  ['a reference', { $ref: '#/a' }, { $ref: '#/a' }],
  ['what stands beside a reference', { $ref: '#/a', description: 'A' }, { description: 'A', allOf: [{ $ref: '#/a' }] }],
  ['a discriminator', { oneOf: [text], discriminator: { propertyName: 'a' } }, { oneOf: [text] }],
  [
    'a property of that name',
    { properties: { discriminator: text, $ref: text } },
    { properties: { discriminator: text, $ref: text } },
  ],
  [
    'values that look like schemas',
    { default: pair, examples: [pair], const: pair },
    { default: pair, examples: [pair], const: pair },
  ],
];
for (const [what, given, expected] of schemas)
  test(`draft 7 of ${what}`, () => {
    assert.deepEqual(draftSeven(given), expected);
  });
