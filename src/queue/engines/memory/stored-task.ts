import type { NewTask } from '../../contract/engine.ts';
import { type LogLine, notRunYet, type TaskRecord } from '../../contract/task-record.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface StoredTask extends Mutable<TaskRecord> {
  /** Order of arrival. */
  readonly seq: number;
  token: number;
  /** How many of `after` have not succeeded yet. */
  waits: number;
  readonly dependents: StoredTask[];
  readonly logs: LogLine[];
}

let arrivals = 0;

export function storedTask(task: NewTask): StoredTask {
  return {
    ...task,
    ...notRunYet,
    state: 'queued',
    seq: ++arrivals,
    token: 0,
    waits: 0,
    dependents: [],
    logs: [],
  };
}

/** What others may see of it: a copy, without this engine's own fields. */
export function memoryRecord({
  seq: _,
  token: __,
  waits: ___,
  dependents: ____,
  logs: _____,
  ...record
}: StoredTask): TaskRecord {
  return record;
}

export function isBefore(a: StoredTask, b: StoredTask): boolean {
  return a.priority !== b.priority ? a.priority > b.priority : a.runAt !== b.runAt ? a.runAt < b.runAt : a.seq < b.seq;
}
