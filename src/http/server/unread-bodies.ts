import type { FastifyInstance } from 'fastify';

// Those whose bodies Fastify has parsed before it calls a handler.
const methods: readonly string[] = ['POST', 'PUT', 'PATCH', 'DELETE', 'QUERY'];

const parsing = new WeakSet<FastifyInstance>();

/** Takes note of routes that are not the app's own, from now on: their handlers want their bodies parsed. */
export function watchForeignRoutes(server: FastifyInstance): void {
  server.addHook('onRoute', ({ method, config }) => {
    if (config?.cortado !== undefined) return;
    if (parsing.has(server) || ![method].flat().some((one) => methods.includes(one))) return;
    parsing.add(server);
    setBodies(server, true);
  });
}

/**
 * Has Fastify call handlers at once, with the body still on the request: choosing a parser that does nothing takes a tenth of the time of a
 * small POST. As before where a plugin has routes whose bodies are to be parsed.
 */
export function leaveBodiesUnread(server: FastifyInstance): void {
  if (!parsing.has(server)) setBodies(server, false);
}

function setBodies(server: FastifyInstance, hasBody: boolean): void {
  for (const method of methods.filter((one) => server.supportedMethods.includes(one)))
    server.addHttpMethod(method, { hasBody, overrideExisting: true });
}
