import { CortadoError } from '../../../../base/error.ts';
import type { Claim } from '../../../contract/engine.ts';
import type { TaskMessage } from '../wire/task-message.ts';

/** Python's name of what a task is told that has gone over its soft limit; beyond the hard one it is `TimeLimitExceeded`. */
export const softLimitExceeded = 'billiard.exceptions.SoftTimeLimitExceeded';

/** `time_limit` and `soft_time_limit` of a call: the one that is over first ends the run. */
export function timeLimit({ task, timeLimit: hard, softTimeLimit: soft }: TaskMessage): Pick<Claim, 'limit'> {
  if (soft !== undefined && soft > 0 && !(hard !== undefined && hard > 0 && hard <= soft))
    return limitOf(task, soft, 'soft time limit', softLimitExceeded);
  if (hard !== undefined && hard > 0) return limitOf(task, hard, 'time limit');
  return {};
}

function limitOf(task: string, seconds: number, what: string, name?: string): Pick<Claim, 'limit'> {
  const reason = new CortadoError(
    'CORTADO_TIMEOUT',
    `Task "${task}" was not done within the ${what} of its call, ${seconds} s.`,
  );
  if (name !== undefined) reason.name = name;
  return { limit: { ms: seconds * 1000, reason } };
}
