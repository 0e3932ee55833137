import { CortadoError } from '../../base/error.ts';
import type { Issue } from '../../schema/issues/issue.ts';

/**
 * Input that is enqueued does not fit the params of its task; `issues` has every reason. Code enqueues, not the client, so a request that
 * lets it through answers 500 and is logged, and tells nothing of the task. Code that hands on what a client sent declares it in the
 * route, or answers on its own.
 *
 * @example
 * ```ts
 * try { await sendEmail.enqueue(input) } catch (error) { if (error instanceof TaskInputError) throw new HttpError(400, 'No such address') }
 * ```
 */
export class TaskInputError extends CortadoError {
  override name = 'TaskInputError';
  readonly #issues: readonly Issue[];

  constructor(owner: string, issues: readonly Issue[]) {
    const why = issues.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; ');
    super('CORTADO_TASK_INPUT', `${owner}: ${why}`);
    this.#issues = issues;
  }

  /** Every reason, in FastAPI's shape; `loc` is the way into the task's input. */
  get issues(): readonly Issue[] {
    // No own property: loggers write those, and the issues hold what was passed.
    return this.#issues;
  }
}
