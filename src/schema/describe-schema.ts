import type { StandardSchemaV1 } from '@standard-schema/spec';
import { CortadoError } from '../base/error.ts';
import type { JsonSchema } from './json/json-schema.ts';
import { withContainers } from './library/described-containers.ts';
import { libraryOptions, withoutAbsent } from './library/library-options.ts';

interface Described {
  readonly jsonSchema?: Readonly<Record<'input' | 'output', (options: object) => JsonSchema>>;
}

/** The JSON Schema of a Standard Schema, through Standard JSON Schema. Throws `CORTADO_SCHEMA_UNDESCRIBED`, naming `owner` and what to do. */
export function describeSchema(schema: StandardSchemaV1, direction: 'input' | 'output', owner: string): JsonSchema {
  const standard = schema['~standard'] as StandardSchemaV1['~standard'] & Described;
  if (standard.jsonSchema === undefined)
    throw undescribed(owner, `schemas of ${standard.vendor} do not describe themselves`, hint(standard.vendor));
  try {
    const options = libraryOptions(standard.vendor, direction);
    const given = { target: 'draft-2020-12', ...(options && { libraryOptions: options }) };
    const describe = standard.jsonSchema[direction];
    const { $schema: _, '~standard': __, ...json } = withContainers(schema, () => describe(given));
    return withoutAbsent(json);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw undescribed(owner, why, remedy(why, direction));
  }
}

function undescribed(owner: string, why: string, what: string): CortadoError {
  return new CortadoError('CORTADO_SCHEMA_UNDESCRIBED', `${owner} has a schema without JSON Schema: ${why}. ${what}`);
}

const instead: readonly [RegExp, string, string][] = [
  [
    /^z\.map\(\)/,
    'Write z.record(…), and return Object.fromEntries(map).',
    'Write z.record(…).transform((entries) => new Map(Object.entries(entries))).',
  ],
  [/^z\.instanceof\(Date\)/, 'Write z.date().', 'Write z.date().'],
  [/^z\.instanceof\((?:File|Blob)\)/, 'Answer with content(…), or a Response.', 'Write z.file().'],
  [/transform/i, 'After a transform add .pipe(…) with the schema of its result.', ''],
];

function remedy(why: string, direction: 'input' | 'output'): string {
  const [, output, input] = instead.find(([fits]) => fits.test(why)) ?? [];
  if (direction === 'output') return output || 'Declare what leaves on the wire: values that JSON has.';
  return input || 'Declare what arrives on the wire, and transform it afterwards.';
}

function hint(vendor: string): string {
  if (vendor === 'valibot') return 'Wrap it: toStandardJsonSchema(schema) of @valibot/to-json-schema.';
  return 'Use a library with Standard JSON Schema (Zod 4.2, ArkType 2.1.28 or later), or wrap the schema.';
}
