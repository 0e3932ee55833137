import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Frame, runInFrame } from '../../concurrency/frame.ts';
import type { ErrorFormat } from '../../declare/route/api-info.ts';
import { type Closing, success } from '../../inject/close.ts';
import { answerTo, type ErrorExit } from '../errors/answer-to.ts';
import { errorAnswer, type Thrower } from '../errors/error-answer.ts';
import { RequestContext } from '../request/context.ts';
import { HttpError } from '../request/http-error.ts';
import { sendAnswer } from './send-answer.ts';
import { noteFailure, type Sending, sendingOf, sendingOffRoad, takeBackStream } from './sending.ts';

// The error exit: all answers to errors leave here, by what is still there to send them on: a reply, a response without Fastify, a socket.

interface Failed {
  readonly outcome: Closing;
  readonly thrower: Thrower;
  /** Handlers of the app run in it; what sends bytes does not. */
  readonly frame: Frame | undefined;
}

/** Answers an error as the app's handlers, or the usual ones, would have it. */
export async function answerError(
  error: unknown,
  exit: ErrorExit,
  sending: Sending,
  route: string,
  { outcome = success, thrower = 'app', frame }: Partial<Failed> = {},
): Promise<void> {
  const { context } = sending;
  const coming =
    frame === undefined
      ? answerTo(error, exit, context, route, thrower)
      : runInFrame(frame, answerTo, error, exit, context, route, thrower);
  await sendAnswer(sending, await coming, outcome);
}

/** Answers an error of a request that is on no route, or that Fastify or a plugin's hook came upon: an unknown path, a stream that failed. */
export async function sendError(
  error: unknown,
  exit: ErrorExit,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const failed = sendingOf(reply);
  if (failed !== undefined) {
    noteFailure(failed, error);
    takeBackStream(failed);
    failed.state = 'replaced';
  }
  const context = new RequestContext(request, reply, undefined, exit);
  const route = `${request.method} ${request.routeOptions.url ?? request.url.split('?', 1)[0]}`;
  await answerError(error, exit, sendingOffRoad(reply, context), route, { thrower: 'plugin' });
}

/** The same for a handler of Fastify's, which sends something itself where it is not told that the reply is on its way. */
export async function replyError(
  error: unknown,
  exit: ErrorExit,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  await sendError(error, exit, request, reply);
  return reply;
}

/** Ends an answer that could not be sent: with a bare 500 where nothing was sent yet, else by closing the connection. */
export function breakOff(sending: Sending, format: ErrorFormat): void {
  const { reply } = sending;
  const { raw } = reply;
  if (raw.destroyed || raw.writableEnded) return;
  sending.state = 'broken';
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

const clientErrors: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request took too long to arrive'],
};

/** Answers what is not HTTP, of which Node makes no request and no response: the answer is written as it stands on the wire. */
export function refuseBytes(error: Error & { code?: string }, socket: Socket, format: ErrorFormat): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, detail] = clientErrors[error.code ?? ''] ?? [400, 'The request is not valid HTTP'];
  const { headers, body } = errorAnswer(new HttpError(status, detail), format).answer;
  const head = { ...headers, 'content-length': Buffer.byteLength(String(body)), connection: 'close' };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  if (socket.writable) socket.write(`HTTP/1.1 ${status} ${detail}\r\n${lines.join('')}\r\n${body}`);
  socket.destroySoon();
}
