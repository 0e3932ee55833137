import { CortadoError } from '../../../../base/error.ts';
import type { EngineHost, Finish } from '../../../contract/engine.ts';
import { toTaskError } from '../../../contract/to-task-error.ts';
import type { TaskMessage } from '../wire/task-message.ts';

// What a message asks for is taken off it step by step, until the rest can be sent.
const steps: readonly Partial<TaskMessage>[] = [
  {},
  { callbacks: [], errbacks: [] },
  { callbacks: [], errbacks: [], chain: [], chord: undefined },
];

/**
 * Prepares the end of a run. Where what follows from it cannot be sent, the task has failed with that reason, and no other one of its batch;
 * else its end would never be stored.
 */
export async function failAlone<T>(
  end: Finish,
  prepare: (end: Finish) => Promise<T>,
  run: { message: TaskMessage | undefined } | undefined,
  log: EngineHost['log'],
): Promise<T> {
  try {
    return await prepare(end);
  } catch (error) {
    let last = unlessAway(error);
    log.error({ task_id: end.claim.id, err: error }, 'what follows from a task cannot be sent: the task has failed');
    const failed: Finish = { claim: end.claim, outcome: { kind: 'failed', error: toTaskError(error) } };
    for (const step of steps) {
      if (run?.message !== undefined) run.message = { ...run.message, ...step };
      try {
        return await prepare(failed);
      } catch (again) {
        last = unlessAway(again);
      }
    }
    throw last;
  }
}

// Of a server that is away nothing is known: the whole batch is tried again.
function unlessAway(error: unknown): unknown {
  if (error instanceof CortadoError && error.status === 503) throw error;
  return error;
}
