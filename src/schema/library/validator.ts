import type { StandardSchemaV1 } from '@standard-schema/spec';
import { wholeParser, withCompiledParts, withoutOwnChecks } from './compiled-parts.ts';
import { compilerOf, loadCompiler, refused, type ZodCompiler, type ZodParser } from './zod-compiler.ts';
import { type Change, changedZod, hasChanges, isZod, type Payload, type ZodCheck, type ZodTree } from './zod-tree.ts';

type Result = StandardSchemaV1.Result<unknown>;

/** Validates a value; a promise only where the schema validates asynchronously. */
export type Validator = (value: unknown) => Result | Promise<Result>;

interface Parsed {
  readonly success: boolean;
  readonly data?: unknown;
  readonly error?: { readonly issues: readonly StandardSchemaV1.Issue[] };
}

/** A schema with Zod's methods, which its smallest form does not have. */
interface WithMethods extends ZodTree {
  safeParse(value: unknown): Parsed;
  safeParseAsync(value: unknown): Promise<Parsed>;
}

/** How a schema validates: compiled as far as its library can do that and no function of the app would run twice for one value. */
export function validatorOf(schema: StandardSchemaV1): Validator {
  if (!isZod(schema)) return schema['~standard'].validate;
  void loadCompiler();
  let early: Validator | undefined;
  // Made for the first value, so that an app starts no later for it.
  let current: Validator = (value) => {
    const compile = compilerOf(schema);
    if (compile === 'loading') return (early ??= interpretedValidator(schema))(value);
    current = typeof compile === 'string' ? interpretedValidator(schema) : compiledValidator(schema, compile);
    return current(value);
  };
  return (value) => current(value);
}

function compiledValidator(schema: ZodTree, compile: ZodCompiler): Validator {
  const parser = wholeParser(schema, compile);
  const validateParts = partsValidator(schema, compile);
  if (parser === undefined) return validateParts;
  return (value) => {
    const parsed = parser(value);
    return parsed === refused ? validateParts(value) : { value: parsed };
  };
}

const inParts = new WeakMap<ZodTree, Validator>();

// Made for the first value that needs it: most apps are sent few that are wrong.
function partsValidator(schema: ZodTree, compile: ZodCompiler): Validator {
  return (value) => {
    let validator = inParts.get(schema);
    if (validator === undefined)
      inParts.set(schema, (validator = interpretedValidator(withCompiledParts(schema, compile))));
    return validator(value);
  };
}

/** Tells at once of most values that are right as they are. */
export interface Shortcut {
  /** What the schema makes of a value, or `refused` where nothing is known of it. */
  parser: ZodParser;
  /** Whether that is all; else functions of the app have still to look at the value. Until the first value it is not known, and true. */
  isWhole: boolean;
  /** Validates what the parser refused, where that was all. */
  readonly afterRefusal: Validator;
}

/** The compiled form of a schema, alone, and of one with functions that check what is right otherwise. */
export function shortcutOf(schema: StandardSchemaV1): Shortcut | undefined {
  if (!isZod(schema)) return undefined;
  void loadCompiler();
  const usual = validatorOf(schema);
  const shortcut: Shortcut = {
    isWhole: true,
    afterRefusal(value) {
      const compile = compilerOf(schema);
      return (typeof compile === 'string' ? usual : partsValidator(schema, compile))(value);
    },
    parser(value) {
      const compile = compilerOf(schema);
      if (compile === 'loading') return refused;
      const whole = typeof compile === 'string' ? undefined : wholeParser(schema, compile);
      shortcut.isWhole = whole !== undefined;
      shortcut.parser =
        whole ??
        (typeof compile === 'string' ? undefined : wholeParser(withoutOwnChecks(schema), compile)) ??
        nothingKnown;
      return shortcut.parser(value);
    },
  };
  return shortcut;
}

const nothingKnown: ZodParser = () => refused;

/**
 * Zod learns that a schema is asynchronous from a function that gives a promise, which it lets go of, and begins anew. So one with functions is
 * taken for asynchronous until it was not.
 */
function interpretedValidator(schema: ZodTree): Validator {
  if (!hasMethods(schema) || !hasChanges(schema, (one) => watching(one, () => {}))) return schema['~standard'].validate;
  let current: Validator = learning(schema, (learned) => {
    current = learned;
  });
  return (value) => current(value);
}

/** Validates asynchronously, until it is known whether that has to be. */
function learning(schema: WithMethods, learned: (validator: Validator) => void): Validator {
  let sawPromise = false;
  const watched = changedZod(schema, (one) => watching(one, () => (sawPromise = true)));
  const [watchedLate, late] = [lateValidator(watched as WithMethods), lateValidator(schema)];
  return async (value) => {
    const result = await watchedLate(value);
    if (sawPromise) learned(late);
    // What is refused may not have come to all of its functions.
    else if (result.issues === undefined) learned(early(schema, late, () => learned(late)));
    return result;
  };
}

