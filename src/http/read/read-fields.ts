import type { FastifyRequest } from 'fastify';
import type { PlannedField } from '../../declare/plan/plan.ts';
import type { Issue } from '../../schema/issues/issue.ts';
import type { RequestContext } from '../request/context.ts';
import { rawReader } from './raw-value.ts';

/** Reads and validates a group of fields into their slots; a promise only where a schema validates asynchronously. */
export type FieldsReader = (
  request: FastifyRequest,
  context: RequestContext,
  values: unknown[],
  issues: Issue[],
) => Promise<void> | undefined;

/** Compiles the reader of fields that come from path, query, headers and cookies. */
export function fieldsReader(fields: readonly PlannedField[], wildcard: string | undefined): FieldsReader {
  const readers = fields.map((planned) => rawReader(planned, wildcard));
  // Counted loops: an iterator and its results for every request would be a tenth of what a request allocates.
  return (request, context, values, issues) => {
    let pending: Promise<void>[] | undefined;
    for (let at = 0; at < fields.length; at++) {
      const { field, loc, slot } = fields[at]!;
      const value = field.check(readers[at]!(request, context), loc, issues);
      if (value instanceof Promise) (pending ??= []).push(store(value, values, slot));
      else values[slot] = value;
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
