import type { Claim } from '../../../contract/engine.ts';
import type { Progress, TaskError, TaskRecord } from '../../../contract/task-record.ts';

type Same = 'id' | 'name' | 'queue' | 'state' | 'input' | 'priority' | 'attempt' | 'crashes';

export interface TaskRow extends Pick<TaskRecord, Same> {
  readonly seq: number;
  readonly result: string | null;
  readonly error: string | null;
  readonly token: number;
  readonly created_at: number;
  readonly run_at: number;
  readonly started_at: number | null;
  readonly finished_at: number | null;
  readonly expires_at: number | null;
  readonly unique_key: string | null;
  readonly progress: string | null;
  readonly cancel_requested: number;
  readonly worker: string | null;
  readonly waits_for: string;
  readonly headers: string;
}

const none: readonly string[] = [];
const noHeaders: Readonly<Record<string, string>> = {};

export function recordOf(row: TaskRow): TaskRecord {
  return {
    id: row.id,
    name: row.name,
    queue: row.queue,
    state: row.state,
    input: row.input,
    result: row.result ?? undefined,
    error: row.error === null ? undefined : (JSON.parse(row.error) as TaskError),
    priority: row.priority,
    attempt: row.attempt,
    crashes: row.crashes,
    createdAt: row.created_at,
    runAt: row.run_at,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
    expiresAt: row.expires_at ?? undefined,
    unique: row.unique_key ?? undefined,
    progress: row.progress === null ? undefined : (JSON.parse(row.progress) as Progress),
    cancelRequested: row.cancel_requested === 1,
    worker: row.worker ?? undefined,
    after: row.waits_for === '[]' ? none : (JSON.parse(row.waits_for) as string[]),
    headers: row.headers === '{}' ? noHeaders : (JSON.parse(row.headers) as Record<string, string>),
  };
}

/** The claim of a row. Its token leads to the row without a search by id. */
export function claimOf(row: TaskRow): Claim {
  return Object.assign(recordOf(row), { token: `${row.seq}.${row.token}` });
}

/** Row number and fencing token of a claim. */
export function parseToken(token: string | number): { readonly seq: number; readonly token: number } {
  const [seq, count] = String(token).split('.');
  return { seq: Number(seq), token: Number(count) };
}

/** The order in which claims are given out: the rows of an `update` come in any. */
export function byUrgency(a: TaskRow, b: TaskRow): number {
  return b.priority - a.priority || a.run_at - b.run_at || a.seq - b.seq;
}
