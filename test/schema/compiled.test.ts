import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { z } from 'zod';
import * as mini from 'zod/mini';
import { compileField, type Mode } from '../../src/schema/field.ts';
import type { Issue } from '../../src/schema/issues/issue.ts';
import { obstacleTo } from '../../src/schema/library/compiled-parts.ts';
import { validatorOf } from '../../src/schema/library/validator.ts';
import { compilerOf, loadCompiler, type ZodParser } from '../../src/schema/library/zod-compiler.ts';
import { isZod, type ZodTree } from '../../src/schema/library/zod-tree.ts';
import { outputValidator } from '../../src/schema/output-validator.ts';
import { chance, type Random } from '../support/random.ts';

const modes: readonly Mode[] = ['text', 'lax', 'strict'];

before(loadCompiler);

/** What comes of a value, and all that can be seen of how. */
interface Seen {
  readonly value?: unknown;
  readonly keys?: unknown;
  readonly issues?: readonly Issue[] | unknown;
  readonly thrown?: string;
}

type Check = (value: unknown) => Promise<Seen>;

/** Two fields of one schema: one that may be compiled, and one that may not. */
async function bothWays(make: () => Check, value: unknown): Promise<{ compiled: Seen; interpreted: Seen }> {
  const compiled = await make()(value);
  z.config({ jitless: true });
  try {
    return { compiled, interpreted: await make()(value) };
  } finally {
    z.config({ jitless: false });
  }
}

const inputs =
  (schema: z.core.$ZodType, mode: Mode): (() => Check) =>
  () => {
    const field = compileField(schema as never, mode, 'a test');
    return seeing(async (value) => {
      const issues: Issue[] = [];
      const made = await field.check(value, ['body'], issues);
      return issues.length > 0 ? { issues } : { value: made };
    });
  };

const outputs =
  (schema: z.core.$ZodType): (() => Check) =>
  () => {
    // Known by schema: the same one would be the same validator.
    const validate = outputValidator(z.lazy(() => schema as z.ZodType) as never);
    const whole = validatorOf(schema as never);
    return seeing(async (value) => {
      const [one, other] = [await validate(value), await whole(value)];
      return { value: [madeBy(one), madeBy(other)], issues: [one.issues, other.issues] };
    });
  };

function madeBy(result: object): unknown {
  return 'value' in result ? result.value : undefined;
}

function seeing(check: (value: unknown) => Promise<Seen>): Check {
  return async (value) => {
    try {
      const seen = await check(value);
      return { ...seen, keys: keysOf(seen.value) };
    } catch (error) {
      return { thrown: (error as Error).message };
    }
  };
}

// What two objects with the same members may differ in.
function keysOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Reflect.ownKeys(value).map((key) => [key, keysOf((value as Record<PropertyKey, unknown>)[key])]);
}

type Make = (depth: number) => z.ZodType;

/** Schemas of all kinds, without functions. */
function schemasOf(random: Random): Make {
  const scalars: readonly (() => z.ZodType)[] = [
    () => z.string(),
    () => z.string().trim().min(1).max(5),
    () => z.string().toLowerCase(),
    () => z.string().regex(/^a+$/),
    () => z.email(),
    () => z.uuid(),
    () => z.iso.date(),
    () => z.number(),
    () => z.int().min(-3).max(100),
    () => z.number().multipleOf(0.5),
    () => z.boolean(),
    () => z.null(),
    () => z.literal(['a', 1, null]),
    () => z.enum(['a', 'b']),
    () => z.any(),
    () => z.unknown(),
    () => z.date(),
    () => z.bigint(),
    () => z.url(),
    () => z.templateLiteral(['a', z.number()]),
    () => z.never(),
    () => z.nan(),
  ];
  const holders: readonly Make[] = [
    (depth) => z.object({ a: make(depth), b: make(depth).optional(), c: make(depth) }),
    (depth) => z.strictObject({ a: make(depth), b: make(depth).nullish() }),
    (depth) => z.looseObject({ a: make(depth) }),
    (depth) => z.object({ a: make(depth) }).catchall(make(depth)),
    (depth) => z.array(make(depth)).min(1).max(3),
    (depth) => z.tuple([make(depth), make(depth).optional()]),
    (depth) => z.tuple([make(depth)], make(depth)),
    (depth) => z.record(z.string(), make(depth)),
    (depth) => z.record(z.enum(['a', 'b']), make(depth)),
    (depth) => z.partialRecord(z.enum(['a', 'b']), make(depth)),
    (depth) => z.union([make(depth), make(depth)]),
    (depth) =>
      z.discriminatedUnion('a', [z.object({ a: z.literal('a'), b: make(depth) }), z.object({ a: z.literal('b') })]),
    (depth) => z.intersection(z.object({ a: make(depth) }), z.object({ b: make(depth) })),
    (depth) => z.object({ a: z.intersection(make(depth).optional(), make(depth).optional()) }),
    (depth) => z.object({ a: z.union([make(depth).optional(), make(depth)]), b: make(depth).optional().readonly() }),
    (depth) =>
      z.object({ a: make(depth).optional().pipe(make(depth).optional()), b: make(depth).optional().nonoptional() }),
    (depth) =>
      z.object({
        a: make(depth).optional().nullable(),
        b: z.exactOptional(make(depth)),
        c: z.record(z.string(), make(depth).optional()),
      }),
    (depth) => make(depth).nullable(),
    (depth) => make(depth).readonly(),
    (depth) => z.object({ a: z.string().default('x'), b: z.array(z.int()).default([1]), c: make(depth) }),
    (depth) => z.object({ a: z.string().prefault('x'), b: make(depth).optional() }),
    (depth) => make(depth).catch('caught' as never),
    (depth) => z.object({ a: make(depth), b: make(depth) }).refine((value) => 'a' in value),
    (depth) => z.object({ a: make(depth).transform((value) => [value]), b: z.array(make(depth)) }),
    (depth) => {
      const inner = make(depth);
      return z.lazy(() => inner);
    },
    () => {
      const Tree: z.ZodType = z.object({
        a: z.string(),
        get b() {
          return z.array(Tree).optional();
        },
      });
      return Tree;
    },
  ];
  const make: Make = (depth) =>
    depth <= 0 || random.next() < 0.3 ? random.pick(scalars)() : random.pick(holders)(depth - 1);
  return make;
}

