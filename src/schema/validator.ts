import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type Change, changedZod, isZod, type Payload, type ZodTree } from './zod-tree.ts';

type Result = StandardSchemaV1.Result<unknown>;

/** Validates a value; a promise only where the schema validates asynchronously. */
export type Validator = (value: unknown) => Result | Promise<Result>;

interface LateParse {
  readonly safeParseAsync?: (value: unknown) => Promise<{
    readonly success: boolean;
    readonly data?: unknown;
    readonly error?: { readonly issues: readonly StandardSchemaV1.Issue[] };
  }>;
}

/**
 * How a schema validates, so that no function of the app runs twice for one value. Zod learns that a schema is asynchronous from a function
 * that gives a promise, and begins anew then. One with functions is taken for asynchronous until it was not.
 */
export function validatorOf(schema: StandardSchemaV1): Validator {
  const { validate } = schema['~standard'];
  if (!isZod(schema) || typeof (schema as LateParse).safeParseAsync !== 'function') return validate;
  let sawPromise = false;
  const watched = changedZod(schema, (one) => watching(one, () => (sawPromise = true)));
  if (watched === schema) return validate;
  const [watchedLate, late] = [lateValidator(watched), lateValidator(schema)];
  let isSure = false;
  const learn = async (value: unknown): Promise<Result> => {
    const result = await watchedLate(value);
    if (sawPromise) current = late;
    // What is refused may not have come to all of its functions.
    else if (result.issues === undefined) isSure = true;
    return result;
  };
  let current: Validator = (value) => {
    if (!isSure) return learn(value);
    current = early;
    return early(value);
  };
  const early: Validator = (value) => {
    const result = validate(value);
    // A function that is called for some values only.
    if (result instanceof Promise) current = late;
    return result;
  };
  return (value) => current(value);
}

function lateValidator(schema: ZodTree): Validator {
  return async (value) => {
    const { success, data, error } = await (schema as LateParse).safeParseAsync!(value);
    return success ? { value: data } : { issues: error!.issues };
  };
}

type Check = (payload: Payload) => unknown;

interface ZodCheck {
  readonly _zod: { readonly check?: Check; readonly def: { readonly check?: string } };
}

/** Calls back when a function of the app, in a check or a transform, gives a promise. */
function watching({ _zod: { def } }: ZodTree, onPromise: () => void): Change | undefined {
  const watch = <Given extends readonly unknown[]>(
    run: (...given: Given) => unknown,
  ): ((...given: Given) => unknown) => {
    return (...given) => {
      const made = run(...given);
      if (made instanceof Promise) onPromise();
      return made;
    };
  };
  const functions = ['transform', 'reverseTransform'].filter((name) => typeof def[name] === 'function');
  const checks = (def.checks ?? []) as readonly ZodCheck[];
  const isCheck = def.type === 'custom';
  if (functions.length === 0 && !isCheck && !checks.some(isOwn)) return undefined;
  return {
    def: {
      ...Object.fromEntries(functions.map((name) => [name, watch(def[name] as (...given: unknown[]) => unknown)])),
      checks: checks.map((check) => (isOwn(check) ? watchedCheck(check, watch(check._zod.check!)) : check)),
    },
    alter: ({ _zod }) => {
      if (isCheck && _zod.check !== undefined) _zod.check = watch(_zod.check.bind(_zod));
    },
  };
}

function isOwn({ _zod: { def, check } }: ZodCheck): boolean {
  return def.check === 'custom' && check !== undefined;
}

function watchedCheck(check: ZodCheck, run: Check): ZodCheck {
  return Object.create(check, { _zod: { value: Object.create(check._zod, { check: { value: run } }) } }) as ZodCheck;
}
