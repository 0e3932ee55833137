import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { success } from '../../inject/close.ts';
import type { MountHolder } from '../mounts/mounts.ts';
import { RequestContext } from '../request/context.ts';
import { runRequest } from '../road/run-request.ts';
import type { RouteMark } from '../routes/route-mark.ts';
import { sendAnswer } from '../send/send-answer.ts';
import { sendingOffRoad } from '../send/sending.ts';
import { socketsOnly } from '../server/socket-constraint.ts';
import { slashAdded } from './not-found.ts';
import { limited, type Registered, type RouteHandler } from './register-routes.ts';

/**
 * Registers with Fastify what is mounted in an app: all methods below each prefix, behind the app's own routes, which name their places more
 * exactly.
 */
export function registerMounts(scope: FastifyInstance, app: Registered, mounts: readonly MountHolder[]): void {
  const taken = new Set(
    app.holders.flatMap(({ prepared: { route } }) => keysOf(route.definition.method, route.template.url)),
  );
  const hasSockets = app.sockets.length > 0;
  for (const { route } of app.sockets) taken.add(`SOCKET ${route.template.url}`);
  warnOfFolders(scope, app, mounts);
  const { loggers } = app.made;
  for (const holder of mounts) {
    const { prefix } = holder.mount;
    const handOn: RouteHandler = (request, reply) => {
      loggers?.ensure(request, reply);
      runRequest(holder.prepared, request, reply, false);
    };
    const enter = holder.mount.options.limits === false ? handOn : limited(handOn, holder.prepared, app, loggers);
    const addSlash: RouteHandler = (request, reply) => {
      const sending = sendingOffRoad(reply, new RequestContext(request, reply, undefined, app.environment));
      const headers = { location: slashAdded(request.url) };
      void sendAnswer(sending, { status: 307, headers, body: undefined }, success);
    };
    register(scope, `${prefix}/*`, enter, holder, taken, hasSockets);
    if (prefix !== '') register(scope, prefix, app.redirectSlashes ? addSlash : enter, holder, taken, hasSockets);
  }
}

// To the router both are one place, and the first has it: as a route the folder answers 404 for what it has not.
function warnOfFolders({ log }: FastifyInstance, { holders }: Registered, mounts: readonly MountHolder[]): void {
  const routes = holders.map(({ prepared: { route } }) => route);
  const folders = new Set(routes.flatMap(({ definition, template }) => (definition.folder ? [template.url] : [])));
  for (const { mount } of mounts)
    if (folders.has(`${mount.prefix}/*`))
      log.warn(
        { mount: mount.name },
        `${mount.name}: a folder is served below the same prefix, so GET and HEAD never reach what is mounted there: give one of them another prefix`,
      );
}

// In a hook of its own, the last of those that run before anything of the body is looked at.
function register(
  scope: FastifyInstance,
  url: string,
  enter: RouteHandler,
  { mount, prepared }: MountHolder,
  taken: ReadonlySet<string>,
  hasSockets: boolean,
): void {
  const route = {
    url,
    exposeHeadRoute: false,
    config: { cortado: { route: prepared.route.name, path: `${mount.prefix}/*` } satisfies RouteMark },
    onRequest: (request: FastifyRequest, reply: FastifyReply) => void enter(request, reply),
    handler: () => undefined,
  };
  const method = scope.supportedMethods.filter((one) => !taken.has(`${one} ${url}`));
  if (method.length > 0) scope.route({ ...route, method });
  // Where the app has sockets of its own, a handshake reaches what asks for it alone.
  if (hasSockets && !taken.has(`SOCKET ${url}`)) scope.route({ ...route, method: 'GET', constraints: socketsOnly });
}

function keysOf(method: string, url: string): readonly string[] {
  return method === 'GET' ? [`GET ${url}`, `HEAD ${url}`] : [`${method} ${url}`];
}
