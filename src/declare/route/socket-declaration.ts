import type { Dependency } from '../dependency.ts';
import type { Params } from '../values.ts';
import type { SocketFormats } from './socket-format.ts';

/** What a socket can be told beside its inputs and messages. */
export interface SocketSettings {
  /** Names of subprotocols that it speaks, the preferred one first. A client that names none of them gets none. */
  readonly subprotocols?: readonly string[];
  /**
   * The origins of pages whose browsers may connect: `['https://example.com']`, or `'*'` for all. Default: the page's own host alone. What is
   * no browser says no origin, and is let in.
   */
  readonly origins?: readonly string[] | '*';
  /** Milliseconds of silence after which the client is asked whether it is there. Default 30,000. */
  readonly pingInterval?: number;
  /** Milliseconds that it has for the answer. Default 10,000. */
  readonly pingTimeout?: number;
  /** Milliseconds without a message in either direction after which it is closed, with 1000. Default: no limit. */
  readonly idleTimeout?: number;
  /** Largest message in bytes; one that is larger closes it, with 1009. Default 1 MiB. */
  readonly maxMessage?: number;
  /** Most bytes that may wait for a client to take them; more close it, with 1013. Default 4 MiB. */
  readonly maxWaiting?: number;
  /** Most connections of this socket in a process; further ones are refused, with 503. Default: no limit. */
  readonly maxConnections?: number;
  /** Most connections of one client in a process; further ones are refused, with 429. Default: no limit. */
  readonly maxPerClient?: number;
  /** Whom `maxPerClient` counts, by a dependency that gives a text, the id of a user for example. Default: the client's address. */
  readonly client?: Dependency<string, string>;
  /** Whether messages are compressed, which costs some 300 KB a connection. Default `false`. */
  readonly perMessageDeflate?: boolean;
  /** Whether a message that is not as declared closes it, with 1007, in the place of an answer that says what is wrong. Default `false`. */
  readonly closeOnInvalid?: boolean;
  /**
   * Whether what would refuse the handshake accepts and closes it: with 4401, 4403, 4422 and so on, and the reason, which a page in a browser
   * can read; of a refused handshake it sees 1006 and nothing else. Default `false`.
   */
  readonly refuseByClose?: boolean;
}

/** What makes a route a socket. */
export interface SocketDeclaration {
  readonly incoming: SocketFormats;
  readonly outgoing: SocketFormats;
  /** What is opened for each message, and closed before the next. */
  readonly each: Params;
  readonly settings: SocketSettings;
}
