import { CortadoError } from '../base/error.ts';

// What setTimeout can count to; it takes more for 1 ms.
const longest = 2 ** 31 - 1;

/** Calls `fn` in `ms` milliseconds, however many those are: never for `Infinity`. Returns what stops it. */
export function startTimer(ms: number, fn: () => void): () => void {
  if (ms === Number.POSITIVE_INFINITY) return () => {};
  let rest = ms;
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    const step = Math.min(rest, longest);
    rest -= step;
    timer = setTimeout(rest > 0 ? wait : fn, step);
  };
  wait();
  return () => clearTimeout(timer);
}

/** Throws where something is no time in milliseconds. */
export function checkTime(owner: string, ms: number): void {
  if (typeof ms !== 'number' || Number.isNaN(ms))
    throw new CortadoError('CORTADO_OPTION_INVALID', `${owner}: expected milliseconds, not ${String(ms)}.`);
}
