import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { CortadoError } from '../../base/error.ts';
import type { MountPlace } from '../mounts/hand-over.ts';
import { upTo } from '../mounts/limit-body.ts';
import { payloadOf } from '../read/payload-of.ts';
import { type Answer, isBodiless } from '../respond/answer.ts';
import type { Passage } from '../road/passage.ts';
import { endToEnd, forwardedHeaders, gathered } from './forwarded-headers.ts';
import { forwardedLocation } from './location.ts';
import type { Upstream } from './upstream.ts';

/** A request to the service, and what its answer is told by. */
export interface Forwarded {
  readonly request: ClientRequest;
  readonly response: Promise<IncomingMessage>;
}

// May be sent once more where it is not known whether it arrived (RFC 9110, 9.2.2).
const idempotent: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'];

/** Hands a request on to a service, and its answer back as it comes, no faster than the one or the other takes it. */
export async function forward(upstream: Upstream, passage: Passage, place: MountPlace): Promise<Answer> {
  const { request, context } = passage;
  const payload = payloadOf(request);
  const { signal } = context;
  let failure: Error | undefined;
  const headers = framed(forwardedHeaders(request, place.rootPath, upstream), payload, request.raw);
  for (let tries = 1; ; tries++) {
    const sent = sendToService(upstream, request.method, place.path, headers);
    const end = (): void => void sent.request.destroy(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
    if (payload === undefined) sent.request.end();
    else
      pour(
        limited(payload, request.raw, place.bodyLimit, (error) => (failure = error)),
        sent.request,
      );
    try {
      const response = await sent.response;
      response.once('close', () => signal.removeEventListener('abort', end));
      return answerOf(response, request.method, upstream, place.rootPath);
    } catch (error) {
      signal.removeEventListener('abort', end);
      if (failure !== undefined) throw failure;
      if (signal.aborted) throw signal.reason;
      // The service has closed a kept connection just then: nothing of the request was looked at.
      const isStale = sent.request.reusedSocket && payload === undefined && idempotent.includes(request.method);
      if (!isStale || tries >= mostTries) throw serviceAway(error, upstream);
    }
  }
}

const mostTries = 3;

export function sendToService(
  upstream: Upstream,
  method: string,
  path: string,
  headers: OutgoingHttpHeaders,
): Forwarded {
  const { url, agent, basePath } = upstream;
  const { hostname, port, protocol } = url;
  const request = upstream.request({
    // Node wants addresses of IPv6 without their brackets.
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port,
    protocol,
    method,
    path: `${basePath}${path}`,
    headers,
    agent,
  });
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request.on('response', resolve);
  // Also after the answer has begun, when nobody waits for it any more.
  request.on('error', reject);
  // Of a 101 that nobody has asked for Node closes the connection without a word.
  request.on('close', () => reject(new Error('it closed the connection without an answer')));
  return { request, response: promise };
}

/** What a client is told of a service that cannot be reached; the log has the reason. */
export function serviceAway(cause: unknown, { url }: Upstream): CortadoError {
  const { code, message } = (cause ?? {}) as { code?: string; message?: string };
  return new CortadoError('CORTADO_UPSTREAM', `${url.origin} did not answer: ${code ?? message}`, {
    status: 502,
    cause,
  });
}

/**
 * Says how long the body is, or that it says so itself: Node frames no body of unknown length of a GET, a DELETE or the like, and the service
 * would take it for a request of its own.
 */
function framed(
  headers: OutgoingHttpHeaders,
  payload: Readable | undefined,
  raw: IncomingMessage,
): OutgoingHttpHeaders {
  if (payload === undefined || (payload === raw && headers['content-length'] !== undefined)) return headers;
  const { 'content-length': _, ...others } = headers;
  return { ...others, 'transfer-encoding': 'chunked' };
}

// What a plugin has unpacked has no longer the length that the client said.
function limited(payload: Readable, raw: IncomingMessage, limit: number, exceeded: (error: Error) => void): Readable {
  const isSaid = payload === raw && raw.headers['content-length'] !== undefined;
  if (limit === Number.POSITIVE_INFINITY || isSaid) return payload;
  return Readable.from(upTo(limit, payload, exceeded), { objectMode: false });
}

// Not by `pipeline`, which would close the client's connection where the service closes its own, with the answer still to come.
function pour(body: Readable, request: ClientRequest): void {
  body.pipe(request);
  const drop = (): void => void body.unpipe(request).resume();
  request.once('error', drop).once('close', drop);
  body.once('error', (error) => request.destroy(error));
  body.once('close', () => {
    if (!body.readableEnded) request.destroy();
  });
}

export function answerOf(response: IncomingMessage, method: string, upstream: Upstream, rootPath: string): Answer {
  const { statusCode: status = 0 } = response;
  if (status < 200 || status > 599) {
    response.destroy();
    throw serviceAway(new Error(`its status is ${status}`), upstream);
  }
  // Node takes the pieces of it apart, and no more.
  if (/[^,\s]\s*,/.test(response.headers['transfer-encoding'] ?? '')) {
    response.destroy();
    throw serviceAway(
      new Error(`its answer is in pieces that are packed, ${response.headers['transfer-encoding']}`),
      upstream,
    );
  }
  const headers = gathered(endToEnd(response));
  const { location } = headers;
  if (typeof location === 'string') headers['location'] = forwardedLocation(location, upstream, rootPath);
  if (method !== 'HEAD' && !isBodiless(status)) return { status, headers, body: response };
  response.resume();
  return { status, headers, body: undefined };
}
