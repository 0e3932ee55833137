import type { FastifyRequest } from 'fastify';
import type { PlannedField } from '../../declare/plan.ts';
import type { Issue } from '../../schema/issue.ts';
import type { RequestContext } from '../context.ts';
import { type RawReader, rawReader } from './raw-value.ts';

/** Reads and validates a group of fields into their slots; a promise only where a schema validates asynchronously. */
export type FieldsReader = (
  request: FastifyRequest,
  context: RequestContext,
  values: unknown[],
  issues: Issue[],
) => Promise<void> | undefined;

/** Compiles the reader of fields that come from path, query, headers and cookies. */
export function fieldsReader(fields: readonly PlannedField[], wildcard: string | undefined): FieldsReader {
  const steps = fields.map((planned): readonly [PlannedField, RawReader] => [planned, rawReader(planned, wildcard)]);
  return (request, context, values, issues) => {
    let pending: Promise<void>[] | undefined;
    for (const [planned, raw] of steps) {
      const value = planned.field.check(raw(request, context), planned.loc, issues);
      if (value instanceof Promise) (pending ??= []).push(store(value, values, planned.slot));
      else values[planned.slot] = value;
    }
    return pending && settle(pending);
  };
}

async function store(value: Promise<unknown>, values: unknown[], slot: number): Promise<void> {
  values[slot] = await value;
}

async function settle(pending: Promise<void>[]): Promise<void> {
  await Promise.all(pending);
}
