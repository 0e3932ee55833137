import type { StandardSchemaV1 } from '@standard-schema/spec';
import { fullestMember } from './library/fullest-member.ts';
import { type Shortcut, shortcutOf, type Validator, validatorOf } from './library/validator.ts';
import { changedZod, isZod } from './library/zod-tree.ts';

const known = new WeakMap<StandardSchemaV1, StandardSchemaV1>();
const validators = new WeakMap<StandardSchemaV1, Validator>();

/**
 * How what leaves is validated and filtered: answers, items of streams, results of tasks. Of a union it is the member that keeps most, as
 * FastAPI has it.
 */
export function outputValidator(schema: StandardSchemaV1): Validator {
  let validator = validators.get(schema);
  if (validator === undefined) validators.set(schema, (validator = validatorOf(outputSchema(schema))));
  return validator;
}

/** Tells at once of most of what leaves that it is right. */
export function outputShortcut(schema: StandardSchemaV1): Shortcut | undefined {
  return shortcutOf(outputSchema(schema));
}

function outputSchema(schema: StandardSchemaV1): StandardSchemaV1 {
  let found = known.get(schema);
  if (found === undefined) known.set(schema, (found = isZod(schema) ? changedZod(schema, fullestMember) : schema));
  return found;
}
