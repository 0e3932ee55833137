import { CortadoError } from '../../../../base/error.ts';
import type { TaskError } from '../../../contract/task-record.ts';
import { pythonRepr } from './python-repr.ts';

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
 * const error = PythonError.of(await handle.result().catch((failure) => failure));
 * if (error?.type === 'ValueError') …
 * ```
 */
export class PythonError extends CortadoError {
  readonly type: string;
  readonly module: string;
  readonly args: readonly unknown[];
  /** Python's traceback, as text. */
  readonly traceback: string | undefined;

  constructor(type: string, args: readonly unknown[] = [], options: PythonErrorOptions = {}) {
    const { module = 'builtins', traceback, ...rest } = options;
    super('CORTADO_TASK_FAILED', args.map((arg) => (typeof arg === 'string' ? arg : text(arg))).join(', '), rest);
    this.name = module === 'builtins' ? type : `${module}.${type}`;
    this.type = type;
    this.module = module;
    this.args = args;
    this.traceback = traceback;
  }

  /** The Python exception behind the failure that `handle.result()` threw; `undefined` when there is none. */
  static of(failure: unknown): PythonError | undefined {
    if (failure instanceof PythonError) return failure;
    const { reason } = (failure ?? {}) as { reason?: TaskError };
    if (reason === undefined) return undefined;
    const { exc_type, exc_module } = encodeException(reason);
    const args = reason.args ?? [reason.message];
    return new PythonError(exc_type, args, {
      module: exc_module ?? 'builtins',
      traceback: reason.stack,
      cause: failure,
    });
  }
}

function text(value: unknown): string {
  return JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? item.toString() : item)) ?? String(value);
}

// What Python knows without an import, and raises as itself.
const pythonBuiltins: ReadonlySet<string> = new Set(
  (
    'ArithmeticError AssertionError AttributeError BufferError ConnectionError EOFError Exception FileExistsError FileNotFoundError ' +
    'FloatingPointError ImportError IndexError InterruptedError KeyError LookupError MemoryError ModuleNotFoundError NameError ' +
    'NotImplementedError OSError OverflowError PermissionError RecursionError RuntimeError StopIteration SyntaxError SystemError ' +
    'TimeoutError TypeError UnboundLocalError UnicodeError ValueError ZeroDivisionError ConnectionResetError ConnectionRefusedError ' +
    'BrokenPipeError ReferenceError IsADirectoryError NotADirectoryError ProcessLookupError ChildProcessError BlockingIOError'
  ).split(' '),
);

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
  const { name, message, args = [message] } = asError(error);
  const known = Object.hasOwn(builtins, name) ? builtins[name] : pythonBuiltins.has(name) ? name : undefined;
  if (known !== undefined) return { exc_type: known, exc_message: args, exc_module: 'builtins' };
  const [, module, type] = /^([A-Za-z_][\w.]*)\.([A-Za-z_]\w*)$/.exec(name) ?? [];
  if (module !== undefined && type !== undefined) return { exc_type: type, exc_message: args, exc_module: module };
  return { exc_type: identifier(name), exc_message: args, exc_module: 'cortado' };
}

function asError(error: unknown): { name: string; message: string; args?: readonly unknown[] } {
  if (error instanceof Error) return { name: error.name || 'Error', message: error.message };
  if (typeof error === 'object' && error !== null && typeof (error as { message?: unknown }).message === 'string') {
    const { name, message, args } = error as { name?: unknown; message: string; args?: readonly unknown[] };
    return { name: typeof name === 'string' && name !== '' ? name : 'Error', message, ...(args && { args }) };
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

/** Why the body of a chord never runs: what one of its parts raised, as Python prints it. */
export function chordError(id: string, cause: unknown): PythonError {
  const { exc_type: type, exc_message: args } = (cause ?? {}) as Partial<WireException>;
  const list = (Array.isArray(args) ? args : [args]).map((arg) => pythonRepr(arg)).join(', ');
  const said = type === undefined ? pythonRepr(cause) : `${type}(${list})`;
  return new PythonError('ChordError', [`Dependency ${id} raised ${said}`], { module: 'celery.exceptions' });
}
