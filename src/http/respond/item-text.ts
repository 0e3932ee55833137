import type { StandardSchemaV1 } from '@standard-schema/spec';
import { jsonOf, validated } from './json.ts';

/** Compiles how one item of a stream becomes JSON: validated and filtered by `schema` where there is one. */
export function itemText(route: string, schema: StandardSchemaV1 | undefined): (item: unknown) => Promise<string> {
  return async (item) => {
    if (schema === undefined) return jsonOf(route, item, item);
    return jsonOf(route, validated(route, await schema['~standard'].validate(item), item), item);
  };
}
