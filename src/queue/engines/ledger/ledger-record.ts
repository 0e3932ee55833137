import type { NewTask } from '../../contract/engine.ts';
import type { Progress, TaskRecord, TaskState } from '../../contract/task-record.ts';
import { readError } from './stored-error.ts';

/** A task as the ledger has it, with what only engines see. */
export interface LedgerTask {
  readonly record: TaskRecord;
  readonly token: string;
  /** Whether the ledger met it at a worker: it came from somebody who does not keep the ledger. */
  readonly foreign: boolean;
  /** Whether somebody else will send it, and nothing of it has come yet. */
  readonly expected: boolean;
  /** Whether nobody has run it to its end, which any other news replaces. */
  readonly provisional: boolean;
  /** The message of a task that ended without success, where it says more than the ledger does. */
  readonly sent: string | undefined;
}

/**
 * What a script that starts a task answers with, in this order; what nobody has changed since the task was made is left out at the end. The
 * message is for the script alone.
 */
export const columns = [
  'state',
  'queue',
  'body',
  'token',
  'attempt',
  'startedAt',
  'worker',
  'crashes',
  'runAt',
  'expiresAt',
  'progress',
  'cancel',
  'error',
  'foreign',
  'expected',
  'provisional',
  'name',
  'input',
  'createdAt',
  'priority',
  'headers',
  'tag',
  'unlisted',
  'message',
] as const;

/** What never changes of a task, in one text: a line of JSON, and the input. What stands for nothing is left out. */
export function bodyOf({ name, input, priority, createdAt, runAt, unique, after, headers }: NewTask): string {
  const facts: Facts = {
    name,
    createdAt,
    runAt,
    ...(priority !== 0 && { priority }),
    ...(unique !== undefined && { unique }),
    ...(after.length > 0 && { after }),
    ...(Object.keys(headers).length > 0 && { headers }),
  };
  return `${JSON.stringify(facts)}\n${input}`;
}

type Facts = Pick<NewTask, 'name' | 'createdAt' | 'runAt'> &
  Partial<Pick<NewTask, 'priority' | 'unique' | 'after' | 'headers'>>;

export function fieldsOf(values: readonly (string | number | null)[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (value !== null) fields[columns[at]!] = String(value);
  }
  return fields;
}

export function readTask(id: string, fields: Readonly<Record<string, string>>): LedgerTask | undefined {
  const { state, body } = fields;
  if (state === undefined) return undefined;
  // Of a first start nothing more is written.
  const first = fields['startedAt'] === undefined ? '0' : '1';
  const cut = body === undefined ? -1 : body.indexOf('\n');
  const facts: Partial<Facts> = body === undefined ? {} : JSON.parse(body.slice(0, cut));
  const record: TaskRecord = {
    id,
    // A task that somebody else made has these by themselves.
    name: fields['name'] ?? facts.name ?? '',
    queue: fields['queue'] ?? '',
    state: state as TaskState,
    input: fields['input'] ?? body?.slice(cut + 1) ?? '{}',
    result: fields['result'],
    error: fields['error'] === undefined ? undefined : readError(fields['error']),
    priority: Number(fields['priority'] ?? facts.priority ?? 0),
    attempt: Number(fields['attempt'] ?? first),
    crashes: Number(fields['crashes'] ?? 0),
    createdAt: Number(fields['createdAt'] ?? facts.createdAt ?? 0),
    runAt: Number(fields['runAt'] ?? facts.runAt ?? 0),
    startedAt: time(fields['startedAt']),
    finishedAt: time(fields['finishedAt']),
    expiresAt: time(fields['expiresAt']),
    unique: facts.unique,
    progress: json<Progress>(fields['progress']),
    cancelRequested: fields['cancel'] !== undefined,
    worker: fields['worker'],
    after: facts.after ?? [],
    headers: json<Record<string, string>>(fields['headers']) ?? facts.headers ?? {},
  };
  return {
    record,
    token: fields['token'] ?? first,
    foreign: fields['foreign'] === '1',
    expected: fields['expected'] === '1',
    provisional: fields['provisional'] === '1',
    sent: fields['sent'],
  };
}

function json<T>(text: string | undefined): T | undefined {
  return text === undefined || text === '' ? undefined : (JSON.parse(text) as T);
}

function time(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
