import type { StandardSchemaV1 } from '@standard-schema/spec';
import { outputValidator } from '../../schema/output-validator.ts';
import { jsonOf, validated } from './json.ts';

/** Compiles how one item of a stream becomes JSON: validated and filtered by `schema` where there is one. */
export function itemText(route: string, schema: StandardSchemaV1 | undefined): (item: unknown) => Promise<string> {
  if (schema === undefined) return async (item) => jsonOf(route, item, item);
  const validate = outputValidator(schema);
  return async (item) => jsonOf(route, validated(route, await validate(item), item), item);
}
