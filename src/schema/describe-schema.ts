import type { StandardSchemaV1 } from '@standard-schema/spec';
import { CortadoError } from '../base/error.ts';
import type { JsonSchema } from './json-schema.ts';
import { libraryOptions, withoutAbsent } from './library-options.ts';

interface Described {
  readonly jsonSchema?: Readonly<Record<'input' | 'output', (options: object) => JsonSchema>>;
}

/**
 * The JSON Schema of a Standard Schema, through Standard JSON Schema.
 *
 * @throws CortadoError `CORTADO_SCHEMA_UNDESCRIBED`, naming `owner` and what to do.
 */
export function describeSchema(schema: StandardSchemaV1, direction: 'input' | 'output', owner: string): JsonSchema {
  const standard = schema['~standard'] as StandardSchemaV1['~standard'] & Described;
  if (standard.jsonSchema === undefined)
    throw undescribed(owner, `schemas of ${standard.vendor} do not describe themselves`, hint(standard.vendor));
  try {
    const options = libraryOptions(standard.vendor);
    const {
      $schema: _,
      '~standard': __,
      ...json
    } = standard.jsonSchema[direction]({ target: 'draft-2020-12', ...(options && { libraryOptions: options }) });
    return withoutAbsent(json);
  } catch (error) {
    const what =
      direction === 'output'
        ? 'After a transform add .pipe(…) with the schema of its result.'
        : 'Declare what arrives on the wire, and transform it afterwards.';
    throw undescribed(owner, error instanceof Error ? error.message : String(error), what);
  }
}

function undescribed(owner: string, why: string, what: string): CortadoError {
  return new CortadoError('CORTADO_SCHEMA_UNDESCRIBED', `${owner} has a schema without JSON Schema: ${why}. ${what}`);
}

function hint(vendor: string): string {
  if (vendor === 'valibot') return 'Wrap it: toStandardJsonSchema(schema) of @valibot/to-json-schema.';
  return 'Use a library with Standard JSON Schema (Zod 4.2, ArkType 2.1.28 or later), or wrap the schema.';
}
