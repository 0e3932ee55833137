import type { StandardSchemaV1 } from '@standard-schema/spec';
import { fullestMember } from './library/fullest-member.ts';
import { type Validator, validatorOf } from './library/validator.ts';
import { changedZod, isZod } from './library/zod-tree.ts';

const known = new WeakMap<StandardSchemaV1, Validator>();

/**
 * How what leaves is validated and filtered: answers, items of streams, results of tasks. Of a union it is the member that keeps most, as
 * FastAPI has it.
 */
export function outputValidator(schema: StandardSchemaV1): Validator {
  let validator = known.get(schema);
  if (validator === undefined) {
    validator = validatorOf(isZod(schema) ? changedZod(schema, fullestMember) : schema);
    known.set(schema, validator);
  }
  return validator;
}
