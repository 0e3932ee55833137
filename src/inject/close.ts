import type { Closer } from './open.ts';

/** How work ended: with an error, or well. */
export type Closing = { readonly failed: false } | { readonly failed: true; readonly error: unknown };

/** The outcome of work that went well. */
export const success: Closing = { failed: false };

/**
 * Closes what was opened, last opened first. A closer that throws turns the outcome into a failure, which the ones below it see, so a
 * failed commit rolls back what was opened before it.
 */
export async function closeAll(closers: Closer[], outcome: Closing): Promise<Closing> {
  let result = outcome;
  for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) {
    try {
      const closing = closer(result.failed ? result.error : undefined, result.failed);
      if (closing !== undefined) await closing;
    } catch (error) {
      result = { failed: true, error };
    }
  }
  return result;
}
