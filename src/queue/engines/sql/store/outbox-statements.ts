import { type Statement, statement } from './statement.ts';
import { type Rows, seqs } from './tables.ts';

/** A task that waits in the outbox to be handed on. */
export interface OutboxRow {
  readonly seq: number;
  /** JSON. */
  readonly task: string;
}

export const insertOutbox: Statement<{ readonly id: string; readonly task: string }, unknown> = statement(
  'insert into cortado_outbox (id, task) values (:id, :task) on conflict (id) do nothing returning id',
);

/** The oldest beyond one that have not been refused. */
export const nextOutbox: Statement<{ readonly after: number; readonly limit: number }, OutboxRow> = statement(
  'select seq, task from cortado_outbox where error is null and seq > :after order by seq limit :limit',
  'seq',
);

export const deleteOutbox: Statement<Rows, unknown> = statement(
  ({ each }) => `delete from cortado_outbox where seq in (select ${seqs.integer('seq')} from ${each('rows')})`,
);

export const refuseOutbox: Statement<{ readonly seq: number; readonly error: string }, unknown> = statement(
  'update cortado_outbox set error = :error where seq = :seq',
);

export const getOutbox: Statement<{ readonly id: string }, { readonly task: string; readonly error: string | null }> =
  statement('select task, error from cortado_outbox where id = :id');
