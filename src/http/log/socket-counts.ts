import type { IncomingMessage } from 'node:http';

/** What a web socket has done, for its line in the log. */
export interface SocketCounts {
  readonly received: number;
  readonly sent: number;
  /** The close code. */
  readonly code: number;
}

const counts: unique symbol = Symbol('cortado.socketCounts');

export function noteSocketCounts(raw: IncomingMessage, told: SocketCounts): void {
  (raw as { [counts]?: SocketCounts })[counts] = told;
}

/** What the web socket has done that a request has become; `undefined` where it has become none of ours. */
export function socketCountsOf(raw: IncomingMessage): SocketCounts | undefined {
  return (raw as { [counts]?: SocketCounts })[counts];
}
