import { isRecord } from '../../../../base/is-record.ts';
import type { Signature } from '../../../contract/signature.ts';

/** Reads a signature off the wire, filling what is missing; `undefined` when it names no task. */
export function decodeSignature(value: unknown): Signature | undefined {
  const { task, args, kwargs, options, subtask_type, immutable, chord_size } = record(value);
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
  return isRecord(value) ? value : {};
}

/** A text off the wire that says something. */
export function filledText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function finiteNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
