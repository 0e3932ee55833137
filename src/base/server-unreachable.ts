import { CortadoError } from './error.ts';
import type { ErrorCode } from './error-codes.ts';

/** The error of a call whose server, whatever it is, is away. */
export function serverUnreachable(code: ErrorCode, server: string, cause: unknown): CortadoError {
  const message = `${server} cannot be reached: ${(cause as Error).message}`;
  return new CortadoError(code, message, { cause, status: 503, headers: { 'retry-after': '5' } });
}
