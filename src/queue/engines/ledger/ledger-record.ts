import type { Progress, TaskError, TaskRecord, TaskState } from '../../task-record.ts';

/** A task as the ledger has it, with what only engines see. */
export interface LedgerTask {
  readonly record: TaskRecord;
  readonly token: string;
  /** Whether the ledger met it at a worker: it came from somebody who does not keep the ledger. */
  readonly foreign: boolean;
}

/** What a script that starts a task answers with, in this order. The message is for the script alone. */
export const columns = [
  'state',
  'queue',
  'name',
  'input',
  'token',
  'attempt',
  'startedAt',
  'worker',
  'crashes',
  'priority',
  'createdAt',
  'runAt',
  'expiresAt',
  'unique',
  'progress',
  'cancel',
  'after',
  'headers',
  'error',
  'foreign',
  'tag',
  'unlisted',
  'message',
] as const;

/** Reads the columns of a task. */
export function fieldsOf(values: readonly (string | number | null)[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [at, value] of values.entries()) if (value !== null) fields[columns[at]!] = String(value);
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
