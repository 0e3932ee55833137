import { CortadoError } from '../base/error.ts';
import type { ErrorCode } from '../base/error-codes.ts';
import type { Issue } from '../schema/issues/issue.ts';

/**
 * The input of a request, or of a task that runs, is invalid; `issues` has every reason, in FastAPI's shape. Answers 422 in a request.
 *
 * @example
 * ```ts
 * app.onError(ValidationError, (error) => new Response(error.issues.map((issue) => issue.msg).join('\n'), { status: 400 }));
 * ```
 */
export class ValidationError extends CortadoError {
  override name = 'ValidationError';
  readonly issues: readonly Issue[];
  /** What was validated: the parsed body of a request, the payload of a task. */
  readonly body: unknown;

  constructor(owner: string, issues: readonly Issue[], body?: unknown, code: ErrorCode = 'CORTADO_VALIDATION') {
    super(code, `${owner}: ${issues.map((issue) => `${issue.loc.join('.')}: ${issue.msg}`).join('; ')}`, {
      status: 422,
    });
    this.issues = issues;
    this.body = body;
  }
}
