import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ResponseInvalid } from '../response-invalid.ts';
import { stringify } from './json.ts';

/** Compiles how one item of a stream becomes JSON: validated and filtered by `schema` where there is one. */
export function itemText(route: string, schema: StandardSchemaV1 | undefined): (item: unknown) => Promise<string> {
  return async (item) => {
    if (schema === undefined) return stringify(item);
    const result = await schema['~standard'].validate(item);
    if (result.issues !== undefined) throw new ResponseInvalid(route, result.issues);
    return stringify(result.value);
  };
}
