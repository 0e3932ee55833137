import { CortadoError } from '../../../../base/error.ts';

/** An exception in Celery's result format. */
export interface WireException {
  readonly exc_type: string;
  readonly exc_message: readonly unknown[] | string;
  readonly exc_module: string | null;
}

/** Options of a {@link PythonError}. */
export interface PythonErrorOptions extends ErrorOptions {
  /** Python module of the class. Default `builtins`. */
  readonly module?: string;
  /** Python's traceback, as text. */
  readonly traceback?: string | undefined;
}

/**
 * An exception of a Python task; thrown in a TypeScript task, it is raised in Python as that class.
 *
 * @param type Name of the Python class, `ValueError` for example.
 * @param args What the class is called with; the first is usually its message.
 * @example
 * ```ts
 * throw new PythonError('KeyError', ['user 7']);
 * try { await handle.result() } catch (error) { if (error instanceof PythonError && error.type === 'ValueError') … }
 * ```
 */
export class PythonError extends CortadoError {
  override name = 'PythonError';
  readonly type: string;
  readonly module: string;
  readonly args: readonly unknown[];
  /** Python's traceback, as text. */
  readonly traceback: string | undefined;

  constructor(type: string, args: readonly unknown[] = [], options: PythonErrorOptions = {}) {
    const { module = 'builtins', traceback, ...rest } = options;
    super('CORTADO_TASK_FAILED', describe(type, args), rest);
    this.type = type;
    this.module = module;
    this.args = args;
    this.traceback = traceback;
  }
}

function describe(type: string, args: readonly unknown[]): string {
  return args.length === 0
    ? type
    : `${type}: ${args.map((arg) => (typeof arg === 'string' ? arg : text(arg))).join(', ')}`;
}

function text(value: unknown): string {
  return JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? item.toString() : item)) ?? String(value);
}

// Classes of both languages that mean the same.
const builtins: Readonly<Record<string, string>> = {
  Error: 'Exception',
  TypeError: 'TypeError',
  RangeError: 'ValueError',
  SyntaxError: 'SyntaxError',
  ReferenceError: 'NameError',
  AggregateError: 'Exception',
  EvalError: 'Exception',
  URIError: 'ValueError',
};

/** An error as Python's `get()` will raise it. A class that Python does not have becomes one that Celery makes up, under its name. */
export function encodeException(error: unknown): WireException {
  if (error instanceof PythonError) return { exc_type: error.type, exc_message: error.args, exc_module: error.module };
  const { name, message } = asError(error);
  const known = Object.hasOwn(builtins, name) ? builtins[name] : undefined;
  if (known !== undefined) return { exc_type: known, exc_message: [message], exc_module: 'builtins' };
  return { exc_type: identifier(name), exc_message: [message], exc_module: 'cortado' };
}

function asError(error: unknown): { name: string; message: string } {
  if (error instanceof Error) return { name: error.name || 'Error', message: error.message };
  if (typeof error === 'object' && error !== null && typeof (error as { message?: unknown }).message === 'string') {
    const { name, message } = error as { name?: unknown; message: string };
    return { name: typeof name === 'string' && name !== '' ? name : 'Error', message };
  }
  return { name: 'Error', message: String(error) };
}

// A dot would be looked up as a nested class, and a NUL makes Python's type() fail.
function identifier(name: string): string {
  const safe = name.replace(/[^\p{L}\p{N}_]/gu, '_');
  return /^[\p{L}_]/u.test(safe) ? safe : `_${safe}`;
}

/** What a failed task's result says, as an error. Anything unexpected still becomes an error that shows it. */
export function decodeException(result: unknown, traceback: unknown): PythonError {
  const options = { traceback: typeof traceback === 'string' ? traceback : undefined };
  if (typeof result !== 'object' || result === null) return new PythonError('Exception', [result], options);
  const { exc_type, exc_message, exc_module } = result as Record<string, unknown>;
  const args = Array.isArray(exc_message)
    ? exc_message
    : exc_message === undefined || exc_message === ''
      ? []
      : [exc_message];
  const module = typeof exc_module === 'string' ? exc_module : 'celery.exceptions';
  return new PythonError(typeof exc_type === 'string' ? exc_type : 'Exception', args, { ...options, module });
}
