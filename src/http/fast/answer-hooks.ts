import type { FastifyInstance, onRequestHookHandler } from 'fastify';
import type { FastPath } from './fast-paths.ts';

/**
 * Replaces `addHook` of a server, as Fastify itself does not tell whether there are hooks, and expects what plugins get of it to have the same
 * method. Where no hook can change an answer it is sent past `reply.send()`. Seen with Fastify 5.12. Worth 0.4 to 0.7
 * of some 6 µs of a small request in memory.
 */
export const pastFastify: FastPath<Pick<FastifyInstance, 'addHook'>> = {
  name: 'past Fastify',
  of: 'Fastify',
  majors: [5],
  lacks: (server) => {
    const { writable, value } = Object.getOwnPropertyDescriptor(server, 'addHook') ?? {};
    return writable && typeof value === 'function' ? undefined : 'addHook() of an instance cannot be replaced';
  },
};

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

/** The hooks that are added from now on, to a server or to what plugins make of it. */
export class AnswerHooks {
  readonly #server: FastifyInstance;
  #areAdded = false;

  constructor(server: FastifyInstance) {
    const { addHook } = server;
    const noteHook = (name: string): void => {
      if (shaping.includes(name)) this.#areAdded = true;
    };
    this.#server = server;
    server.addHook = function (this: FastifyInstance, ...args: Parameters<typeof addHook>) {
      noteHook(args[0]);
      return addHook.apply(this, args);
    } as typeof addHook;
  }

  /** Adds a hook that runs first and leaves the answer alone, so that answers still need not go through Fastify. */
  addQuietly(hook: onRequestHookHandler): void {
    this.quietly(() => this.#server.addHook('onRequest', hook));
  }

  /** Adds hooks that have no say in the answers of the app's own routes. */
  quietly(add: () => void): void {
    const wereAdded = this.#areAdded;
    add();
    this.#areAdded = wereAdded;
  }

  /** Whether no hook can have a say in the answers of a scope. */
  leaveAlone(scope: FastifyInstance): boolean {
    return !this.#areAdded && scope.addHook === this.#server.addHook;
  }
}
