import { shown } from '../../base/check-values.ts';
import { CortadoError } from '../../base/error.ts';
import { refusePending } from '../../base/json/plain-json.ts';
import { refusePromise } from '../../base/not-awaited.ts';

/** Options of an {@link HttpError}. */
export interface HttpErrorOptions extends ErrorOptions {
  /** Headers of the answer, `{ 'www-authenticate': 'Bearer' }` for example. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Ends a request with a status and `{"detail": …}`, thrown from a handler, guard or dependency. FastAPI's `HTTPException`.
 *
 * @throws RangeError when `status` is not between 400 and 599.
 * @example
 * ```ts
 * throw new HttpError(404, 'User not found');
 * throw new HttpError(401, { reason: 'expired' }, { headers: { 'www-authenticate': 'Bearer' } });
 * ```
 */
export class HttpError extends CortadoError {
  override name = 'HttpError';
  declare readonly status: number;
  /** Any JSON value. */
  override readonly detail: unknown;

  constructor(status: number, detail?: unknown, options: HttpErrorOptions = {}) {
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new RangeError(
        `HttpError: the status must be between 400 and 599, not ${shown(status)}; return new Response(…) for other answers.`,
      );
    }
    if (typeof detail === 'object' && detail !== null) refusePending('HttpError: the detail', detail);
    const { headers, ...rest } = options;
    for (const name in headers) refusePromise(`HttpError: the header "${name}"`, headers[name]);
    super('CORTADO_HTTP', typeof detail === 'string' ? detail : `HTTP ${status}`, {
      ...rest,
      status,
      ...(headers && { headers }),
    });
    this.detail = detail;
  }
}
