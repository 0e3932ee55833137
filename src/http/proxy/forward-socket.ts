import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { MountPlace } from '../mounts/hand-over.ts';
import type { Answer } from '../respond/answer.ts';
import { noAnswer, type Passage } from '../road/passage.ts';
import type { Upgrade } from '../server/upgrades.ts';
import { answerOf, sendToService, serviceAway } from './forward.ts';
import { endToEnd, forwardedHeaders } from './forwarded-headers.ts';
import { Tunnel } from './tunnel.ts';
import type { Upstream } from './upstream.ts';

/** Hands the handshake of a web socket on, and, where the service takes it, all that follows. Resolves once the socket is closed. */
export async function forwardSocket(
  upstream: Upstream,
  passage: Passage,
  place: MountPlace,
  { socket, head }: Upgrade,
): Promise<Answer> {
  const { request, context, prepared, reply } = passage;
  const { signal } = context;
  const headers = forwardedHeaders(request, place.rootPath, upstream);
  const sent = sendToService(upstream, 'GET', place.path, { ...headers, connection: 'Upgrade', upgrade: 'websocket' });
  const end = (): void => void sent.request.destroy(signal.reason as Error);
  signal.addEventListener('abort', end, { once: true });
  const accepted = new Promise<readonly [IncomingMessage, Socket, Buffer]>((resolve) =>
    sent.request.once('upgrade', (response, service, first) => resolve([response, service, first])),
  );
  sent.request.end();
  const outcome = await Promise.race([accepted, sent.response]).catch((error: unknown) => {
    throw signal.aborted ? signal.reason : serviceAway(error, upstream);
  });
  signal.removeEventListener('abort', end);
  // The service answers the handshake as any request: the client may not enter, for example.
  if (!Array.isArray(outcome)) return answerOf(outcome as IncomingMessage, 'GET', upstream, place.rootPath);
  const [response, service, first] = outcome as unknown as readonly [IncomingMessage, Socket, Buffer];
  // From here on no time limit and no error has an answer.
  passage.state = 'sent';
  reply.hijack();
  reply.raw.statusCode = 101;
  (reply.raw as ServerResponse).detachSocket(socket);
  socket.setTimeout(0);
  service.setTimeout(0);
  socket.write(handshake(response));
  const tunnel = new Tunnel(socket, service);
  if (head.length > 0) socket.unshift(head);
  if (first.length > 0) service.unshift(first);
  const leave = { abort: () => tunnel.leave() };
  const cut = { abort: () => tunnel.cut() };
  prepared.signals.addStop(leave);
  prepared.signals.ends.add(cut);
  await tunnel.closed;
  prepared.signals.delete(leave);
  prepared.signals.delete(cut);
  // For all that waits for the end of its answer.
  reply.raw.end();
  reply.raw.emit('finish');
  reply.raw.emit('close');
  return noAnswer;
}

function handshake(response: IncomingMessage): string {
  const lines = endToEnd(response).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n${lines.join('')}\r\n`;
}
