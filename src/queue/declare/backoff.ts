import { checkOptions } from '../../base/check-options.ts';
import {
  anyMilliseconds,
  checkValues,
  either,
  flag,
  functionRule,
  object,
  type Rules,
} from '../../base/check-values.ts';

/** How long a task that failed waits for its next run: exponentially longer, so that what is broken is not hammered. */
export interface Backoff {
  /** Milliseconds before the first retry. Default 1,000. */
  readonly base?: number;
  /** What each further wait is multiplied by. Default 2. */
  readonly factor?: number;
  /** Longest wait in milliseconds. Default 600,000, ten minutes. */
  readonly max?: number;
  /** Waits a random part of the time, between half and all of it, so that many failures do not return at once. Default `true`. */
  readonly jitter?: boolean;
}

/** Milliseconds before the next run; `failures` counts from 1. */
export type BackoffFunction = (failures: number, error: unknown) => number;

const settings = { ...object, wanted: 'an object such as { base: 500, factor: 2 }' };

const rules: Rules<Backoff> = {
  base: anyMilliseconds,
  factor: { wanted: 'a number from 1', fits: (value) => typeof value === 'number' && value >= 1 },
  max: anyMilliseconds,
  jitter: flag,
};

export function backoffFunction(owner: string, backoff: Backoff | BackoffFunction = {}): BackoffFunction {
  if (typeof backoff === 'function') return backoff;
  checkValues(owner, { backoff }, { backoff: either(settings, functionRule) });
  checkOptions(`${owner}: backoff`, backoff, rules);
  const { base = 1000, factor = 2, max = 600_000, jitter = true } = backoff;
  return (failures) => {
    const wait = Math.min(max, base * factor ** (failures - 1));
    return jitter ? wait * (0.5 + Math.random() / 2) : wait;
  };
}
