import { type JsonRows, jsonRows } from '../../../../db/store/statement.ts';
import type { TaskRow } from './rows.ts';

export const tasksTable = 'cortado_tasks';
/** SQL of the states of tasks that are not over. */
export const open = `('scheduled', 'queued', 'running', 'retrying')`;

// In the order in which they are read; `true` for integers.
const columns: Readonly<Record<keyof TaskRow, boolean>> = {
  seq: true,
  id: false,
  name: false,
  queue: false,
  state: false,
  input: false,
  result: false,
  error: false,
  priority: true,
  attempt: true,
  crashes: true,
  token: true,
  created_at: true,
  run_at: true,
  started_at: true,
  finished_at: true,
  expires_at: true,
  unique_key: false,
  progress: false,
  cancel_requested: true,
  worker: false,
  waits_for: false,
  headers: false,
};
const names = Object.keys(columns) as (keyof TaskRow)[];
/** SQL of all columns of a task. */
export const all: string = names.map((name) => `${tasksTable}.${name}`).join(', ');

const otherIntegers = 'waits version at tasks beat lease pid next_at expiring waiting ready starts last_slot';
/** All columns that are integers, whatever statement they come from: PostgreSQL's driver may give them as strings. */
export const integers: ReadonlySet<string> = new Set([
  ...names.filter((name) => columns[name]),
  ...otherIntegers.split(' '),
]);

/** Values of which each row of a statement's JSON has one: ids, or numbers of rows. */
export const ids: JsonRows<'id'> = jsonRows('id');
export const seqs: JsonRows<'seq'> = jsonRows('seq');
export const states: JsonRows<'state'> = jsonRows('state');

/** Values of a statement that takes JSON rows. */
export interface Rows {
  readonly rows: string;
}
