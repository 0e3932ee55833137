import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { makeRequestLogger, RequestLogger } from '../log/request-logger.ts';
import type { FastPath } from './fast-paths.ts';

type SetFactory = FastifyInstance['setChildLoggerFactory'];
type Factory = Parameters<SetFactory>[0];

const replaced = ['log', 'setChildLoggerFactory'] as const;

/**
 * Once Fastify knows of a logger, it makes a child logger for every request, checks that, and listens for the request's end. Here it is told of
 * none: the server's logger is put in the place of its silent one afterwards, `setChildLoggerFactory` is replaced, and routes that have
 * Fastify's own factory are given no logger by it, but one of ours. Seen with Fastify 5.12. Worth 0.8 of
 * some 6 µs of a small request in memory.
 */
export const lateLoggers: FastPath<FastifyInstance> = {
  name: 'late loggers',
  of: 'Fastify',
  majors: [5],
  lacks: (server) => {
    const fixed = replaced.find((name) => Object.getOwnPropertyDescriptor(server, name)?.writable !== true);
    if (fixed !== undefined) return `${fixed} of an instance cannot be replaced`;
    return typeof server.childLoggerFactory === 'function' ? undefined : 'an instance has no childLoggerFactory';
  },
};

/** Gives a server that was told of no logger the app's, and its requests one each that is made when something is logged. */
export class LateLoggers {
  /** Fastify's own factory: a route that has it is given no logger of its own. */
  readonly childLoggerFactory: Factory;
  readonly #parent: FastifyBaseLogger;
  /** What Fastify gives in place of a logger. */
  readonly #silent: FastifyBaseLogger;
  readonly #ours: Factory;

  constructor(server: FastifyInstance, parent: FastifyBaseLogger) {
    const { setChildLoggerFactory, childLoggerFactory, log } = server;
    this.childLoggerFactory = childLoggerFactory;
    this.#parent = parent;
    this.#silent = log;
    server.log = parent;
    // The factories of plugins would be handed the silent logger that Fastify has.
    server.setChildLoggerFactory = function (this: FastifyInstance, made: Factory) {
      const withParent: Factory = function (_silent, ...rest) {
        return made.call(this, parent, ...rest);
      };
      return setChildLoggerFactory.call(this, withParent);
    } as SetFactory;
    server.setChildLoggerFactory(makeRequestLogger);
    this.#ours = server.childLoggerFactory;
  }

  /** Whether no plugin has a say in the loggers of a scope. */
  standIn(scope: FastifyInstance): boolean {
    return scope.childLoggerFactory === this.#ours;
  }

  give(request: FastifyRequest, reply: FastifyReply): void {
    request.log = reply.log = new RequestLogger(this.#parent, request);
  }

  /** Gives a request its logger that was refused before its route could. */
  ensure(request: FastifyRequest, reply: FastifyReply): void {
    if (request.log === this.#silent) this.give(request, reply);
  }
}
