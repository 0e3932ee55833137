export interface Stall {
  /** The request or task that did it, `GET /users/{user_id}`; `undefined` where it cannot be told or was neither. */
  readonly owner: string | undefined;
  /** Where on its road that was: `handler`, `dependency "session"`, `respond`, `after an await`. */
  readonly phase: string;
  readonly ms: number;
  /** File and line of the code that blocked, where a watchdog has seen it. */
  readonly place: string | undefined;
}

/** Phase of a stall whose owner is not known. */
export const unknownPhase = 'after an await';

/**
 * Says it in words: `GET /slow held up the loop for 312 ms in its handler (app.ts:42)`.
 *
 * @param isWatched Whether a watchdog looks on: then there is no need to advise one.
 */
export function describeStall({ owner, phase, ms, place }: Stall, isWatched: boolean): string {
  if (owner === undefined && phase === unknownPhase) {
    const what = `Something that runs after an await held up the loop for ${Math.round(ms)} ms`;
    if (place !== undefined) return `${what} (${place})`;
    return isWatched
      ? `${what}, or the machine was busy: the watchdog saw nobody at it`
      : `${what}; new App({ loop: { watchdog: true } }) or CORTADO_WATCHDOG=1 tells what`;
  }
  const who = owner ?? 'Something outside of every request and task';
  return `${who} held up the loop for ${Math.round(ms)} ms ${inPhase(phase)}${place === undefined ? '' : ` (${place})`}`;
}

const phases: Readonly<Record<string, string>> = {
  input: 'while its input was read',
  guards: 'in its guards',
  dependencies: 'in its dependencies',
  handler: 'in its handler',
  respond: 'while its answer was made',
  result: 'while its result was made',
  close: 'while its dependencies closed',
};

export function inPhase(phase: string): string {
  return phases[phase] ?? (/^(dependency|guard) /.test(phase) ? `in ${phase}` : phase);
}