function early(schema: WithMethods, late: Validator, onPromise: () => void): Validator {
  const synchronous = synchronousOnly(schema);
  return (value) => {
    try {
      return resultOf(synchronous.safeParse(value));
    } catch (error) {
      if (error !== waits) throw error;
      // A function that is called for some values only, which runs a second time for this one.
      onPromise();
      return late(value);
    }
  };
}

/** Whether a schema refuses nothing at all being sent, where its type alone tells that. */
export function surelyRefusesNothing(schema: StandardSchemaV1): boolean {
  return isZod(schema) && refusesAtOnce(schema);
}

/** What a schema says of nothing, which some schemas take; a promise where it cannot say it at once. */
export function validateNothing(schema: StandardSchemaV1): Result | Promise<Result> {
  if (!hasMethods(schema) || refusesAtOnce(schema)) {
    const result = schema['~standard'].validate(undefined);
    if (result instanceof Promise) result.catch(() => {});
    return result;
  }
  try {
    return resultOf(synchronousOnly(schema).safeParse(undefined));
  } catch (error) {
    if (error === waits) return Promise.resolve({ value: undefined });
    throw error;
  }
}

/** Validates a value; `undefined` where the schema would have to be waited for. */
export function validateAtOnce(schema: StandardSchemaV1, value: unknown): Result | undefined {
  try {
    if (hasMethods(schema)) return resultOf(synchronousOnly(schema).safeParse(value));
  } catch (error) {
    if (error === waits) return undefined;
    throw error;
  }
  const result = schema['~standard'].validate(value);
  if (!(result instanceof Promise)) return result;
  result.catch(() => {});
  return undefined;
}

const ofOneType: readonly string[] = [
  'object',
  'array',
  'record',
  'tuple',
  'string',
  'number',
  'boolean',
  'bigint',
  'date',
  'enum',
  'file',
];

// No function of the app is called for nothing where a type is wanted.
function refusesAtOnce({ _zod: { def } }: ZodTree): boolean {
  return ofOneType.includes(def.type) && def['coerce'] !== true;
}

function hasMethods(schema: StandardSchemaV1): schema is WithMethods {
  return isZod(schema) && typeof (schema as Partial<WithMethods>).safeParseAsync === 'function';
}

function resultOf({ success, data, error }: Parsed): Result {
  return success ? { value: data } : { issues: error!.issues };
}

function lateValidator(schema: WithMethods): Validator {
  return async (value) => resultOf(await schema.safeParseAsync(value));
}

const waits = Symbol('a function of a schema gave a promise');

// A promise that Zod lets go of would end the process where it fails.
function synchronousOnly(schema: WithMethods): WithMethods {
  return changedZod(schema, (one) =>
    watching(one, (promise) => {
      promise.catch(() => {});
      throw waits;
    }),
  ) as WithMethods;
}

/** Calls back when a function of the app, in a check or a transform, gives a promise. */
function watching({ _zod: { def } }: ZodTree, onPromise: (promise: Promise<unknown>) => void): Change | undefined {
  const watch = <A, B>(run: (value: A, context: B) => unknown): ((value: A, context: B) => unknown) => {
    return (value, context) => {
      const made = run(value, context);
      if (made instanceof Promise) onPromise(made);
      return made;
    };
  };
  const functions = ['transform', 'reverseTransform'].filter((name) => typeof def[name] === 'function');
  const { checks = [] } = def;
  const isCheck = def.type === 'custom';
  if (functions.length === 0 && !isCheck && !checks.some(isOwn)) return undefined;
  return {
    def: {
      ...Object.fromEntries(
        functions.map((name) => [name, watch(def[name] as (value: unknown, context: unknown) => unknown)]),
      ),
      checks: checks.map((check) => (isOwn(check) ? watchedCheck(check, watch(check._zod.check!)) : check)),
    },
    alter: ({ _zod }) => {
      if (isCheck && _zod.check !== undefined) _zod.check = watch(_zod.check.bind(_zod)) as typeof _zod.check;
    },
  };
}

function isOwn({ _zod: { def, check } }: ZodCheck): boolean {
  return def.check === 'custom' && check !== undefined;
}

function watchedCheck(check: ZodCheck, run: (payload: Payload, context: undefined) => unknown): ZodCheck {
  return Object.create(check, { _zod: { value: Object.create(check._zod, { check: { value: run } }) } }) as ZodCheck;
}
