import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { Closing } from '../../inject/close.ts';
import type { OpenRequests } from '../request/open-requests.ts';
import { RequestAborted } from '../request/request-aborted.ts';
import { type Answer, isBodiless, isStream } from '../respond/answer.ts';
import { hasLeft, noteHanded, type Sending } from './sending.ts';
import { whenSent } from './when-sent.ts';

/**
 * Sends an answer through Fastify, its `onSend` hooks included; with a body that streams, resolves when its last byte has left.
 *
 * @param whyCut Why the connection was closed before that.
 */
export async function sendAnswer(
  sending: Sending,
  answer: Answer,
  outcome: Closing,
  whyCut: () => unknown = clientGone,
): Promise<Closing> {
  if (!isStream(answer)) {
    sendThrough(sending, answer);
    return outcome;
  }
  const leaving = whenSent(sending, answer.body as Readable, whyCut);
  if (!sendThrough(sending, answer)) return outcome;
  const failure = await leaving;
  return failure === undefined ? outcome : { failed: true, error: failure.error };
}

const clientGone = (): unknown => new RequestAborted('client-gone');

/** Has an answer end its connection while the app stops: a client would keep it, and the stop wait for it. */
export function endConnection({ requests }: { readonly requests: OpenRequests }, { raw }: FastifyReply): void {
  if (requests.isStopping && !raw.headersSent && raw.req.httpVersionMajor === 1) raw.setHeader('connection', 'close');
}

/** Hands an answer to Fastify; `false` where its body will not be read. */
export function sendThrough(sending: Sending, answer: Answer): boolean {
  const { reply } = sending;
  if (hasLeft(reply)) return discard(answer);
  noteHanded(sending);
  if (answer.status !== undefined) reply.code(answer.status);
  for (const name in answer.headers) reply.header(name, name === 'vary' ? varyOf(reply, answer) : answer.headers[name]);
  if (isBodiless(reply.statusCode)) return sendHead(reply, answer);
  if (isStream(answer)) {
    reply.send(answer.body);
    return true;
  }
  // The length that it has, also in the answer to HEAD (RFC 9110, 8.6).
  if (answer.body !== undefined) reply.removeHeader('content-length');
  // Without it Fastify adds a charset to JSON, which has none (RFC 8259, 11).
  if (typeof answer.body === 'string') reply.serializer(asItIs);
  reply.send(answer.body);
  return true;
}

// A plugin may have said before what else the answer depends on.
function varyOf(reply: FastifyReply, { headers }: Answer): string {
  const all = [reply.getHeader('vary'), headers['vary']].flat().join(',').split(',');
  const names = all.map((name) => name.trim()).filter((name) => name !== '');
  return [...new Map(names.map((name) => [name.toLowerCase(), name])).values()].join(', ');
}

// RFC 9110, 8.6 and 15.4.5: a 304 may have the length of what it stands for, but not that of a body which it does not have.
function sendHead(reply: FastifyReply, answer: Answer): false {
  if (reply.statusCode !== 304 || answer.body !== undefined) reply.removeHeader('content-length');
  if (answer.body !== undefined) reply.removeHeader('content-type');
  reply.send();
  return discard(answer);
}

/** An answer of which only the head is sent: to HEAD, whose GET might stream for ever, or with a status that has no body. */
export function withoutBody(reply: FastifyReply, answer: Answer): Answer {
  if (!isStream(answer)) return answer;
  const hasNone = isBodiless(answer.status ?? reply.statusCode);
  if (!hasNone && reply.request.method !== 'HEAD') return answer;
  discard(answer);
  const { 'content-type': _type, 'content-length': _length, ...others } = answer.headers;
  return { ...answer, body: undefined, headers: hasNone ? others : answer.headers };
}

const asItIs = (text: string): string => text;

/** Lets go of an answer that nobody will get. */
export function discard(answer: Answer): false {
  // One that was still to open a file, say, fails after that, and without a listener the process would end.
  if (isStream(answer)) (answer.body as Readable).on('error', () => {}).destroy();
  return false;
}
