import type { StandardSchemaV1 } from '@standard-schema/spec';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import { ValidationError } from '../../src/inject/validation-error.ts';
import { compileNode } from '../../src/schema/coerce/compile-node.ts';
import { formats } from '../../src/schema/coerce/formats.ts';
import { parseBoolean, parseInteger, parseNumber } from '../../src/schema/coerce/numbers.ts';
import { valueFormats } from '../../src/schema/coerce/value-formats.ts';
import { describeSchema } from '../../src/schema/describe-schema.ts';
import { explain } from '../../src/schema/explain/explain.ts';
import { compileField, type Mode } from '../../src/schema/field.ts';
import type { Issue } from '../../src/schema/issues/issue.ts';
import { explainJson } from '../../src/schema/issues/json-invalid.ts';
import { outputValidator } from '../../src/schema/output-validator.ts';
import { bytes, decimal } from '../../src/values/index.ts';
import type { GrowthCase } from '../support/growth.ts';

type Schema = Parameters<typeof compileField>[0];

/** All of `texts`, or as many as a short run has time for: the first. */
export function chosen(texts: readonly string[], short = 4): readonly string[] {
  return process.env['CORTADO_LONG'] === '1' ? texts : texts.slice(0, short);
}

/** Texts of which those that are sent are made, each a way for an expression to go on, or not to end. */
export const atoms: readonly string[] = [
  'a',
  '=',
  '1_',
  '.',
  '1',
  ' ',
  '-',
  '_',
  ':',
  '+',
  'P1D',
  '@a.',
  '1.',
  '{',
  '%41',
];

/** Levels of a recursive schema, of which there are at most 512. */
const levels = 500;

function checks(
  name: string,
  schema: Schema,
  input: (size: number) => unknown,
  most?: number,
  mode: Mode = 'strict',
): GrowthCase {
  const field = compileField(schema, mode, name);
  return {
    name,
    ...(most !== undefined && { most }),
    ...(most === levels && { isBounded: true }),
    make: (size) => {
      const value = input(size);
      return () => {
        const issues: Issue[] = [];
        field.check(value, ['body'], issues);
        return issues.length === 0 ? undefined : new ValidationError(name, issues, value);
      };
    },
  };
}

function nest(depth: number, bottom: unknown, wrap: (inner: unknown) => unknown): unknown {
  let value = bottom;
  for (let level = 0; level < depth; level++) value = wrap(value);
  return value;
}

const list = <T>(length: number, item: (index: number) => T): T[] => Array.from({ length }, (_, index) => item(index));
const text = (atom: string, size: number): string => atom.repeat(Math.ceil(size / atom.length));

const Union: z.ZodType = z.union([z.number(), z.object({ a: z.lazy(() => Union) })]);
const Unions: z.ZodType = z.union([
  z.object({ a: z.lazy(() => Unions) }),
  z.object({ a: z.lazy(() => Unions), b: z.number() }),
  z.number(),
]);
const Tagged: z.ZodType = z.discriminatedUnion('k', [
  z.object({ k: z.literal('x'), a: z.lazy(() => Tagged) }),
  z.object({ k: z.literal('y'), n: z.number() }),
]);
const Model: z.ZodType = z.object({ n: z.int(), next: z.lazy(() => Model).optional() });
const Tree: z.ZodType = z.object({ n: z.int(), all: z.array(z.lazy(() => Tree)) });
const Either: z.ZodType = z.union([
  z.object({ a: z.lazy(() => Either), b: z.string().optional() }),
  z.object({ a: z.lazy(() => Either), c: z.string().optional() }),
  z.array(z.number()),
]);
const eight = z.object(Object.fromEntries(list(8, (index) => [`field${index}`, z.string()])));

// Zod copies the path of each issue at each level, which costs more than our part; so ours is measured by itself.
const explainsLevels: GrowthCase = {
  name: 'why a recursive model misses a field at each level',
  most: levels,
  isBounded: true,
  make: (size) => {
    const input = nest(size, {}, (next) => ({ next }));
    const json = describeSchema(Model, 'input', 'Model');
    const node = compileNode(json);
    const { issues = [] } = Model['~standard'].validate(input) as { issues?: readonly StandardSchemaV1.Issue[] };
    return () => explain(node, issues, { input, loc: ['body'], lax: false, exact: undefined, json });
  },
};

