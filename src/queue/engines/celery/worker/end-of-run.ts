import type { Outcome } from '../../../contract/engine.ts';
import { afterFailure, afterSuccess, type FollowUps } from '../messages/follow-ups.ts';
import type { Parent } from '../messages/outgoing.ts';
import { exceptionOf, failureMeta, isExpiry, revoked, successMeta } from '../results/states.ts';
import { decodeJson } from '../wire/decode-json.ts';
import type { TaskMessage } from '../wire/task-message.ts';

export type CeleryEnd = Extract<Outcome, { kind: 'succeeded' | 'failed' | 'cancelled' }>;

/** What the message of a task that is over sets off. */
export function followUps(message: TaskMessage, outcome: CeleryEnd, parent: Parent): FollowUps {
  if (outcome.kind === 'succeeded') {
    const needsValue = message.callbacks.length > 0 || message.chain.length > 0;
    return afterSuccess(message, needsValue ? decodeJson(outcome.result) : undefined, parent);
  }
  const { kind, error } = outcome;
  const exception = kind === 'failed' ? exceptionOf(error) : undefined;
  return afterFailure(message, { exception, traceback: error.stack }, parent);
}

/** What Celery's result store has of a task that is over. */
export function endMeta(
  id: string,
  outcome: CeleryEnd,
  message: TaskMessage | undefined,
  children: readonly string[],
  now: number,
): string {
  if (outcome.kind === 'succeeded') return successMeta(id, outcome.result, message, children, now);
  const { kind, error } = outcome;
  if (kind === 'failed') return failureMeta(id, 'FAILURE', exceptionOf(error), error.stack, message, now);
  return failureMeta(id, 'REVOKED', revoked(isExpiry(error) ? 'expired' : 'terminated'), undefined, message, now);
}
