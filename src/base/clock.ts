/** The time, as one thing that tests can set. */
export interface Clock {
  /** Milliseconds since the epoch. People and time servers move it, in both directions. */
  now(): number;
  /** Milliseconds since some moment; nobody moves it, and it tells nothing to another process. */
  elapsed(): number;
}

export const systemClock: Clock = { now: () => Date.now(), elapsed: () => performance.now() };
