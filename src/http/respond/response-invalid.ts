import type { StandardSchemaV1 } from '@standard-schema/spec';
import { CortadoError } from '../../base/error.ts';
import type { Route } from '../../declare/route/route.ts';
import { stepsOf } from '../../schema/issues/issue-path.ts';

/** A handler returned something that its declared `response` forbids: a fault of the server, so it answers 500 and is logged. */
export class ResponseInvalid extends CortadoError {
  override name = 'ResponseInvalid';
  readonly issues: readonly StandardSchemaV1.Issue[];

  constructor(route: string, issues: readonly StandardSchemaV1.Issue[]) {
    const reasons = issues.map((issue) => `${stepsOf(issue).join('.') || 'value'}: ${issue.message}`);
    super('CORTADO_RESPONSE_INVALID', `${route} returned what its response schema forbids: ${reasons.join('; ')}`);
    this.issues = issues;
  }
}

/** A handler returned something else than its declared media. */
export function notWhatItSaid(route: Route, declared: string, expected: string): ResponseInvalid {
  return new ResponseInvalid(route.name, [
    { message: `with response: ${declared} the handler must return ${expected}` },
  ]);
}
