import type { ServerOptions as HttpOptions } from 'node:http';
import type { ServerOptions as Http2Options, SecureServerOptions } from 'node:http2';
import type { ServerOptions as HttpsOptions } from 'node:https';
import type { FastifyServerOptions } from 'fastify';
import { checkOptions } from '../../base/check-options.ts';
import { checkValues, flag } from '../../base/check-values.ts';

/** Options of Fastify that an app decides itself. */
type Decided = 'logger' | 'loggerInstance' | 'bodyLimit' | 'clientErrorHandler' | 'frameworkErrors';

/** Options of Fastify that an app passes on. */
export interface ServerOptions extends Omit<FastifyServerOptions, Decided> {
  /** Options of Node's HTTP server, with `http2` of its HTTP/2 server. */
  readonly http?: HttpOptions | Http2Options | null;
  /** Key, certificate and further options of Node's TLS server: the app is served over HTTPS. */
  readonly https?: HttpsOptions | SecureServerOptions | null;
  /** Serves HTTP/2: with `https` over TLS, where `https.allowHTTP1` lets others in, else in clear text. Default `false`. */
  readonly http2?: boolean;
  /** Milliseconds after which an HTTP/2 session without traffic ends. Default 72,000. */
  readonly http2SessionTimeout?: number;
}

// An object, so that the compiler finds what a later Fastify adds.
const known: Readonly<Record<keyof ServerOptions, true>> = {
  ajv: true,
  allowErrorHandlerOverride: true,
  allowUnsafeRegex: true,
  caseSensitive: true,
  childLoggerFactory: true,
  connectionTimeout: true,
  constraints: true,
  disableRequestLogging: true,
  exposeHeadRoutes: true,
  forceCloseConnections: true,
  genReqId: true,
  handlerTimeout: true,
  http: true,
  http2: true,
  http2SessionTimeout: true,
  https: true,
  ignoreDuplicateSlashes: true,
  ignoreTrailingSlash: true,
  keepAliveTimeout: true,
  logController: true,
  maxParamLength: true,
  maxRequestsPerSocket: true,
  onConstructorPoisoning: true,
  onProtoPoisoning: true,
  pluginTimeout: true,
  querystringParser: true,
  requestIdHeader: true,
  requestIdLogLabel: true,
  requestTimeout: true,
  return503OnClosing: true,
  rewriteUrl: true,
  routerOptions: true,
  schemaController: true,
  schemaErrorFormatter: true,
  serializerOpts: true,
  serverFactory: true,
  trustProxy: true,
  useSemicolonDelimiter: true,
};

/** @throws CortadoError `CORTADO_OPTION_UNKNOWN` where Fastify has no such option, or the app decides it: Fastify itself would say nothing. */
export function checkServerOptions(options: ServerOptions): void {
  checkOptions('App: server', options, Object.keys(known));
  checkValues('App: server', options, { http2: flag });
}
