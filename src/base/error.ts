import type { ErrorCode } from './error-codes.ts';

/** Options of a {@link CortadoError}. */
export interface CortadoErrorOptions extends ErrorOptions {
  /** HTTP status that the error means when it ends a request; without one it is an unexpected error (500). */
  readonly status?: number;
  /** Headers sent with that status, `{ 'retry-after': '1' }` for example. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What a client is told with that status. Default: the message below 500; from 500 on a sentence that says nothing of the inside. */
  readonly detail?: string;
}

/**
 * The base of every error that Cortado throws: a stable `code` beside the message.
 *
 * @example
 * ```ts
 * try { await work() } catch (error) { if (error instanceof CortadoError && error.code === 'CORTADO_TIMEOUT') retry() }
 * ```
 */
export class CortadoError extends Error {
  override name = 'CortadoError';
  readonly code: ErrorCode;
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  declare readonly detail?: unknown;

  constructor(code: ErrorCode, message: string, options: CortadoErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.status = options.status;
    this.headers = options.headers;
    if (options.detail !== undefined) this.detail = options.detail;
  }
}

/** The error of an option, or of a value in its place, that nobody could use. */
export function invalidOption(message: string): CortadoError {
  return new CortadoError('CORTADO_OPTION_INVALID', message);
}

/** The error of a call whose server, whatever it is, is away. */
export function serverUnreachable(code: ErrorCode, server: string, cause: unknown): CortadoError {
  const message = `${server} cannot be reached: ${(cause as Error).message}`;
  return new CortadoError(code, message, { cause, status: 503, headers: { 'retry-after': '5' } });
}
