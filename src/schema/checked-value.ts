import type { StandardSchemaV1 } from '@standard-schema/spec';
import { CortadoError } from '../base/error.ts';
import { refusePending } from '../base/json/plain-json.ts';
import { stepsOf } from './issues/issue-path.ts';

/** A handler or task returned something that its declared schema forbids: a fault of the server, so it answers 500 and is logged. */
export class ResponseInvalid extends CortadoError {
  override name = 'ResponseInvalid';
  readonly issues: readonly StandardSchemaV1.Issue[];

  constructor(owner: string, issues: readonly StandardSchemaV1.Issue[]) {
    const reasons = issues.map((issue) => `${stepsOf(issue).join('.') || 'value'}: ${issue.message}`);
    super('CORTADO_RESPONSE_INVALID', `${owner} returned what its schema forbids: ${reasons.join('; ')}`);
    this.issues = issues;
  }
}

/** What the schema of `owner` made of a value that leaves as `what`: an answer, an item of a stream, the result of a task. */
export function checkedValue(
  owner: string,
  what: string,
  result: StandardSchemaV1.Result<unknown>,
  value: unknown,
): unknown {
  if (result.issues === undefined) return result.value;
  // What was forgotten says more than what the schema misses for that.
  refusePending(`${owner}: ${what}`, value);
  throw new ResponseInvalid(owner, result.issues);
}

/** Why an error is no value to return. */
export function notThrown(owner: string, error: Error): CortadoError {
  const message = `${owner} returned an error (${error.name}: ${error.message}): throw it.`;
  return new CortadoError('CORTADO_RESPONSE_INVALID', message, { cause: error });
}
