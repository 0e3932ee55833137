import type { FastifyInstance } from 'fastify';
import { runRequest } from '../road/run-request.ts';
import type { RouteMark } from '../routes/route-mark.ts';
import { refuseRequest } from '../send/refuse-request.ts';
import { socketsOnly } from '../server/socket-constraint.ts';
import { countRefusal } from '../sockets/handshake/serve-socket.ts';
import type { Registered, RouteHandler } from './register-routes.ts';

/** Registers the sockets of an app with Fastify: GET routes that only a handshake reaches, beside those of the same paths. */
export function registerSockets(scope: FastifyInstance, app: Registered): void {
  const { sockets, limits, environment, made } = app;
  const { loggers } = made;
  for (const holder of sockets) {
    const { definition, template, name } = holder.route;
    const enter: RouteHandler = (request, reply) => {
      loggers?.ensure(request, reply);
      countRefusal(reply.raw, holder.account);
      // What is open for hours is not in flight: a socket has limits of its own for that.
      const excess = definition.settings.limits === false ? undefined : limits?.excess();
      if (excess === undefined) runRequest(holder.prepared, request, reply, false);
      else return refuseRequest(limits!.refusal, excess, environment, name, request, reply);
    };
    scope.route({
      method: 'GET',
      url: template.url,
      constraints: socketsOnly,
      exposeHeadRoute: false,
      config: { ...definition.settings.config, cortado: { route: name, path: template.source } satisfies RouteMark },
      handler: enter,
    });
  }
}
