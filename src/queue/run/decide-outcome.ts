import { CortadoError } from '../../base/error.ts';
import type { ErrorCode } from '../../base/error-codes.ts';
import type { Ending } from '../../concurrency/ending.ts';
import type { Claim, Outcome } from '../contract/engine.ts';
import { cancelledBecause } from '../contract/task-errors.ts';
import { toTaskError } from '../contract/to-task-error.ts';
import { backoffFunction } from '../declare/backoff.ts';
import type { TaskSettings } from '../declare/task-options.ts';
import { longestWait } from '../declare/time-range.ts';

/** What a failure depends on. */
type FailureSettings = Pick<TaskSettings, 'retries' | 'backoff' | 'retryIf'>;

// While a deployment is under way, the worker that knows the task may come a little later.
const unknownTasks: FailureSettings = {
  retries: 4,
  backoff: backoffFunction('unknown tasks', { base: 5_000, factor: 2 }),
  retryIf: () => true,
};

/**
 * What becomes of a run that threw: it was told to end, is worth a retry, or has failed for good. `undefined` when the claim was lost, and
 * nothing can be said of the task any more.
 */
export function decideOutcome(
  claim: Claim,
  settings: FailureSettings | undefined,
  thrown: unknown,
  ending: Ending,
  now: number,
): Outcome | undefined {
  const reason = ending.aborted ? ending.reason : undefined;
  const why = reason instanceof CortadoError ? reason.code : undefined;
  if (why === 'CORTADO_TASK_LOST') return undefined;
  if (why === 'CORTADO_TASK_CANCELLED')
    return { kind: 'cancelled', error: cancelledBecause((reason as Error).message) };
  if (why === 'CORTADO_LIFECYCLE') return { kind: 'released' };
  const failure = why === 'CORTADO_TIMEOUT' ? reason : thrown;
  return failed(claim, settings ?? unknownTasks, failure, now);
}

function failed(claim: Claim, settings: FailureSettings, thrown: unknown, now: number): Outcome {
  const error = toTaskError(thrown);
  const failures = claim.attempt - claim.crashes;
  if (failures > settings.retries || !isWorthRetry(thrown, settings)) return { kind: 'failed', error };
  const wait = settings.backoff(failures, thrown);
  const soonest = Number.isNaN(wait) ? 0 : Math.max(0, wait);
  return { kind: 'retrying', error, runAt: Math.ceil(now + Math.min(soonest, longestWait)) };
}

// What does not fit stays so: the input of the task, that of one which it enqueues, its result.
const hopeless: ReadonlySet<ErrorCode> = new Set([
  'CORTADO_VALIDATION',
  'CORTADO_TASK_INPUT',
  'CORTADO_QUEUE_PAYLOAD',
  'CORTADO_RESPONSE_INVALID',
] as const);

function isWorthRetry(thrown: unknown, { retryIf }: FailureSettings): boolean {
  if (thrown instanceof CortadoError && hopeless.has(thrown.code)) return false;
  return retryIf(thrown);
}
