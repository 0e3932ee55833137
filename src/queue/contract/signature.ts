/** A call of a task as data: what chains, groups, chords and callbacks are made of. Celery's own form. */
export interface Signature {
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly subtask_type: string | null;
  readonly immutable: boolean;
  readonly chord_size?: number | null;
}
