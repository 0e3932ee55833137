import { compileNode } from './coerce/compile-node.ts';
import { explaining } from './coerce/walk.ts';
import type { JsonSchema } from './json/json-schema.ts';
import type { Schema } from './standard.ts';

/** Options of {@link fromJsonSchema}. */
export interface FromJsonSchemaOptions {
  /** Whether nothing may be sent. A schema with a `default` is optional anyway. Default `false`. */
  readonly optional?: boolean;
}

/** A Standard Schema made from a JSON Schema, for Cortado's own routes: the core depends on no schema library. */
export function fromJsonSchema<T>(json: JsonSchema, options: FromJsonSchemaOptions = {}): Schema<unknown, T> {
  const node = compileNode(json);
  const isOptional = options.optional === true || 'default' in json;
  const schema = {
    '~standard': {
      version: 1 as const,
      vendor: 'cortado',
      validate: (value: unknown) => {
        if (value === undefined && isOptional) return { value: json['default'] as T };
        const walk = { ...explaining(false), ends: false };
        const checked = node(value, walk);
        if (walk.issues.length === 0) return { value: checked as T };
        return { issues: walk.issues.map(({ msg, loc }) => ({ message: msg, path: [...loc] })) };
      },
      jsonSchema: { input: () => json, output: () => json },
    },
  };
  return schema;
}
