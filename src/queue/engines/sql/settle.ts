import type { SqlStore } from '../../../db/store/sql-store.ts';
import { cancelledBecause } from '../../contract/task-errors.ts';
import type { TaskError, TaskState } from '../../contract/task-record.ts';
import { type SettledRow, settlements, settleTasks } from './store/worker-statements.ts';

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

/** Changes the states of tasks; one that somebody asked to cancel ends as cancelled where it would have been queued again. */
export async function settle(store: SqlStore, changes: readonly Settlement[], now: number): Promise<SettledRow[]> {
  if (changes.length === 0) return [];
  const rows = settlements.json(
    changes.map(({ error, runAt, finishedAt, attempts = 0, crashes = 0, ...fence }) => ({
      ...fence,
      error: error === undefined ? null : JSON.stringify(error),
      runAt: runAt ?? null,
      finishedAt: finishedAt ?? null,
      attempts,
      crashes,
    })),
  );
  const cancelled = JSON.stringify(cancelledBecause('It was cancelled while it ran.'));
  return store.run(settleTasks, { cancelled, now, rows });
}
