import cluster from 'node:cluster';
import Fastify, { type FastifyInstance, type FastifyServerOptions, LogController } from 'fastify';
import type { Logger } from '../../base/logger.ts';
import type { ErrorExit } from '../errors/answer-to.ts';
import { ensureLogger, giveLogger } from '../log/give-logger.ts';
import { IncomingRequest } from '../read/incoming-request.ts';
import { parseQuery } from '../read/parse-query.ts';
import { refuseBytes, sendError } from '../send/send-error.ts';
import { watchAnswerHooks } from './answer-hooks.ts';
import { Http2Request } from './http2-request.ts';
import { Http2Response } from './http2-response.ts';
import { withLateCompilers } from './schema-compilers.ts';
import type { ServerOptions } from './server-options.ts';
import { watchForeignRoutes } from './unread-bodies.ts';

// Longer than any honest client needs to send a request; a slow drip would otherwise hold its connection for five minutes.
const requestTimeout = 60_000;
// Characters. Fastify's 100 are too few for a signed token.
const maxParamLength = 2000;
// Fastify's own.
const keepAliveTimeout = 72_000;
// Of an HTTP/2 session. Node has no limit; RFC 9113, 6.5.2 advises against fewer.
const maxConcurrentStreams = 100;

interface Http2Options {
  readonly settings?: object;
}

/** Makes the Fastify instance, with every error of its own in the app's format. */
export function makeServer(
  options: ServerOptions,
  logger: Logger,
  bodyLimit: number,
  exit: ErrorExit,
): FastifyInstance {
  const make = (more: FastifyServerOptions): FastifyInstance =>
    Fastify({
      requestTimeout,
      logController: new LogController({ disableRequestLogging: true }),
      // Answers while it stops; the connection is closed after each.
      return503OnClosing: false,
      // A server of HTTP/2 ends its sessions as it closes, and Fastify refuses `idle` for it.
      forceCloseConnections: options.http2 === true ? false : 'idle',
      ...(cluster.worker !== undefined && { genReqId: idsOf(cluster.worker.id) }),
      ...options,
      routerOptions: {
        maxParamLength: options.maxParamLength ?? maxParamLength,
        querystringParser: options.querystringParser ?? parseQuery,
        ...options.routerOptions,
      },
      ...withClasses(options),
      ...more,
      bodyLimit,
      frameworkErrors: (error, request, reply) => void sendError(error, exit, request as never, reply as never),
      clientErrorHandler: (error, socket) => refuseBytes(error, socket, exit.errorFormat),
    } as FastifyServerOptions) as unknown as FastifyInstance;
  const server = options.schemaController === undefined ? withLateCompilers(make) : make({});
  giveLogger(server, logger, options as never);
  // In this order: the hook of the first would count as a plugin's.
  watchForeignRoutes(server);
  watchAnswerHooks(server);
  server.setErrorHandler((error, request, reply) => {
    ensureLogger(server, request, reply);
    return sendError(error, exit, request, reply);
  });
  return server;
}

// The application's own classes, and what a factory of its own makes, stay as they are.
function withClasses(options: ServerOptions): object {
  const { http, https, http2 } = options;
  const own = https || http || {};
  const made =
    http2 === true ? http2Options(options, own as Http2Options) : { IncomingMessage: IncomingRequest, ...own };
  return https ? { https: made } : { http: made };
}

// Fastify gives its own limits to servers of HTTP/1 alone; with `allowHTTP1` they are for those that come in beside.
function http2Options(options: ServerOptions, own: Http2Options): object {
  return {
    IncomingMessage: IncomingRequest,
    Http2ServerRequest: Http2Request,
    Http2ServerResponse: Http2Response,
    requestTimeout: options.requestTimeout ?? requestTimeout,
    keepAliveTimeout: options.keepAliveTimeout ?? keepAliveTimeout,
    ...own,
    settings: { maxConcurrentStreams, ...own.settings },
  };
}

// Fastify's own ids begin at 1 in each process; the logs of all workers of `cortado run --workers` are one.
function idsOf(worker: number): () => string {
  let count = 0;
  return () => `req-${worker}-${(++count).toString(36)}`;
}
