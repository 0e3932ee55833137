import type { StandardSchemaV1 } from '@standard-schema/spec';
import { obstacleTo, wholeParser } from './compiled-parts.ts';
import { compilerOf, loadCompiler } from './zod-compiler.ts';
import { isZod } from './zod-tree.ts';

/** Whether a schema is compiled, and why not, in words for a table. */
export async function describeCompilation(schema: StandardSchemaV1): Promise<string> {
  if (!isZod(schema)) return `as ${schema['~standard'].vendor} has it`;
  await loadCompiler();
  const compile = compilerOf(schema);
  if (typeof compile === 'string') return `no: ${compile}`;
  const obstacle = obstacleTo(schema);
  if (obstacle !== undefined) {
    const where = obstacle.path === '' ? '' : `${obstacle.path}: `;
    return `its parts: ${where}${obstacle.reason}`;
  }
  return wholeParser(schema, compile) === undefined ? 'no: Zod cannot' : 'yes';
}
