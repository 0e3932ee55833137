import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Scope } from '../../../inject/scope.ts';
import type { RequestContext } from '../../request/context.ts';
import type { PreparedSocket } from './prepared-socket.ts';

/** What a handshake has brought about. */
export interface Accepted {
  readonly ws: WebSocket;
  readonly raw: Duplex;
  readonly prepared: PreparedSocket;
  readonly context: RequestContext;
  /** What the connection has opened, to be closed at its end. */
  readonly lasting: Scope | undefined;
  /** The values that each unit begins with. */
  readonly values: readonly unknown[];
}
