import type { Claim, NewTask } from '../../../contract/engine.ts';
import type { LogLine, Progress, TaskError, TaskRecord, TaskState } from '../../../contract/task-record.ts';

/** A row of `cortado_tasks`. PostgreSQL's driver may give integers as texts. */
export interface TaskRow {
  readonly seq: number | string;
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  readonly state: TaskState;
  readonly input: string;
  readonly result: string | null;
  readonly error: string | null;
  readonly priority: number | string;
  readonly attempt: number | string;
  readonly crashes: number | string;
  readonly token: number | string;
  readonly created_at: number | string;
  readonly run_at: number | string;
  readonly started_at: number | string | null;
  readonly finished_at: number | string | null;
  readonly expires_at: number | string | null;
  readonly unique_key: string | null;
  readonly progress: string | null;
  readonly cancel_requested: number | string;
  readonly worker: string | null;
  readonly waits_for: string;
  readonly headers: string;
}

const none: readonly string[] = [];
const noHeaders: Readonly<Record<string, string>> = {};

/** The record of a row. */
export function recordOf(row: TaskRow): TaskRecord {
  return {
    id: row.id,
    name: row.name,
    queue: row.queue,
    state: row.state,
    input: row.input,
    result: row.result ?? undefined,
    error: row.error === null ? undefined : (JSON.parse(row.error) as TaskError),
    priority: Number(row.priority),
    attempt: Number(row.attempt),
    crashes: Number(row.crashes),
    createdAt: Number(row.created_at),
    runAt: Number(row.run_at),
    startedAt: numberOf(row.started_at),
    finishedAt: numberOf(row.finished_at),
    expiresAt: numberOf(row.expires_at),
    unique: row.unique_key ?? undefined,
    progress: row.progress === null ? undefined : (JSON.parse(row.progress) as Progress),
    cancelRequested: Number(row.cancel_requested) === 1,
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
export function parseToken(token: string | number): readonly [seq: number, token: number] {
  const [seq, count] = String(token).split('.');
  return [Number(seq), Number(count)];
}

/** What `insert` takes of a new task. */
export function insertValues(task: NewTask, now: number): readonly unknown[] {
  const { id, name, queue, input, priority, createdAt, runAt, expiresAt, unique, after, headers } = task;
  const state: TaskState = after.length > 0 || runAt > now ? 'scheduled' : 'queued';
  return [
    id,
    name,
    queue,
    state,
    input,
    priority,
    createdAt,
    runAt,
    expiresAt ?? null,
    unique ?? null,
    after.length > 0 ? 1 : 0,
    after.length === 0 ? '[]' : JSON.stringify(after),
    headers === noHeaders ? '{}' : JSON.stringify(headers),
  ];
}

/** A row of `cortado_task_logs`. */
export interface LogRow {
  readonly line: number | string;
  readonly at: number | string;
  readonly level: LogLine['level'];
  readonly message: string;
}

export function logLineOf({ line, at, level, message }: LogRow): LogLine {
  return { seq: Number(line), at: Number(at), level, message };
}

/** The order in which claims are given out: the rows of an `update` come in any. */
export function byUrgency(a: TaskRow, b: TaskRow): number {
  return (
    Number(b.priority) - Number(a.priority) || Number(a.run_at) - Number(b.run_at) || Number(a.seq) - Number(b.seq)
  );
}

function numberOf(value: number | string | null): number | undefined {
  return value === null ? undefined : Number(value);
}
