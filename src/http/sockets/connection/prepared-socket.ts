import type { WebSocketServer } from 'ws';
import type { ErrorFormat } from '../../../declare/route/api-info.ts';
import type { SocketRoute } from '../../../declare/socket/socket.ts';
import type { Container } from '../../../inject/container.ts';
import type { readSmallMessages } from '../../fast/small-messages.ts';
import type { RouteEnvironment } from '../../road/passage.ts';
import { type MessageReader, messageReader } from '../messages/read-message.ts';
import { type MessageWriter, messageWriter } from '../messages/write-message.ts';
import type { SocketAccount } from './account.ts';
import type { BeatClock } from './beat-clock.ts';

/** How long and how much a socket may do nothing, say and keep waiting; milliseconds and bytes. */
export interface SocketLimits {
  readonly pingInterval: number;
  readonly pingTimeout: number;
  readonly idleTimeout: number;
  readonly maxMessage: number;
  readonly maxWaiting: number;
  readonly maxConnections: number;
  readonly maxPerClient: number;
  /** How long a client may take nothing of what it was sent. */
  readonly sendTimeout: number;
}

/** A socket with all that its connections walk through, compiled once. */
export interface PreparedSocket {
  readonly route: SocketRoute;
  readonly container: Container;
  readonly errorFormat: ErrorFormat;
  readonly closeOnInvalid: boolean;
  readonly limits: SocketLimits;
  readonly account: SocketAccount;
  readonly clock: BeatClock;
  /** Whether messages open something that comes with them. */
  readonly hasUnits: boolean;
  readonly reader: MessageReader;
  readonly write: MessageWriter;
  /** Made at the start of the app. */
  readonly server: () => WebSocketServer;
  /** Reads handshakes as `server` does, and accepts none. */
  readonly checker: () => WebSocketServer;
  /** Reads small messages past ws, where that can be. */
  readonly readSmall: () => typeof readSmallMessages | undefined;
}

type Shared = Pick<PreparedSocket, 'account' | 'clock' | 'server' | 'checker' | 'readSmall'>;

export function prepareSocket(
  route: SocketRoute,
  { container, errorFormat, sendTimeout }: RouteEnvironment,
  shared: Shared,
): PreparedSocket {
  const { settings, each } = route.definition.socket;
  return {
    ...shared,
    route,
    container,
    errorFormat,
    closeOnInvalid: settings.closeOnInvalid === true,
    limits: {
      pingInterval: settings.pingInterval ?? 30_000,
      pingTimeout: settings.pingTimeout ?? 10_000,
      idleTimeout: settings.idleTimeout ?? Number.POSITIVE_INFINITY,
      maxMessage: settings.maxMessage ?? 1024 * 1024,
      maxWaiting: settings.maxWaiting ?? 4 * 1024 * 1024,
      maxConnections: settings.maxConnections ?? Number.POSITIVE_INFINITY,
      maxPerClient: settings.maxPerClient ?? Number.POSITIVE_INFINITY,
      sendTimeout,
    },
    hasUnits: Object.keys(each).length > 0,
    reader: messageReader(route.incoming),
    write: messageWriter(route.name, route.outgoing),
  };
}
