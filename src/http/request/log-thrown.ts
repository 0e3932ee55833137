import type { Logger } from '../../base/logger.ts';
import { notAnError } from '../../base/show/not-an-error.ts';
import { withStackLimit } from '../../base/with-stack-limit.ts';

/** Logs whatever was thrown, however strange it is: what cannot be read must not take the process with it. */
export function logThrown(log: Logger, thrown: unknown, fields: object, message: string): void {
  try {
    log.error({ err: thrownError(thrown), ...fields }, message);
  } catch {
    log.error({ err: new Error('what was thrown cannot be read'), ...fields }, message);
  }
}

/** What was thrown, as an error. */
export function thrownError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  // Its stack would lead here, and not to where it was thrown.
  return withStackLimit(0, () => new Error(`${notAnError(thrown)}; throw new Error(…) to keep its place`));
}
