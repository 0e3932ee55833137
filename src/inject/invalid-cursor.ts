import type { ErrorCode } from '../base/error-codes.ts';
import { ValidationError } from './validation-error.ts';

const reason = 'the cursor is not one that was given out here';

/** Refuses a cursor that no page has given out, in the shape of every other 422. */
export function invalidCursor(owner: string, cursor: unknown, code: ErrorCode): ValidationError {
  const issue = { type: 'value_error', loc: ['query', 'cursor'], msg: `Value error, ${reason}`, input: cursor };
  return new ValidationError(owner, [{ ...issue, ctx: { error: reason } }], undefined, code);
}
