import { inspect } from 'node:util';
import type { Logger } from '../../base/logger.ts';

/** Logs whatever was thrown, however strange it is: what cannot be read must not take the process with it. */
export function logThrown(log: Logger, thrown: unknown, fields: object, message: string): void {
  try {
    log.error({ err: errorOf(thrown), ...fields }, message);
  } catch {
    log.error({ err: new Error('what was thrown cannot be read'), ...fields }, message);
  }
}

/** What was thrown, as an error. */
export function errorOf(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  const text = inspect(thrown, { depth: 1, customInspect: false, getters: false });
  // Its stack would lead here, and not to where it was thrown.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = new Error(`not an Error was thrown: ${text}; throw new Error(…) to keep its place`);
  Error.stackTraceLimit = stackTraceLimit;
  return error;
}
