import { finished } from 'node:stream/promises';
import type { FastifyReply } from 'fastify';
import type { ErrorFormat } from '../declare/api-info.ts';
import type { Outcome } from '../inject/close.ts';
import { errorAnswer } from './errors.ts';
import type { Answer } from './respond/answer.ts';

/** Sends an answer through Fastify, its `onSend` hooks included; with a body that streams, resolves when the stream has ended. */
export async function send(reply: FastifyReply, answer: Answer, outcome: Outcome): Promise<Outcome> {
  if (reply.raw.destroyed || reply.sent) {
    discard(answer);
    return outcome;
  }
  if (answer.status !== undefined) reply.code(answer.status);
  for (const name in answer.headers) reply.header(name, answer.headers[name]);
  // A HEAD request is answered from its GET route, whose stream might never end.
  if (reply.request.method === 'HEAD' && isStream(answer)) {
    discard(answer);
    reply.send();
    return outcome;
  }
  const { body } = answer;
  if (typeof body !== 'object' || Buffer.isBuffer(body)) {
    // Without it Fastify adds a charset to JSON, which has none (RFC 8259, 11).
    if (typeof body === 'string') reply.serializer(asItIs);
    reply.send(body);
    return outcome;
  }
  reply.send(body);
  try {
    await finished(body, { writable: false });
    return outcome;
  } catch (error) {
    return { failed: true, error };
  }
}

/** Ends an answer that could not be sent: with a bare 500 where nothing was sent yet, else by closing the connection. */
export function breakOff(reply: FastifyReply, format: ErrorFormat): void {
  const { raw } = reply;
  if (raw.destroyed || raw.writableEnded) return;
  if (raw.headersSent) {
    raw.destroy();
    return;
  }
  const { status, headers, body } = errorAnswer(undefined, format).answer;
  reply.hijack();
  for (const name of raw.getHeaderNames()) raw.removeHeader(name);
  raw.writeHead(status ?? 500, { ...headers, 'content-length': Buffer.byteLength(String(body)), connection: 'close' });
  raw.end(body);
}

const asItIs = (text: string): string => text;

function isStream({ body }: Answer): boolean {
  return typeof body === 'object' && !Buffer.isBuffer(body);
}

function discard({ body }: Answer): void {
  if (typeof body === 'object' && !Buffer.isBuffer(body)) body.destroy();
}
