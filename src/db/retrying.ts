import { CortadoError, invalidOption } from '../base/error.ts';
import { sleep } from '../concurrency/sleep.ts';

// Milliseconds before the first retry; each further one waits twice as long, and a random part of that less.
const firstPause = 10;
const passing: readonly string[] = ['CORTADO_DB_CONFLICT', 'CORTADO_DB_BUSY'];

/** Runs `fn` again, at most `retries` times, when it failed for a reason that passes. */
export async function retrying<T>(
  retries: number,
  signal: () => AbortSignal | undefined,
  fn: () => Promise<T>,
): Promise<T> {
  if (!(Number.isSafeInteger(retries) && retries >= 0))
    throw invalidOption('db.transaction(): retries must be a whole number from 0.');
  for (let attempt = 0; ; attempt++) {
    try {
      return await fn();
    } catch (error) {
      if (attempt >= retries || !(error instanceof CortadoError && passing.includes(error.code))) throw error;
      const stop = signal();
      await sleep(firstPause * 2 ** attempt * (0.5 + Math.random() / 2), stop === undefined ? {} : { signal: stop });
    }
  }
}
