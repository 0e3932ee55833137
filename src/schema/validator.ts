import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type Change, changedZod, isZod, type Payload, type ZodTree } from './zod-tree.ts';

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

/**
 * How a schema validates, so that no function of the app runs twice for one value. Zod learns that a schema is asynchronous from a function
 * that gives a promise, which it lets go of, and begins anew. So one with functions is taken for asynchronous until it was not.
 */
export function validatorOf(schema: StandardSchemaV1): Validator {
  const { validate } = schema['~standard'];
  if (!hasMethods(schema)) return validate;
  let sawPromise = false;
  const watched = changedZod(schema, (one) => watching(one, () => (sawPromise = true)));
  if (watched === schema) return validate;
  const [watchedLate, late] = [lateValidator(watched as WithMethods), lateValidator(schema)];
  let current: Validator = async (value) => {
    const result = await watchedLate(value);
    if (sawPromise) current = late;
    // What is refused may not have come to all of its functions.
    else if (result.issues === undefined) current = early;
    return result;
  };
  const synchronous = synchronousOnly(schema);
  const early: Validator = (value) => {
    try {
      return resultOf(synchronous.safeParse(value));
    } catch (error) {
      if (error !== waits) throw error;
      // A function that is called for some values only, which runs a second time for this one.
      current = late;
      return late(value);
    }
  };
  return (value) => current(value);
}

/** What a schema says of nothing, which some schemas take; a promise where it cannot say it at once. */
export function validateNothing(schema: StandardSchemaV1): Result | Promise<Result> {
  if (!hasMethods(schema)) {
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

type Check = (payload: Payload) => unknown;

interface ZodCheck {
  readonly _zod: { readonly check?: Check; readonly def: { readonly check?: string } };
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
  const checks = (def.checks ?? []) as readonly ZodCheck[];
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
      if (isCheck && _zod.check !== undefined) _zod.check = watch(_zod.check.bind(_zod)) as Check;
    },
  };
}

function isOwn({ _zod: { def, check } }: ZodCheck): boolean {
  return def.check === 'custom' && check !== undefined;
}

function watchedCheck(check: ZodCheck, run: (payload: Payload, context: undefined) => unknown): ZodCheck {
  return Object.create(check, { _zod: { value: Object.create(check._zod, { check: { value: run } }) } }) as ZodCheck;
}
