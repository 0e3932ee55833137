import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { nodeHttp } from '../../base/node-http.ts';

/** A request that asks to leave HTTP, with its connection and what came behind its head. */
export interface Upgrade {
  readonly socket: Socket;
  readonly head: Buffer;
}

const upgrade: unique symbol = Symbol('cortado.upgrade');

/** The connection of a request that asks to become a web socket. */
export function upgradeOf(raw: IncomingMessage): Upgrade | undefined {
  return (raw as { [upgrade]?: Upgrade })[upgrade];
}

// No closure: what listens to a socket stays as long as it, with all that stands around.
function close(this: Socket): void {
  this.destroy();
}

/** Takes the connection of such a request out of it, which would hold on to what came behind its head. */
export function takeUpgrade(raw: IncomingMessage): Upgrade | undefined {
  const taken = upgradeOf(raw);
  (raw as { [upgrade]?: Upgrade | undefined })[upgrade] = undefined;
  return taken;
}

/**
 * Whether a request asks to become a web socket (RFC 6455, 4.1). One with a body is a plain request: of its connection Node would hand on what is
 * no socket.
 */
export function asksForWebSocket({ method, headers }: IncomingMessage): boolean {
  const { upgrade: wanted, 'content-length': length = '0', 'transfer-encoding': coding } = headers;
  return method === 'GET' && wanted?.toLowerCase() === 'websocket' && Number(length) === 0 && coding === undefined;
}

/**
 * Has requests that ask to become a web socket take the road of any other: hooks, guards and limits come first, and what refuses them is an
 * answer of HTTP.
 */
export function routeUpgrades({ server, routing }: FastifyInstance, wants: (raw: IncomingMessage) => boolean): void {
  server.on('upgrade', (raw: IncomingMessage, socket: Socket, head: Buffer) => {
    if (!wants(raw)) return;
    const response = new nodeHttp.ServerResponse(raw);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    // Node leaves the connection to whoever takes it.
    socket.on('error', close);
    // As Node does with a client that has left before its answer.
    const left = (): void => {
      if (response.socket === socket) socket.destroy();
    };
    socket.once('end', left);
    response.once('finish', () => socket.off('end', left));
    // After a handshake that was accepted the connection is whose it has become.
    response.once('finish', () => response.statusCode === 101 || socket.destroySoon());
    (raw as { [upgrade]?: Upgrade })[upgrade] = { socket, head };
    routing(raw, response);
  });
}
