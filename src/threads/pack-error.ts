import { CortadoError } from '../base/error.ts';
import { type ErrorCode, errorCodes } from '../base/error-codes.ts';

/** An error, or whatever was thrown, in a form that can be sent to another thread. */
export type PackedError =
  | {
      readonly kind: 'error';
      readonly name: string;
      readonly message: string;
      readonly stack: string | undefined;
      /** Own properties that can be copied: `code`, `status`, `detail` and the like. */
      readonly properties: Readonly<Record<string, unknown>>;
      readonly cause: PackedError | undefined;
      readonly errors: readonly PackedError[] | undefined;
    }
  | { readonly kind: 'value'; readonly value: unknown };

const deepest = 8;

/** Packs what was thrown. The structured clone alone would lose class name, code and every other property. */
export function packError(error: unknown, depth = 0): PackedError {
  if (!(error instanceof Error)) return { kind: 'value', value: canBeSent(error) ? error : String(error) };
  const { name, message, stack, cause } = error;
  const errors = error instanceof AggregateError ? error.errors : undefined;
  const deeper = (inner: unknown): PackedError => packError(inner, depth + 1);
  return {
    kind: 'error',
    name,
    message,
    stack,
    properties: propertiesOf(error),
    cause: cause === undefined || depth >= deepest ? undefined : deeper(cause),
    errors: depth >= deepest ? undefined : errors?.map(deeper),
  };
}

function propertiesOf(error: Error): Record<string, unknown> {
  const own = Object.entries(error).filter(([name, value]) => !known.includes(name) && canBeSent(value));
  return Object.fromEntries(own);
}

const known = ['name', 'message', 'stack', 'cause', 'errors'];

function canBeSent(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

/**
 * Makes an error of its own kind from a packed one: same name, message, code and properties. Errors of the language and of Cortado are
 * instances of their classes again; a class of the thread's own module is not known here, so its errors are `Error`s with its name.
 */
export function unpackError(packed: PackedError): unknown {
  if (packed.kind === 'value') return packed.value;
  const { name, message, stack, properties, cause, errors } = packed;
  const options = cause === undefined ? {} : { cause: unpackError(cause) };
  const error = make(name, message, properties, errors, options);
  if (error.name !== name) Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  const { code: _, status: __, headers: ___, ...rest } = properties;
  Object.assign(error, error instanceof CortadoError ? rest : properties);
  setStack(error, stack ?? `${name}: ${message}`);
  return error;
}

const builtIn: Readonly<Record<string, new (message: string, options: ErrorOptions) => Error>> = {
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  URIError,
  EvalError,
};

function make(
  name: string,
  message: string,
  { code, status, headers }: Readonly<Record<string, unknown>>,
  errors: readonly PackedError[] | undefined,
  options: ErrorOptions,
): Error {
  if (errors !== undefined) return new AggregateError(errors.map(unpackError), message, options);
  if (typeof code === 'string' && Object.hasOwn(errorCodes, code)) {
    return new CortadoError(code as ErrorCode, message, {
      ...options,
      ...(typeof status === 'number' && { status }),
      ...(typeof headers === 'object' && { headers: headers as Record<string, string> }),
    });
  }
  return new (builtIn[name] ?? Error)(message, options);
}

/** Puts the caller's stack below the thread's. */
export function addCaller(error: unknown, caller: string): void {
  if (error instanceof Error && caller !== '') setStack(error, `${error.stack}\n    --- called from ---\n${caller}`);
}

function setStack(error: Error, stack: string): void {
  Object.defineProperty(error, 'stack', { value: stack, configurable: true, writable: true });
}
