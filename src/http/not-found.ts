import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorFormat } from '../declare/api-info.ts';
import type { Route } from '../declare/route.ts';
import { success } from '../inject/close.ts';
import { errorAnswer } from './errors.ts';
import { HttpError } from './http-error.ts';
import { send } from './send.ts';

/** Answers what no route takes: 405 with `Allow` where another method would do, a redirect where only the last slash differs, else 404. */
export function notFound(routes: () => readonly Route[], format: ErrorFormat, redirectSlashes: boolean) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const [path = '/', ...search] = request.url.split('?');
    const matching = routesOf(routes(), path);
    const allowed = methodsOf(matching);
    if (allowed.length > 0)
      return answer(
        reply,
        format,
        new HttpError(405, 'Method Not Allowed', { headers: { allow: allowed.join(', ') } }),
      );
    const other = otherSlash(path);
    if (redirectSlashes && other !== undefined && routesOf(routes(), other).length > 0) {
      const location = search.length === 0 ? other : `${other}?${search.join('?')}`;
      await send(reply, { status: 307, headers: { location }, body: undefined }, success);
      return;
    }
    return answer(reply, format, new HttpError(404, 'Not Found'));
  };
}

function routesOf(routes: readonly Route[], path: string): Route[] {
  return routes.filter((route) => route.template.matches(path));
}

function methodsOf(routes: readonly Route[]): string[] {
  const methods = new Set<string>();
  for (const { definition } of routes) {
    methods.add(definition.method);
    if (definition.method === 'GET') methods.add('HEAD');
  }
  return [...methods];
}

// A path that starts with two slashes would be another host in a Location header.
function otherSlash(path: string): string | undefined {
  if (path === '/' || path.startsWith('//')) return undefined;
  return path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
}

async function answer(reply: FastifyReply, format: ErrorFormat, error: HttpError): Promise<void> {
  await send(reply, errorAnswer(error, format).answer, success);
}
