import { CortadoError } from '../base/error.ts';
import { isSchema } from '../schema/standard.ts';

/** Refuses one schema where an object of schemas is expected, as other frameworks have it. Some libraries' schemas are functions. */
export function checkParams(owner: string, params: unknown): void {
  if (!isSchema(params)) return;
  throw new CortadoError(
    'CORTADO_PARAM_INVALID',
    `${owner}: params is an object of schemas, { a: z.int() } for example, and not a schema itself. For a whole source write { page: query(schema) }.`,
  );
}
