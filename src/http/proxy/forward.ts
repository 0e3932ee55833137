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
  const headers = forwardedHeaders(request, place.rootPath, upstream);
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

function limited(payload: Readable, raw: IncomingMessage, limit: number, exceeded: (error: Error) => void): Readable {
  if (limit === Number.POSITIVE_INFINITY || raw.headers['content-length'] !== undefined) return payload;
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
  const headers = gathered(endToEnd(response));
  const { location } = headers;
  if (typeof location === 'string') headers['location'] = forwardedLocation(location, upstream, rootPath);
  if (method !== 'HEAD' && !isBodiless(status)) return { status, headers, body: response };
  response.resume();
  return { status, headers, body: undefined };
}