/** Values that fit now and then. */
function valuesOf(random: Random): (depth: number) => unknown {
  const scalars = [
    '',
    'a',
    'aaa',
    ' a ',
    'b',
    'B',
    '3',
    '3.5',
    'true',
    'a1',
    'x@y.de',
    '3b241101-e2bb-4255-8caf-4136c566a962',
    '2024-02-29',
    'http://x.de/',
    0,
    1,
    3,
    -1,
    3.5,
    1e21,
    Number.NaN,
    true,
    false,
    null,
    undefined,

    new Date(0),
    new Date(Number.NaN),
  ];
  const make = (depth: number): unknown => {
    const kind = depth <= 0 ? 0 : random.below(5);
    if (kind <= 1) return random.pick(scalars);
    if (kind === 2) return Array.from({ length: random.below(5) }, () => make(depth - 1));
    const keys = ['a', 'b', 'c', 'd', '1', 'toString'].filter(() => random.next() < 0.6);
    return Object.fromEntries(keys.map((key) => [key, make(depth - 1)]));
  };
  return make;
}

/** One that a schema probably takes: what it is filled with is tried in the places where it fits. */
function fitting(schema: z.core.$ZodType, random: Random, other: () => unknown, depth = 8): unknown {
  const { def } = schema._zod as unknown as { def: Record<string, unknown> & { type: string } };
  const inside = (one: unknown): unknown =>
    depth === 0 || random.next() < 0.05 ? other() : fitting(one as z.core.$ZodType, random, other, depth - 1);
  switch (def.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(def['shape'] as Record<string, unknown>)
          .filter(() => random.next() < 0.9)
          .map(([key, one]) => [key, inside(one)]),
      );
    case 'array':
      return Array.from({ length: 1 + random.below(3) }, () =>
        random.next() < 0.7 ? inside(def['element']) : other(),
      );
    case 'tuple':
      return (def['items'] as unknown[]).map(inside);
    case 'record':
      return { a: inside(def['valueType']), b: inside(def['valueType']) };
    case 'union':
      return inside(random.pick(def['options'] as unknown[]));
    case 'intersection':
      return { ...(inside(def['left']) as object), ...(inside(def['right']) as object) };
    case 'string':
      return ['a', 'aaa', ' a ', 'x@y.de', '3b241101-e2bb-4255-8caf-4136c566a962', '2024-02-29', 'http://x.de/'][
        random.below(7)
      ];
    case 'number':
      return [0, 1, 3.5, 100, '3'][random.below(5)];
    case 'literal':
    case 'enum':
      return 'a';
    case 'boolean':
      return true;
    default:
      return def['innerType'] === undefined ? other() : inside(def['innerType']);
  }
}

