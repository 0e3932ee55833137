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

/** Options of {@link signature}. */
export interface SignatureOptions {
  /** Arguments by position. */
  readonly args?: readonly unknown[];
  /** Does not take the result of the task before it. Default `false`. */
  readonly immutable?: boolean;
  /** Celery's options: `task_id`, `queue`, `priority`, `countdown` (seconds) … */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** Makes the signature of a task. */
export function signature(
  task: string,
  kwargs: Readonly<Record<string, unknown>> = {},
  options: SignatureOptions = {},
): Signature {
  return {
    task,
    args: options.args ?? [],
    kwargs,
    options: options.options ?? {},
    subtask_type: null,
    immutable: options.immutable ?? false,
  };
}

/** Reads a signature off the wire, filling what is missing; `undefined` when it names no task. */
export function decodeSignature(value: unknown): Signature | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { task, args, kwargs, options, subtask_type, immutable, chord_size } = value as Record<string, unknown>;
  if (typeof task !== 'string') return undefined;
  return {
    task,
    args: Array.isArray(args) ? args : [],
    kwargs: record(kwargs),
    options: record(options),
    subtask_type: typeof subtask_type === 'string' ? subtask_type : null,
    immutable: immutable === true,
    ...(typeof chord_size === 'number' ? { chord_size } : {}),
  };
}

/** Reads a list of signatures; anything else is an empty list. */
export function decodeSignatures(value: unknown): Signature[] {
  const list = Array.isArray(value) ? value : value === null || value === undefined ? [] : [value];
  return list.map(decodeSignature).filter((item) => item !== undefined);
}

/** The signature with a value put before its arguments, unless it is immutable. */
export function withResult(next: Signature, value: unknown): Signature {
  return next.immutable ? next : { ...next, args: [value, ...next.args] };
}

/** The signature with more options; those given win. */
export function withOptions(next: Signature, options: Readonly<Record<string, unknown>>): Signature {
  return { ...next, options: { ...next.options, ...options } };
}

export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
