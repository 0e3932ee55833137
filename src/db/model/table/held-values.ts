import type { z } from 'zod';
import { jsonParameter, valueRefused, whyNotJsonText, whyNotText } from '../../engine/bind-value.ts';
import type { Column, ColumnKind } from './column-type.ts';

const firstMoment = Date.parse('0001-01-01T00:00:00.000Z');
const lastMoment = Date.parse('9999-12-31T23:59:59.999Z');
/**
 * Why a column of a kind cannot hold a value that is of its type, on SQLite or PostgreSQL alike; `undefined` where it can. PostgreSQL has no NUL in texts and JSON, half a
 * character becomes another one, integers have 64 bits, and dates are those of Python and of ISO 8601.
 */
export function whyNotHeld(kind: ColumnKind, value: unknown): string | undefined {
  switch (kind) {
    case 'text':
      return typeof value === 'string' ? whyNotText(value) : undefined;
    case 'bigint':
      return typeof value === 'bigint' && BigInt.asIntN(64, value) !== value
        ? 'is an integer of more than 64 bits'
        : undefined;
    case 'integer':
    case 'smallInteger':
      return typeof value === 'number' && !Number.isSafeInteger(value) ? 'is no whole number within 2^53' : undefined;
    case 'date': {
      const time = value instanceof Date ? value.getTime() : firstMoment;
      return time >= firstMoment && time <= lastMoment ? undefined : 'is a date outside of the years 1 to 9999';
    }
    case 'json':
      return whyNotJson(value);
    default:
      return undefined;
  }
}

function whyNotJson(value: unknown): string | undefined {
  if (typeof value === 'string') return whyNotText(value);
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    return whyNotJsonText(JSON.stringify(value) ?? '');
  } catch {
    // What JSON cannot carry is told where it is to be stored.
    return undefined;
  }
}

/** A schema that refuses what its column cannot hold. */
export function onlyHeld(schema: z.ZodType, { kind }: Column): z.ZodType {
  if (kind === 'real' || kind === 'boolean') return schema;
  return schema.refine((value) => whyNotHeld(kind, value) === undefined, {
    error: ({ input }) => `A value that ${whyNotHeld(kind, input)} cannot be stored`,
  });
}

/** Refuses a value that a column cannot hold; JSON is looked at when it is written out. Throws `CORTADO_DB_VALUE` (422 in a request). */
export function checkHeld({ kind }: Column, value: unknown): void {
  const why = kind === 'json' ? undefined : whyNotHeld(kind, value);
  if (why !== undefined) throw valueRefused(why);
}

/** A value as it is sent: JSON is written out. */
export function encoded({ kind }: Column, value: unknown): unknown {
  return kind === 'json' && value !== null && value !== undefined ? jsonParameter(value) : value;
}
