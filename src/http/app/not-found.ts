import type { FastifyReply, FastifyRequest } from 'fastify';
import { success } from '../../inject/close.ts';
import type { ErrorExit } from '../errors/answer-to.ts';
import { RequestContext } from '../request/context.ts';
import { HttpError } from '../request/http-error.ts';
import { sendAnswer } from '../send/send-answer.ts';
import { replyError } from '../send/send-error.ts';
import { sendingOffRoad } from '../send/sending.ts';
import type { RouteFinder } from './route-finder.ts';

/** What the answer for an unknown path depends on. */
export interface NotFoundRules {
  readonly environment: ErrorExit;
  readonly redirectSlashes: boolean;
  /** Whether a path is that of a socket. */
  readonly hasSocket: (path: string) => boolean;
}

/** Answers what no route takes: 426 where it is a socket's, 405 with `Allow` where another method would do, a redirect where only the last slash differs, else 404. */
export function notFound(
  finder: RouteFinder,
  { environment: exit, redirectSlashes, hasSocket }: NotFoundRules,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const [path = '/', ...search] = request.url.split('?');
    const decoded = decode(path);
    const isSocket = hasSocket(decoded);
    if (isSocket && request.method === 'GET') return replyError(wantsSocket(), exit, request, reply);
    const allowed = await methodsOf(finder, decoded);
    if (isSocket) allowed.push('GET');
    if (allowed.length > 0) {
      const refusal = new HttpError(405, 'Method Not Allowed', { headers: { allow: allowed.join(', ') } });
      return replyError(refusal, exit, request, reply);
    }
    const other = redirectSlashes ? otherSlash(path) : undefined;
    if (other !== undefined && isThere(finder, decode(other))) {
      const reference = relativeTo(path, other);
      const location = search.length === 0 ? reference : `${reference}?${search.join('?')}`;
      const sending = sendingOffRoad(reply, new RequestContext(request, reply, undefined, exit));
      await sendAnswer(sending, { status: 307, headers: { location }, body: undefined }, success);
      return reply;
    }
    return replyError(new HttpError(404, 'Not Found'), exit, request, reply);
  };
}

/** Whether a request that a folder's route has got is for another route: one of its path by another method, or but for the last slash. */
export function isForOthers(finder: RouteFinder, url: string, redirectSlashes: boolean): boolean {
  const path = url.split('?', 1)[0]!;
  const other = redirectSlashes ? otherSlash(path) : undefined;
  return finder.has(decode(path)) || (other !== undefined && isThere(finder, decode(other)));
}

// RFC 9110, 15.5.22.
function wantsSocket(): HttpError {
  const headers = { upgrade: 'websocket', connection: 'Upgrade' };
  return new HttpError(426, 'A web socket is served here', { headers });
}

function isThere(finder: RouteFinder, path: string): boolean {
  return finder.has(path) || finder.isFolder(path);
}

async function methodsOf(finder: RouteFinder, path: string): Promise<string[]> {
  const methods = finder.find(path).map(({ definition }) => definition.method);
  if (methods.length === 0 && (await finder.hasFile(path))) methods.push('GET');
  return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))];
}

// As the router does; an encoded slash is none.
function decode(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

/** A path, with its query, and a slash at its end, as a redirect to it says it. */
export function slashAdded(url: string): string {
  const [path = '/', ...search] = url.split('?');
  const reference = relativeTo(path, `${path}/`);
  return search.length === 0 ? reference : `${reference}?${search.join('?')}`;
}

// Relative, as a proxy may have taken a prefix away that only the client knows (RFC 9110, 10.2.2). The dots in front keep "a:b" from being a
// scheme; browsers take a backslash for a slash, and two of them for the start of a host.
function relativeTo(path: string, other: string): string {
  const last = (from: string): string => from.slice(from.lastIndexOf('/') + 1);
  const reference = path.endsWith('/') ? `../${last(other)}` : `./${last(path)}/`;
  return reference.replaceAll('\\', '%5C');
}

// A path that starts with two slashes is one of another host to many who read it.
function otherSlash(path: string): string | undefined {
  if (path === '/' || path.startsWith('//')) return undefined;
  return path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
}
