import { settledBy } from '../../concurrency/settled-by.ts';

// Milliseconds. What is asked of a server that is away, or that is connected and does not answer, is asked in vain.
const longestFarewell = 2000;

/** Waits for the last words with storage at a stop, but not for long: until they are said, or `signal` fires, or two seconds have passed. */
export async function farewell(words: Promise<unknown> | undefined, signal?: AbortSignal): Promise<void> {
  if (words !== undefined) await settledBy(settledBy(words, signal), longestFarewell);
}
