import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { z } from 'zod';
import { describeSchema } from '../schema/describe-schema.ts';
import type { JsonSchema } from '../schema/json/json-schema.ts';
import { orNullMark } from '../schema/json/marks.ts';
import { leftOut, own } from '../schema/library/wire-form.ts';
import type { Schema } from '../schema/standard.ts';

/** What {@link optional} makes of a schema: one of Zod stays one, so that it fits into `z.object()`. */
export type OrNull<S extends StandardSchemaV1> = S extends z.ZodType
  ? z.ZodDefault<z.ZodNullable<S>>
  : Schema<StandardSchemaV1.InferInput<S> | null | undefined, StandardSchemaV1.InferOutput<S> | null>;

interface WithNullable extends StandardSchemaV1 {
  nullable(): { default(value: null): StandardSchemaV1 & { readonly _zod: { readonly def: object } } };
}

/**
 * `T | None = None` in one word: what may be left out or be `null`, and is `null` then, for the handler and in an answer. Documents show `anyOf` of the two and no default, as
 * FastAPI's.
 *
 * Schemas of any library are taken. One of Zod stays one, for an object's fields too; one of another library is for a whole value, `query(optional(schema))`, or stands beside `v.nullish(schema, null)` of
 * Valibot's own.
 *
 * @throws CortadoError `CORTADO_SCHEMA_UNDESCRIBED` for a schema that does not describe itself as JSON Schema, where it is used.
 *
 * @example
 * ```ts
 * app.get('/items', { params: { q: optional(z.string()) } }, ({ q }) => ({ q }));
 * ```
 */
export function optional<S extends StandardSchemaV1>(schema: S): OrNull<S> {
  const made = hasNullable(schema) ? own(schema.nullable().default(null), { [leftOut]: true }) : orNull(schema);
  return made as unknown as OrNull<S>;
}

function hasNullable(schema: StandardSchemaV1): schema is WithNullable {
  const { nullable } = schema as Partial<WithNullable>;
  return schema['~standard'].vendor === 'zod' && typeof nullable === 'function';
}

function orNull(schema: StandardSchemaV1): Schema<unknown> {
  const describe = (direction: 'input' | 'output') => (): JsonSchema => {
    const { $defs, ...json } = describeSchema(schema, direction, 'optional()');
    return { anyOf: [json, { type: 'null', [orNullMark]: true }], ...($defs && { $defs }) };
  };
  const standard = {
    version: 1 as const,
    vendor: schema['~standard'].vendor,
    validate: (value: unknown) =>
      value === undefined || value === null ? { value: null } : schema['~standard'].validate(value),
    jsonSchema: { input: describe('input'), output: describe('output') },
  };
  return { '~standard': standard } as Schema<unknown>;
}
