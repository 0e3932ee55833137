import type { FastifyRequest } from 'fastify';
import { CortadoError } from '../../base/error.ts';
import { payloadOf } from '../read/payload-of.ts';
import { parseHost } from '../request/host.ts';
import { HttpError } from '../request/http-error.ts';
import type { Answer } from '../respond/answer.ts';
import { isResponse, webAnswer } from '../respond/web.ts';
import type { Passage } from '../road/passage.ts';
import type { MountPlace } from './hand-over.ts';
import { upTo } from './limit-body.ts';
import type { Target } from './target.ts';

/** Answers a web `Request`, as the apps of Hono and its like do. */
export type FetchHandler = (request: Request) => Response | Promise<Response>;

/** A fetch handler as the target of a mount. */
export function fetchTarget(handler: FetchHandler, bodyLimit: number): Target {
  return {
    kind: 'fetch handler',
    inner: undefined,
    bodyLimit,
    keepsTime: false,
    handOn: (passage, place) => answerBy(handler, passage, place),
    parts: {},
    wantsUpgrade: () => false,
  };
}

async function answerBy(handler: FetchHandler, passage: Passage, place: MountPlace): Promise<Answer> {
  const { prepared } = passage;
  let failure: HttpError | undefined;
  const made = webRequest(passage, place, (error) => (failure = error));
  const response: unknown = await answered(handler, made, () => failure);
  // Whatever it made of a body that broke off.
  if (failure !== undefined) throw failure;
  if (isResponse(response)) return webAnswer(response);
  throw new CortadoError(
    'CORTADO_RESPONSE_INVALID',
    `${prepared.route.name}: what is mounted there did not answer with a Response. A function of (req, res) is mounted as such where it has both parameters.`,
  );
}

async function answered(handler: FetchHandler, request: Request, why: () => HttpError | undefined): Promise<unknown> {
  try {
    return await handler(request);
  } catch (error) {
    throw why() ?? error;
  }
}

const hasNoBody: readonly string[] = ['GET', 'HEAD'];

function webRequest(
  { request, context }: Passage,
  { path, bodyLimit }: MountPlace,
  exceeded: (error: HttpError) => void,
): Request {
  const { method, protocol, host } = request;
  // What is more than a host would be a part of the path.
  if (parseHost(host) === undefined) throw new HttpError(400, 'Invalid host header');
  const scheme = protocol === 'https' ? 'https' : 'http';
  const payload = hasNoBody.includes(method) ? undefined : payloadOf(request);
  // Of a stream nothing is read before the handler does.
  const body = payload && ReadableStream.from(upTo(bodyLimit, payload, exceeded));
  const init = { method, headers: webHeaders(request), signal: context.signal, ...(body && { body, duplex: 'half' }) };
  try {
    return new Request(`${scheme}://${host}${path}`, init as RequestInit);
  } catch {
    // Its method is one that fetch does not have.
    throw new HttpError(400, 'The request cannot be handed on');
  }
}

function webHeaders({ raw }: FastifyRequest): [string, string][] {
  const headers: [string, string][] = [];
  for (let at = 0; at + 1 < raw.rawHeaders.length; at += 2)
    if (!raw.rawHeaders[at]!.startsWith(':')) headers.push([raw.rawHeaders[at]!, raw.rawHeaders[at + 1]!]);
  return headers;
}
