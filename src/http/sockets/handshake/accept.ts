import type { Duplex } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { WebSocket, WebSocketServer } from 'ws';
import { nodeHttp } from '../../../base/node-http.ts';
import { closeHead } from '../../request/context.ts';
import type { Passage } from '../../road/passage.ts';
import type { Upgrade } from '../../server/upgrades.ts';
import { HandshakeRefused } from './check-handshake.ts';

// What the handshake itself says.
const own = ['connection', 'upgrade', 'sec-websocket-accept', 'sec-websocket-protocol', 'sec-websocket-extensions'];
const ofBodies = ['content-length', 'content-type', 'transfer-encoding'];

/**
 * Checks what ws reads of a handshake, by ws itself, before anything of the app runs: what is refused must not have done anything.
 *
 * @param checker A server that accepts nobody.
 * @throws HandshakeRefused 400.
 */
export function checkByServer(checker: WebSocketServer, { request }: Passage, { socket, head }: Upgrade): void {
  let refusal: Error | undefined;
  const refuse = (error: Error): void => {
    refusal = error;
  };
  checker.once('wsClientError', refuse);
  try {
    checker.handleUpgrade(request.raw, socket as Duplex, head, () => {});
  } finally {
    checker.off('wsClientError', refuse);
  }
  if (refusal !== undefined) throw new HandshakeRefused(400, refusal.message, 'handshake');
}

// ws writes them as they are, and no head of Node's checks them on their way: what a hook sets of an input could end a line.
function headersOf(reply: FastifyReply): string[] {
  const lines: string[] = [];
  for (const [name, value] of Object.entries({ ...reply.raw.getHeaders(), ...reply.getHeaders() })) {
    if (value === undefined || own.includes(name) || ofBodies.includes(name)) continue;
    for (const one of [value].flat()) {
      nodeHttp.validateHeaderName(name);
      nodeHttp.validateHeaderValue(name, String(one));
      lines.push(`${name}: ${String(one)}`);
    }
  }
  return lines;
}

/**
 * Answers a handshake with 101, and with the headers and cookies that were set for it. From then on the connection is a web socket, and there
 * is no answer left.
 *
 * @throws HandshakeRefused 400 for what ws cannot read; TypeError for a header that HTTP does not allow.
 */
export function acceptSocket(server: WebSocketServer, passage: Passage, { socket, head }: Upgrade): WebSocket {
  const { request, reply } = passage;
  const { raw } = reply;
  let opened: WebSocket | undefined;
  let refusal: Error | undefined;
  const refuse = (error: Error): void => {
    refusal = error;
  };
  const lines = headersOf(reply);
  const add = (headers: string[]): void => void headers.push(...lines);
  server.once('wsClientError', refuse).once('headers', add);
  try {
    // It calls back before it returns: nothing here has to be waited for.
    server.handleUpgrade(request.raw, socket as Duplex, head, (ws) => {
      opened = ws;
      passage.state = 'sent';
      closeHead(passage.context);
      raw.detachSocket(socket);
      reply.hijack();
      raw.statusCode = 101;
    });
  } finally {
    server.off('wsClientError', refuse).off('headers', add);
  }
  if (opened !== undefined) return opened;
  throw new HandshakeRefused(400, refusal?.message ?? 'The connection was closed', 'handshake');
}
