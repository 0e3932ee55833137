import { CortadoError } from '../base/error.ts';

const answers = {
  CORTADO_UPSTREAM: { status: 502, detail: 'An upstream service failed' },
  CORTADO_TIMEOUT: { status: 504, detail: 'An upstream service did not answer in time' },
} as const;

/**
 * Another service failed: it could not be reached, broke off, or answered with what it should not (`CORTADO_UPSTREAM`, 502 where a request
 * ends with it); or it took too long (`CORTADO_TIMEOUT`, 504). The message names the service; the client of the app only learns `detail`.
 */
export class UpstreamError extends CortadoError {
  override name = 'UpstreamError';
  override readonly detail: string;

  constructor(code: keyof typeof answers, message: string, options: ErrorOptions = {}) {
    super(code, message, { ...options, status: answers[code].status });
    this.detail = answers[code].detail;
  }
}
