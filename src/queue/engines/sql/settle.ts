import { cancelledBecause } from '../../contract/task-errors.ts';
import type { TaskError, TaskState } from '../../contract/task-record.ts';
import { json, type Runner, type SqlStore } from './store/sql-store.ts';

/** A change of a task's state, valid only while it has this token and state. */
export interface Settlement {
  readonly seq: number;
  readonly token: number;
  readonly was: TaskState;
  readonly state: TaskState;
  readonly error?: TaskError | undefined;
  readonly runAt?: number;
  readonly finishedAt?: number;
  /** Added to the number of attempts and crashes. Default 0. */
  readonly attempts?: number;
  readonly crashes?: number;
}

/** A task that was changed. */
export interface Settled {
  readonly seq: number | string;
  readonly id: string;
  readonly state: TaskState;
}

/** Changes the states of tasks; one that somebody asked to cancel ends as cancelled where it would have been queued again. */
export function settle(
  store: SqlStore,
  changes: readonly Settlement[],
  now: number,
  runner?: Runner,
): Promise<Settled[]> {
  const rows = changes.map(({ seq, token, was, state, error, runAt, finishedAt, attempts = 0, crashes = 0 }) => [
    seq,
    token,
    was,
    state,
    error === undefined ? null : JSON.stringify(error),
    runAt ?? null,
    finishedAt ?? null,
    attempts,
    crashes,
  ]);
  const error = JSON.stringify(cancelledBecause('It was cancelled while it ran.'));
  return store.run<Settled>('settle', [error, now, json(rows)], runner);
}
