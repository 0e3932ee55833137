import { AssertionError } from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks again, ever more rarely, until `probe` neither throws nor answers `false`; returns its answer. Give it the assertion itself: after
 * `ms` milliseconds its last failure is thrown, with its own message and stack, and a line that says what was waited for and how long.
 */
export async function until<T>(what: string, probe: () => T | Promise<T>, ms = 30_000): Promise<T> {
  const began = performance.now();
  let failure: unknown;
  for (let tries = 1, rest = 1; ; tries++, rest = Math.min(rest * 1.5, 50)) {
    const left = began + ms - performance.now();
    try {
      const answer = await within(probe, Math.max(left, 1), failure);
      if (answer !== false) return answer;
      failure = new AssertionError({ message: `not so: ${what}` });
    } catch (error) {
      failure = error;
    }
    const waited = performance.now() - began;
    if (waited >= ms) throw noted(failure, `waited ${(waited / 1000).toFixed(1)} s (${tries} tries) until ${what}`);
    await pause(rest);
  }
}

const late = Symbol('late');

/** What `probe` answers, unless that takes longer than what is left of the time. */
async function within<T>(probe: () => T | Promise<T>, ms: number, before: unknown): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<typeof late>();
  const timer = setTimeout(resolve, ms, late);
  try {
    const answer = await Promise.race([probe(), promise]);
    if (answer !== late) return answer;
  } finally {
    clearTimeout(timer);
  }
  throw before ?? new AssertionError({ message: 'the first try did not end' });
}

/** The same error, with a line more in its message and where its stack repeats that. */
function noted(failure: unknown, line: string): unknown {
  const error = failure instanceof Error ? failure : new AssertionError({ message: String(failure) });
  const message = `${error.message}\n${line}`;
  // The message of some errors is a getter.
  const define = (key: string, value: string): boolean =>
    Reflect.defineProperty(error, key, { value, configurable: true, writable: true });
  define(
    'stack',
    (error.stack ?? '').replace(error.message, () => message),
  );
  define('message', message);
  return error;
}
