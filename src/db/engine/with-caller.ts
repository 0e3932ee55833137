import { withStackLimit } from '../../base/with-stack-limit.ts';
import { DatabaseError } from './db-error.ts';

const joined = new WeakSet<Error>();
// Enough to get past Cortado and Kysely.
const mostFrames = 40;

/**
 * Puts the code that waits for a statement below the stack of its failure, which was made where an answer of the database arrived. To be
 * called in the `catch` of an asynchronous function that is being waited for: there V8 knows who waits, so that nothing is paid where nothing fails.
 */
export function withCaller(error: unknown): unknown {
  if (!isOfStatement(error) || joined.has(error)) return error;
  joined.add(error);
  const caller: { stack?: string } = {};
  withStackLimit(mostFrames, () => Error.captureStackTrace(caller, withCaller));
  const frames = (caller.stack ?? '').split('\n').slice(1).join('\n');
  if (frames !== '')
    Object.defineProperty(error, 'stack', {
      value: `${error.stack}\n    --- called from ---\n${frames}`,
      configurable: true,
      writable: true,
    });
  return error;
}

// Why a signal fired, and the death of a thread, are shared by many.
function isOfStatement(error: unknown): error is Error {
  return error instanceof DatabaseError && error.code !== 'CORTADO_DB_WORKER';
}
