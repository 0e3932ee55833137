import type { Progress, TaskError, TaskRecord, TaskState } from '../../task-record.ts';

/** A task as the ledger has it, with what only engines see. */
export interface LedgerTask {
  readonly record: TaskRecord;
  readonly token: string;
  /** Whether the ledger met it at a worker: it came from somebody who does not keep the ledger. */
  readonly foreign: boolean;
}

/** Reads the flat reply of `HGETALL`. */
export function fieldsOf(flat: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let at = 0; at + 1 < flat.length; at += 2) fields[flat[at]!] = flat[at + 1]!;
  return fields;
}

/** Reads the hash of a task; `undefined` when there is none. */
export function readTask(id: string, fields: Readonly<Record<string, string>>): LedgerTask | undefined {
  if (fields['state'] === undefined) return undefined;
  const record: TaskRecord = {
    id,
    name: fields['name'] ?? '',
    queue: fields['queue'] ?? '',
    state: fields['state'] as TaskState,
    input: fields['input'] ?? '{}',
    result: fields['result'],
    error: json<TaskError>(fields['error']),
    priority: Number(fields['priority'] ?? 0),
    attempt: Number(fields['attempt'] ?? 0),
    crashes: Number(fields['crashes'] ?? 0),
    createdAt: Number(fields['createdAt'] ?? 0),
    runAt: Number(fields['runAt'] ?? 0),
    startedAt: time(fields['startedAt']),
    finishedAt: time(fields['finishedAt']),
    expiresAt: time(fields['expiresAt']),
    unique: fields['unique'],
    progress: json<Progress>(fields['progress']),
    cancelRequested: fields['cancel'] !== undefined,
    worker: fields['worker'],
    after: json<string[]>(fields['after']) ?? [],
    headers: json<Record<string, string>>(fields['headers']) ?? {},
  };
  return { record, token: fields['token'] ?? '0', foreign: fields['foreign'] === '1' };
}

function json<T>(text: string | undefined): T | undefined {
  return text === undefined || text === '' ? undefined : (JSON.parse(text) as T);
}

function time(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
