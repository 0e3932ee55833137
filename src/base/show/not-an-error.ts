import { inspect } from 'node:util';

/** What is said of something that was thrown and is no Error, however strange it is. */
export function notAnError(thrown: unknown): string {
  const text =
    typeof thrown === 'string'
      ? thrown
      : inspect(thrown, { depth: 1, customInspect: false, getters: false, breakLength: Number.POSITIVE_INFINITY });
  return `not an Error was thrown: ${text}`;
}
