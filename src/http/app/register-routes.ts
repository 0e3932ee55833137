import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Route } from '../../declare/route/route.ts';
import type { LateLoggers } from '../fast/late-loggers.ts';
import type { PreparedRoute, RouteEnvironment } from '../road/passage.ts';
import { runRequest } from '../road/run-request.ts';
import type { RouteMark } from '../routes/route-mark.ts';
import { refuseRequest } from '../send/refuse-request.ts';
import type { MadeServer } from '../server/server.ts';
import { leaveBodiesUnread } from '../server/unread-bodies.ts';
import type { SocketHolder } from '../sockets/sockets.ts';
import type { Limits } from './limits.ts';
import { isForOthers, notFound } from './not-found.ts';
import { RouteFinder } from './route-finder.ts';

export type RouteHandler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** What an app has when it starts. */
export interface Registered {
  /** Looked at for each request: an override plans a route anew. */
  readonly holders: readonly { readonly prepared: PreparedRoute }[];
  readonly environment: RouteEnvironment;
  readonly limits: Limits | undefined;
  readonly redirectSlashes: boolean;
  readonly sockets: readonly SocketHolder[];
  /** Whether a path is that of a socket. */
  readonly hasSocket: (path: string) => boolean;
  readonly made: MadeServer;
}

/** Registers an app's routes with Fastify, each with its first step on the road. */
export function registerRoutes(scope: FastifyInstance, app: Registered): void {
  // The road reads bodies itself, after the guards and with its own limits: Fastify must leave them alone.
  scope.removeAllContentTypeParsers();
  // Fastify finds a media type that it knows by name faster than one that only '*' takes.
  for (const type of ['application/json', '*'])
    scope.addContentTypeParser(type, (_request, payload, done) => done(null, payload));
  const routes = (): Route[] => app.holders.map(({ prepared }) => prepared.route);
  const finder = new RouteFinder(routes());
  scope.setNotFoundHandler(notFound(finder, app));
  const heads = new Set(
    routes().flatMap(({ definition, template }) => (definition.method === 'HEAD' ? template.url : [])),
  );
  const { fastify, hooks, loggers: late } = app.made;
  const isUnhooked = hooks?.leaveAlone(scope) === true;
  if (isUnhooked) leaveBodiesUnread(fastify);
  // A hook would see a request that has no logger yet.
  const loggers = isUnhooked && late?.standIn(scope) ? late : undefined;
  for (const holder of app.holders) {
    const { definition, template, name } = holder.prepared.route;
    const last = template.source.endsWith('}') && template.wildcard === undefined ? template.names.at(-1) : undefined;
    const handler: RouteHandler = (request, reply) => {
      loggers?.give(request, reply);
      // The router takes an empty last segment for a value; to a reader of the template it is another path.
      if (last !== undefined && (request.params as Record<string, string>)[last] === '') return reply.callNotFound();
      // The router takes the routes of one method alone.
      if (definition.folder !== undefined && isForOthers(finder, request.url, app.redirectSlashes))
        return reply.callNotFound();
      return runRequest(holder.prepared, request, reply, isUnhooked);
    };
    const { limits, config } = definition.settings;
    const allowed = limits === false ? handler : limited(handler, holder.prepared, app, loggers);
    const methods = definition.method === 'GET' && !heads.has(template.url) ? ['GET', 'HEAD'] : [definition.method];
    for (const method of methods)
      scope.route({
        method,
        url: template.url,
        // Fastify's own route for HEAD says that what it does not know the length of has none.
        exposeHeadRoute: false,
        ...(loggers && { childLoggerFactory: loggers.childLoggerFactory }),
        config: { ...config, cortado: { route: name, path: template.source } satisfies RouteMark },
        handler: allowed,
      });
  }
}

/** The handler itself where the app has no limits. */
export function limited(
  handler: RouteHandler,
  { counter, route }: PreparedRoute,
  { limits, environment }: Pick<Registered, 'limits' | 'environment'>,
  loggers: LateLoggers | undefined,
): RouteHandler {
  if (limits === undefined) return handler;
  limits.add(counter);
  return (request, reply) => {
    const excess = limits.excess();
    if (excess === undefined) return handler(request, reply);
    loggers?.give(request, reply);
    return refuseRequest(limits.refusal, excess, environment, route.name, request, reply);
  };
}
