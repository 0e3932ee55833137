import { CortadoError } from '../../base/error.ts';

const messages = {
  'client-gone': 'The client has left.',
  'client-stalled': 'The client does not take its answer.',
  stopping: 'The app stops.',
} as const;

/** Why a request's signal fired before its work was done: the client has left, or takes nothing of its answer, or the app stops (503). */
export class RequestAborted extends CortadoError {
  override name = 'AbortError';
  readonly reason: keyof typeof messages;

  constructor(reason: keyof typeof messages) {
    // Its stack would show Node's socket, and thousands of clients may leave at once.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super('CORTADO_ABORTED', messages[reason], { status: 503, headers: { 'retry-after': '1' } });
    Error.stackTraceLimit = stackTraceLimit;
    this.reason = reason;
  }
}