const explained: readonly GrowthCase[] = [
  checks('a recursive union, wrong at its bottom', Union, (size) => nest(size, 'wrong', (a) => ({ a })), levels),
  checks(
    'a recursive union of objects, wrong at its bottom',
    Unions,
    (size) => nest(size, 'wrong', (a) => ({ a })),
    levels,
  ),
  checks(
    'a recursive union of objects, coerced',
    Unions,
    (size) => nest(size, '1', (a) => ({ a, b: '2' })),
    levels,
    'lax',
  ),
  checks(
    'a recursive tagged union, wrong at its bottom',
    Tagged,
    (size) => nest(size, { k: 'y' }, (a) => ({ k: 'x', a })),
    levels,
  ),
  explainsLevels,
  checks('a recursive model that misses fields above much', Model, (size) =>
    nest(90, { n: 'x'.repeat(size) }, (next) => ({ next })),
  ),
  checks('a tree of wrong models', Tree, (size) => ({ n: 'x', all: list(size, () => ({ n: 'x', all: [] })) }), 40_000),
  checks('models that miss eight fields', z.array(eight), (size) => list(size, () => ({})), 300_000),
  checks('members of a list that fit no alternative', z.array(Union), (size) => list(size, () => 'x'), 200_000),
  checks('wrong members of a list', z.array(z.int()), (size) => list(size, () => 'x'), 300_000),
  checks(
    'wrong members of a record',
    z.record(z.string(), z.int()),
    (size) => Object.fromEntries(list(size, (n) => [`k${n}`, 'x'])),
    20_000,
  ),
  checks('wrong members of a set', z.set(z.int()), (size) => list(size, (n) => `x${n}`), 100_000),
  checks('wrong models in a set', z.set(eight), (size) => list(size, () => ({})), 100_000),
  checks(
    'wrong members of a map',
    z.map(z.int(), z.int()),
    (size) => Object.fromEntries(list(size, (n) => [`k${n}`, 'x'])),
    20_000,
  ),
  checks(
    'keys that are not allowed',
    z.strictObject({}),
    (size) => Object.fromEntries(list(size, (n) => [`k${n}`, 1])),
    20_000,
  ),
  checks(
    'keys for a model',
    z.object({ a: z.int() }),
    (size) => Object.fromEntries(list(size, (n) => [`k${n}`, 1])),
    20_000,
  ),
  checks(
    'duplicates that a refinement finds',
    z.array(z.string()).min(2_000_000),
    (size) => list(size, () => 'x'),
    300_000,
  ),
  checks('a text too long', z.string().max(3), (size) => 'x'.repeat(size)),
  checks('a text against a pattern', z.string().regex(/^a+$/), (size) => `${'a'.repeat(size)}!`),
  checks('bigints in a list', z.array(z.bigint()), (size) => list(size, () => 'x'), 100_000),
  checks(
    'issues of Valibot',
    toStandardJsonSchema(v.array(v.object({ n: v.number() }))),
    (size) => list(size, () => ({ n: 'x' })),
    60_000,
  ),
  checks(
    'issues of ArkType',
    type({ n: 'number' }).array() as Schema,
    (size) => list(size, () => ({ n: 'x' })),
    20_000,
  ),
  checks('words of ArkType that repeat what was sent', type('"a" | "b"') as Schema, (size) =>
    text('must be a (', size),
  ),
];

const coerced: readonly GrowthCase[] = [
  checks('texts of a list that are integers', z.array(z.int()), (size) => list(size, () => '12'), 200_000, 'lax'),
  checks(
    'texts of a list that are dates',
    z.array(z.date()),
    (size) => list(size, () => '2026-01-01T00:00:00Z'),
    50_000,
    'lax',
  ),
  checks('members of a set', z.set(z.int()), (size) => list(size, (n) => String(n)), 100_000, 'lax'),
  checks('decimals in a list', z.array(decimal({ gt: 0 })), (size) => list(size, () => '1.10'), 50_000, 'lax'),
  checks('digits of a decimal', decimal({ gt: 1, le: '1e9' }), (size) => `0.${'0'.repeat(size)}1`, undefined, 'lax'),
  checks('base64 of bytes', bytes(), (size) => `${'aGk'.repeat(size)}`, undefined, 'lax'),
  checks('values of a query', z.array(z.number()), (size) => list(size, () => '1.5'), 100_000, 'text'),
  checks('digits of a bigint', z.bigint(), (size) => '9'.repeat(size), undefined, 'lax'),
  checks('digits of an integer', z.int(), (size) => '9'.repeat(size), undefined, 'lax'),
];

const filtered: readonly GrowthCase[] = [
  {
    name: 'an answer, filtered',
    most: 100_000,
    make: (size) => {
      const validate = outputValidator(z.array(z.object({ id: z.int() })));
      const value = list(size, (id) => ({ id, secret: 'x' }));
      return () => validate(value);
    },
  },
  {
    name: 'an answer of recursive alternatives, by its levels',
    most: levels,
    isBounded: true,
    make: (size) => {
      const validate = outputValidator(Either);
      const value = nest(size, [1], (a) => ({ a, c: 'x', d: 1 }));
      return () => validate(value);
    },
  },
  {
    name: 'an answer of recursive alternatives, by its levels and what is at its bottom',
    most: 100_000,
    make: (size) => {
      const validate = outputValidator(Either);
      const value = nest(
        size / 1000,
        list(size, (n) => n),
        (a) => ({ a, c: 'x', d: 1 }),
      );
      return () => validate(value);
    },
  },
];

const formatCases: readonly GrowthCase[] = chosen(atoms, 6).map((atom) => ({
  name: `formats and numbers, of ${JSON.stringify(atom)} again and again`,
  make: (size) => {
    const values = [text(atom, size), `${text(atom, size)}!`, `1${text(atom, size)}a`];
    return () => {
      for (const value of values) {
        for (const { read } of [...Object.values(formats), ...Object.values(valueFormats)])
          for (const lax of [true, false]) read(value, lax);
        for (const parse of [parseInteger, parseNumber, parseBoolean]) parse(value);
      }
    };
  },
}));

const notJson: readonly GrowthCase[] = chosen([' ', '1', '[1,', '"\\u0041', '[', '{"a":', '-', '"a', '\u{1f600}']).map(
  (atom) => ({
    name: `why ${JSON.stringify(atom)} again and again is no JSON`,
    make: (size) => {
      const value = text(atom, size);
      return () => explainJson(value);
    },
  }),
);

export const schemaCases: readonly GrowthCase[] = [...explained, ...coerced, ...filtered, ...formatCases, ...notJson];
