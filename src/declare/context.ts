import type { Logger } from '../base/logger.ts';

/** What every declared function gets as its second argument; routes and tasks add to it. */
export interface Context {
  /** Fires when the client has left, the time limit has passed, the task was cancelled, or a stop waits no longer. */
  readonly signal: AbortSignal;
  /** A logger that carries the request's or task's id. */
  readonly log: Logger;
}
