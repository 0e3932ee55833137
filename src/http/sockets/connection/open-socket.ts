import { shown } from '../../../base/check-values.ts';
import { invalidOption } from '../../../base/error.ts';
import type { FeedEvent } from '../../../declare/feed.ts';
import type { SendOptions, ServerSocket, SocketEnd } from '../../../declare/socket/socket.ts';
import { isCloseCode } from '../messages/socket-error.ts';
import type { Connection } from './connection.ts';
import { pipe } from './pipe.ts';

const over: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** A socket as its function has it: the front of a connection. */
export class OpenSocket implements ServerSocket<unknown, unknown>, AsyncIterableIterator<unknown> {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get subprotocol(): string {
    return this.#connection.ws.protocol;
  }

  get waiting(): number {
    return this.#connection.sender.waiting;
  }

  get end(): SocketEnd | undefined {
    return this.#connection.end;
  }

  send(message: unknown, options?: SendOptions): Promise<void> {
    return this.#connection.send(message, options);
  }

  pipe(source: AsyncIterable<unknown>, map?: (event: FeedEvent<never>) => unknown): Promise<void> {
    return pipe(this.#connection, source, map as never);
  }

  close(code = 1000, reason = ''): void {
    if (!isCloseCode(code))
      throw invalidOption(
        `socket.close(): the code must be from 1000 to 1014 (but 1004 to 1006), or from 3000 to 4999, not ${shown(code)}.`,
      );
    this.#connection.close(code, reason);
  }

  next(): Promise<IteratorResult<unknown>> {
    return this.#connection.next();
  }

  // The loop was left. Whether well or not, the function's own end tells.
  async return(): Promise<IteratorResult<unknown>> {
    return over;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