describe('schemas that are compiled and ones that are not', () => {
  test(`make the same of ${process.env['CORTADO_LONG'] === '1' ? 'twenty thousand' : '200'} generated schemas and values`, async (t) => {
    const random = chance(t);
    const [makeSchema, makeValue] = [schemasOf(random), valuesOf(random)];
    let right = 0;
    const count = process.env['CORTADO_LONG'] === '1' ? 20_000 : 200;
    for (let n = 0; n < count; n++) {
      const schema = makeSchema(3);
      const value = n % 3 === 0 ? makeValue(3) : fitting(schema, random, () => makeValue(1));
      for (const mode of modes) {
        let both: { compiled: Seen; interpreted: Seen };
        try {
          both = await bothWays(inputs(schema, mode), value);
        } catch (error) {
          // One that has no JSON Schema.
          if ((error as { code?: string }).code === 'CORTADO_SCHEMA_UNDESCRIBED') continue;
          throw error;
        }
        if (both.compiled.issues === undefined && both.compiled.thrown === undefined) right++;
        assert.deepEqual(
          both.compiled,
          both.interpreted,
          `schema ${n}, ${mode}: ${JSON.stringify(z.toJSONSchema(schema, { unrepresentable: 'any' }))}`,
        );
      }
      const both = await bothWays(outputs(schema), value);
      assert.deepEqual(both.compiled, both.interpreted, `schema ${n}, as an answer`);
    }
    t.diagnostic(`${right} values were right`);
    assert.ok(right > count / 3, `only ${right} values were right`);
  });

  test('call no function of the app more than once for one value', async () => {
    let calls = 0;
    const counted = (): boolean => ++calls > 0;
    const schemas: Record<string, [schema: z.ZodType, right: unknown, wrong: unknown]> = {
      refine: [
        z.object({ a: z.array(z.object({ b: z.int() })), c: z.int().refine(counted) }),
        { a: [{ b: 1 }], c: 1 },
        { a: [{ b: 'x' }], c: 1 },
      ],
      transform: [
        z.object({ a: z.array(z.int()), c: z.int().transform(counted) }),
        { a: [1], c: 1 },
        { a: ['x'], c: 1 },
      ],
      preprocess: [
        z.object({ a: z.array(z.int()), c: z.preprocess((value) => [value, counted()][0], z.int()) }),
        { a: [1], c: 1 },
        { a: ['x'], c: 1 },
      ],
      overwrite: [
        z.object({ a: z.array(z.int()), c: z.string().overwrite((text) => (counted() ? text : '')) }),
        { a: [1], c: 'x' },
        { a: ['x'], c: 'x' },
      ],
      'a check of its own': [
        z.object({ a: z.array(z.int()), c: z.string().check(() => void counted()) }),
        { a: [1], c: 'x' },
        { a: ['x'], c: 'x' },
      ],
      default: [z.object({ a: z.array(z.int()), c: z.int().default(() => ++calls) }), { a: [1] }, { a: ['x'] }],
      custom: [z.object({ a: z.array(z.int()), c: z.custom(counted) }), { a: [1], c: 'x' }, { a: ['x'], c: 'x' }],
    };
    for (const [name, [schema, right, wrong]] of Object.entries(schemas)) {
      // `custom` has no JSON Schema, so that it is no input.
      const validate = validatorOf(schema as never);
      // What makes a default is called before, to learn that it is no constant.
      await validate(right);
      for (const value of [right, right, wrong, wrong, right]) {
        calls = 0;
        await validate(value);
        assert.equal(calls, 1, `${name}, ${JSON.stringify(value)}`);
      }
    }
  });

  test('tell the words of an error map that is set after they were made', async () => {
    const field = compileField(z.object({ a: z.int() }) as never, 'strict', 'a test');
    field.check({ a: 1 }, [], []);
    const schema = z.object({ a: z.int() });
    const validate = validatorOf(schema as never);
    await validate({ a: 1 });
    z.config({ customError: () => 'in other words' });
    try {
      assert.equal((await validate({ a: 'x' })).issues?.[0]?.message, 'in other words');
    } finally {
      z.config({ customError: undefined as never });
    }
  });
});

let made = 0;
const forms: readonly [name: string, schema: unknown, obstacle: { path: string; reason: RegExp } | undefined][] = [
  ['an object', z.object({ a: z.string().trim(), b: z.array(z.int()).default([]) }), undefined],
  ['an object of zod/mini', mini.object({ a: mini.string(), b: mini.optional(mini.int()) }), undefined],
  [
    'a refined member',
    z.object({ a: z.object({ b: z.int().refine(() => true) }) }),
    { path: 'a.b', reason: /function of the app/ },
  ],
  [
    'a recursive one',
    z.object({
      get a() {
        return z.array(z.lazy(() => forms[3]![1] as z.ZodType));
      },
    }),
    { path: '', reason: /holds itself/ },
  ],
  ['coercion', z.object({ a: z.coerce.number() }), { path: 'a', reason: /coercion/ }],
  ['a catch', z.object({ a: z.array(z.int().catch(() => 1)) }), { path: 'a.[]', reason: /catch/ }],
  [
    'a union of objects',
    z.union([z.object({ a: z.int() }), z.object({ b: z.int() })]),
    { path: '', reason: /fullest/ },
  ],
  ['a default that a function makes', z.object({ a: z.int().default(() => ++made) }), { path: 'a', reason: /default/ }],
];
for (const [name, schema, obstacle] of forms)
  test(`${name} is ${obstacle === undefined ? 'compiled' : 'not compiled as a whole, and says why'}`, () => {
    assert.ok(isZod(schema));
    const found = obstacleTo(schema);
    assert.equal(found?.path, obstacle?.path);
    if (obstacle !== undefined) assert.match(found!.reason, obstacle.reason);
    const compile = compilerOf(schema as ZodTree);
    assert.equal(typeof compile, 'function');
    if (obstacle === undefined) assert.equal(typeof (compile as (one: ZodTree) => ZodParser)(schema), 'function');
  });
