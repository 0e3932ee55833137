import cluster from 'node:cluster';
import type { IncomingMessage } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyServerOptions, LogController } from 'fastify';
import type { Logger } from '../../base/logger.ts';
import { nodeHttp } from '../../base/node-http.ts';
import type { ErrorExit } from '../errors/answer-to.ts';
import { AnswerHooks, pastFastify } from '../fast/answer-hooks.ts';
import type { FastPaths } from '../fast/fast-paths.ts';
import { IncomingRequest, takenBodies } from '../fast/incoming-request.ts';
import { lateCompilers, lateFactories, takeForOwn } from '../fast/late-compilers.ts';
import { LateLoggers, lateLoggers } from '../fast/late-loggers.ts';
import { fastifyLogger } from '../log/fastify-logger.ts';
import { makeRequestLogger } from '../log/request-logger.ts';
import { parseQuery } from '../read/parse-query.ts';
import { setRootPath, type Trusts } from '../request/root-path.ts';
import { refuseBytes, replyError, sendError } from '../send/send-error.ts';
import { type ArrivalRules, checkArrivals } from './check-arrival.ts';
import { ForeignRoutes } from './foreign-routes.ts';
import { Http2Request } from './http2-request.ts';
import { Http2Response } from './http2-response.ts';
import type { ServerOptions } from './server-options.ts';
import { socketConstraint, socketsOnly } from './socket-constraint.ts';
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

/** A Fastify instance, with what of it is gone past. */
export interface MadeServer {
  readonly fastify: FastifyInstance;
  readonly hooks: AnswerHooks | undefined;
  readonly loggers: LateLoggers | undefined;
  readonly foreign: ForeignRoutes;
}

interface Given {
  readonly options: ServerOptions;
  readonly logger: Logger;
  readonly bodyLimit: number;
  readonly exit: ErrorExit;
  readonly fast: FastPaths;
  readonly arrivals: ArrivalRules;
  /** Looked at for each request: an app believes whom the one believes that it is mounted in. */
  readonly trusts: Trusts;
  readonly rootPath: (raw: IncomingMessage) => string;
  /** What to take away from the start of each path that begins so: of a proxy that hands it on as it came. */
  readonly stripped: string;
  /** Whether a request may leave HTTP for another protocol. */
  readonly wantsUpgrade: (raw: IncomingMessage) => boolean;
  /** Whether the app has sockets of its own. */
  readonly hasSockets: () => boolean;
}

/** Makes the Fastify instance, with every error of its own in the app's format. */
export function makeServer(given: Given): MadeServer {
  const { options, logger, exit, fast } = given;
  const { childLoggerFactory, logController, requestIdLogLabel, schemaController, http2 } = options;
  const isLogOurs = (childLoggerFactory ?? logController ?? requestIdLogLabel) === undefined;
  const parent = fastifyLogger(logger);
  const make = (comeLate: boolean, logLate: boolean): MadeServer => {
    const fastify = bareServer(given, {
      ...(comeLate && lateFactories()),
      ...(!logLate && { loggerInstance: parent, childLoggerFactory: childLoggerFactory ?? makeRequestLogger }),
    });
    const { version } = fastify;
    const compilersFit = !comeLate || fast.fits(lateCompilers, fastify, version);
    const loggersFit = !logLate || fast.fits(lateLoggers, fastify, version);
    if (!compilersFit || !loggersFit) return make(comeLate && compilersFit, logLate && loggersFit);
    if (comeLate) takeForOwn(fastify);
    const loggers = logLate ? new LateLoggers(fastify, parent) : undefined;
    // In this order: the hooks of the first two would count as a plugin's.
    watchForeignRoutes(fastify);
    const foreign = new ForeignRoutes();
    foreign.watch(fastify);
    const hooks = http2 !== true && fast.fits(pastFastify, fastify, version) ? new AnswerHooks(fastify) : undefined;
    return { fastify, hooks, loggers, foreign };
  };
  const made = make(fast.areWanted && schemaController === undefined, fast.areWanted && isLogOurs);
  made.fastify.setErrorHandler((error, request, reply) => {
    made.loggers?.ensure(request, reply);
    return replyError(error, exit, request, reply);
  });
  setRootPath(made.fastify, given.rootPath);
  checkArrivals(made, given.arrivals, exit);
  return made;
}

function bareServer({ options, bodyLimit, exit, fast, ...given }: Given, more: object): FastifyInstance {
  return Fastify({
    requestTimeout,
    logController: new LogController({ disableRequestLogging: true }),
    // Answers while it stops; the connection is closed after each.
    return503OnClosing: false,
    // A server of HTTP/2 ends its sessions as it closes, and Fastify refuses `idle` for it.
    forceCloseConnections: options.http2 === true ? false : 'idle',
    ...(cluster.worker !== undefined && { genReqId: idsOf(cluster.worker.id) }),
    ...options,
    trustProxy: given.trusts,
    ...(given.stripped !== '' && { rewriteUrl: strippedUrl(given.stripped, options.rewriteUrl) }),
    routerOptions: {
      maxParamLength: options.maxParamLength ?? maxParamLength,
      querystringParser: options.querystringParser ?? parseQuery,
      ...options.routerOptions,
      constraints: {
        ...options.constraints,
        ...options.routerOptions?.constraints,
        ...Object.fromEntries(Object.keys(socketsOnly).map((name) => [name, socketConstraint(given.hasSockets)])),
      },
    },
    ...withClasses(options, fast, given.wantsUpgrade),
    ...more,
    bodyLimit,
    frameworkErrors: (error, request, reply) => void sendError(error, exit, request as never, reply as never),
    clientErrorHandler: (error, socket) => refuseBytes(error, socket, exit.errorFormat),
  } as FastifyServerOptions) as unknown as FastifyInstance;
}

// The application's own classes, and what a factory of its own makes, stay as they are.
function withClasses(options: ServerOptions, fast: FastPaths, shouldUpgradeCallback: Given['wantsUpgrade']): object {
  const { http, https, http2 } = options;
  const own = https || http || {};
  const takesBodies = fast.fits(takenBodies, nodeHttp.IncomingMessage.prototype, process.versions.node);
  const ours = takesBodies ? { IncomingMessage: IncomingRequest } : {};
  const made =
    http2 === true
      ? { ...ours, shouldUpgradeCallback, ...http2Options(options, own as Http2Options) }
      : { ...ours, shouldUpgradeCallback, ...own };
  return https ? { https: made } : { http: made };
}

// As Starlette does with `root_path`: what a proxy did not take away.
function strippedUrl(rootPath: string, rewriteUrl: ServerOptions['rewriteUrl']): ServerOptions['rewriteUrl'] {
  return function (raw) {
    const { url = '/' } = raw;
    const isBelow = url.startsWith(rootPath) && /^(?:[/?]|$)/.test(url.slice(rootPath.length));
    const rest = isBelow ? url.slice(rootPath.length) : url;
    const path = rest.startsWith('/') ? rest : isBelow ? `/${rest}` : rest;
    if (rewriteUrl === undefined) return path;
    raw.url = path;
    return rewriteUrl.call(this, raw);
  };
}

// Fastify gives its own limits to servers of HTTP/1 alone; with `allowHTTP1` they are for those that come in beside.
function http2Options(options: ServerOptions, own: Http2Options): object {
  return {
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
