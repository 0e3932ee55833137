import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import pino from 'pino';
import type { Logger } from '../base/logger.ts';
import { RequestLogger } from './request-logger.ts';

type SetFactory = FastifyInstance['setChildLoggerFactory'];
type Factory = Parameters<SetFactory>[0];

/**
 * Gives a server its logger. Once Fastify knows of one, it makes a child logger for every request and listens for the request's end,
 * which costs as much as its routing; so it is told of none, and a request's logger is made when something is logged.
 */
export function giveLogger(server: FastifyInstance, logger: Logger, factory: Factory | undefined): void {
  const parent = withSerializers(logger);
  server.log = parent;
  const { setChildLoggerFactory } = server;
  // The factories of plugins would be handed the silent logger that Fastify has.
  server.setChildLoggerFactory = function (this: FastifyInstance, made: Factory) {
    const withParent: Factory = function (_silent, ...rest) {
      return made.call(this, parent, ...rest);
    };
    return setChildLoggerFactory.call(this, withParent);
  } as SetFactory;
  server.setChildLoggerFactory(
    factory ?? ((_logger, bindings, options) => new RequestLogger(parent, bindings, options)),
  );
}

// What Fastify does for a logger that it knows of; the logger's own serializers win.
function withSerializers(logger: Logger): FastifyBaseLogger {
  const base = logger as FastifyBaseLogger & { readonly [symbol: symbol]: object | undefined };
  if (typeof base.child !== 'function') return base;
  return base.child({}, { serializers: { ...serializers, ...base[pino.symbols.serializersSym] } });
}

const serializers = {
  req: ({ method, url, host, ip, socket }: FastifyRequest) => ({
    method,
    url,
    host,
    remoteAddress: ip,
    remotePort: socket?.remotePort,
  }),
  res: ({ statusCode }: FastifyReply) => ({ statusCode }),
};
