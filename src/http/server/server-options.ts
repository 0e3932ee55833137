import type { ServerOptions as HttpOptions } from 'node:http';
import type { ServerOptions as Http2Options, SecureServerOptions } from 'node:http2';
import type { ServerOptions as HttpsOptions } from 'node:https';
import type { FastifyServerOptions } from 'fastify';
import { checkOptions } from '../../base/check-options.ts';
import { anything, flag, type Rules } from '../../base/check-values.ts';

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

const rules: Rules<ServerOptions> = {
  ajv: anything,
  allowErrorHandlerOverride: anything,
  allowUnsafeRegex: anything,
  caseSensitive: anything,
  childLoggerFactory: anything,
  connectionTimeout: anything,
  constraints: anything,
  disableRequestLogging: anything,
  exposeHeadRoutes: anything,
  forceCloseConnections: anything,
  genReqId: anything,
  handlerTimeout: anything,
  http: anything,
  http2: flag,
  http2SessionTimeout: anything,
  https: anything,
  ignoreDuplicateSlashes: anything,
  ignoreTrailingSlash: anything,
  keepAliveTimeout: anything,
  logController: anything,
  maxParamLength: anything,
  maxRequestsPerSocket: anything,
  onConstructorPoisoning: anything,
  onProtoPoisoning: anything,
  pluginTimeout: anything,
  querystringParser: anything,
  requestIdHeader: anything,
  requestIdLogLabel: anything,
  requestTimeout: anything,
  return503OnClosing: anything,
  rewriteUrl: anything,
  routerOptions: anything,
  schemaController: anything,
  schemaErrorFormatter: anything,
  serializerOpts: anything,
  serverFactory: anything,
  trustProxy: anything,
  useSemicolonDelimiter: anything,
};

/** @throws CortadoError `CORTADO_OPTION_UNKNOWN` where Fastify has no such option, or the app decides it: Fastify itself would say nothing. */
export function checkServerOptions(options: ServerOptions): void {
  checkOptions('App: server', options, rules);
}
