import type { TaskRow } from './rows.ts';
import { type JsonRows, jsonRows } from './statement.ts';

export const tasksTable = 'cortado_tasks';
/** SQL of the states of tasks that are not over. */
export const open = `('scheduled', 'queued', 'running', 'retrying')`;

const columns: readonly (keyof TaskRow)[] = [
  'seq',
  'id',
  'name',
  'queue',
  'state',
  'input',
  'result',
  'error',
  'priority',
  'attempt',
  'crashes',
  'token',
  'created_at',
  'run_at',
  'started_at',
  'finished_at',
  'expires_at',
  'unique_key',
  'progress',
  'cancel_requested',
  'worker',
  'waits_for',
  'headers',
];
/** SQL of all columns of a task. */
export const all: string = columns.map((name) => `${tasksTable}.${name}`).join(', ');

/** Columns of a task that are integers. */
export const taskIntegers: readonly (
  | 'seq'
  | 'priority'
  | 'attempt'
  | 'crashes'
  | 'token'
  | 'created_at'
  | 'run_at'
  | 'started_at'
  | 'finished_at'
  | 'expires_at'
  | 'cancel_requested'
)[] = [
  'seq',
  'priority',
  'attempt',
  'crashes',
  'token',
  'created_at',
  'run_at',
  'started_at',
  'finished_at',
  'expires_at',
  'cancel_requested',
];

/** Values of which each row of a statement's JSON has one: ids, or numbers of rows. */
export const ids: JsonRows<'id'> = jsonRows('id');
export const seqs: JsonRows<'seq'> = jsonRows('seq');
export const states: JsonRows<'state'> = jsonRows('state');

/** Values of a statement that takes JSON rows. */
export interface Rows {
  readonly rows: string;
}
