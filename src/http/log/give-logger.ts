import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import pino from 'pino';
import type { Logger } from '../../base/logger.ts';
import { RequestLogger } from './request-logger.ts';

type SetFactory = FastifyInstance['setChildLoggerFactory'];
type Factory = Parameters<SetFactory>[0];

/** How the loggers of requests are made past Fastify, which takes longer to check each of them than to make it. */
export interface RequestLoggers {
  /** Fastify's own factory: a route that has it is given no logger of its own. */
  readonly childLoggerFactory: Factory;
  readonly give: (request: FastifyRequest, reply: FastifyReply) => void;
}

interface Maker extends RequestLoggers {
  /** What Fastify gives in place of a logger. */
  readonly silent: FastifyBaseLogger;
  readonly stands: (scope: FastifyInstance) => boolean;
}

const makers = new WeakMap<FastifyInstance, Maker>();

/** Gives a request its logger that was refused before its route could. */
export function ensureLogger(server: FastifyInstance, request: FastifyRequest, reply: FastifyReply): void {
  const maker = makers.get(server);
  if (maker !== undefined && request.log === maker.silent) maker.give(request, reply);
}

/** The maker for routes of `scope` on `server`; `undefined` where an option or a plugin has a say in loggers. */
export function requestLoggers(server: FastifyInstance, scope: FastifyInstance): RequestLoggers | undefined {
  const maker = makers.get(server);
  return maker?.stands(scope) ? maker : undefined;
}

/**
 * Gives a server its logger. Once Fastify knows of one, it makes a child logger for every request and listens for the request's end,
 * which costs as much as its routing; so it is told of none, and a request's logger is made when something is logged.
 */
export function giveLogger(
  server: FastifyInstance,
  logger: Logger,
  options: Pick<FastifyServerOptions, 'childLoggerFactory' | 'logController' | 'requestIdLogLabel'>,
): void {
  const parent = withSerializers(logger);
  const { log: silent } = server;
  server.log = parent;
  const { setChildLoggerFactory, childLoggerFactory } = server;
  const factory = options.childLoggerFactory as Factory | undefined;
  // The factories of plugins would be handed the silent logger that Fastify has.
  server.setChildLoggerFactory = function (this: FastifyInstance, made: Factory) {
    const withParent: Factory = function (_silent, ...rest) {
      return made.call(this, parent, ...rest);
    };
    return setChildLoggerFactory.call(this, withParent);
  } as SetFactory;
  server.setChildLoggerFactory(
    factory ?? ((_logger, bindings, options) => new RequestLogger(parent, undefined, bindings, options)),
  );
  if (factory ?? options.logController ?? options.requestIdLogLabel) return;
  const ours = server.childLoggerFactory;
  makers.set(server, {
    silent,
    childLoggerFactory,
    stands: (scope) => scope.childLoggerFactory === ours,
    give: (request, reply) => {
      request.log = reply.log = new RequestLogger(parent, request);
    },
  });
}

// What Fastify does for a logger that it knows of; the logger's own serializers win.
function withSerializers(logger: Logger): FastifyBaseLogger {
  const base = logger as FastifyBaseLogger & { readonly [symbol: symbol]: object | undefined };
  if (typeof base.child !== 'function') return base;
  return base.child({}, { serializers: { ...serializers, ...base[pino.symbols.serializersSym] } });
}

const serializers = {
  // The query may carry keys.
  req: ({ method, url, host, ip, socket }: FastifyRequest) => ({
    method,
    url: url?.split('?', 1)[0],
    host,
    remoteAddress: ip,
    remotePort: socket?.remotePort,
  }),
  res: ({ statusCode }: FastifyReply) => ({ statusCode }),
};
