import type { FastifyInstance, onRequestHookHandler } from 'fastify';

// Hooks that run before an answer is on its way and can change its head or body; `onRoute` can add any of them to a route.
const shaping: readonly string[] = [
  'onRoute',
  'onRequest',
  'preParsing',
  'preValidation',
  'preHandler',
  'preSerialization',
  'onSend',
];

const hooked = new WeakSet<FastifyInstance>();

/** Takes note of hooks added from now on, to `server` or to what plugins make of it. Fastify itself does not tell. */
export function watchAnswerHooks(server: FastifyInstance): void {
  const { addHook } = server;
  server.addHook = function (this: FastifyInstance, ...args: Parameters<typeof addHook>) {
    if (shaping.includes(args[0])) hooked.add(server);
    return addHook.apply(this, args);
  } as typeof addHook;
}

/** Adds a hook that runs first and leaves the answer alone, so that answers still need not go through Fastify. */
export function addQuietHook(server: FastifyInstance, hook: onRequestHookHandler): void {
  const wasHooked = hooked.has(server);
  server.addHook('onRequest', hook);
  if (!wasHooked) hooked.delete(server);
}

/** Whether answers must go through Fastify: a hook was added that can change them, or the protocol is another one. */
export function hasAnswerHooks(server: FastifyInstance): boolean {
  return hooked.has(server) || server.initialConfig.http2 === true;
}
