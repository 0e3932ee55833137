import type { Dependency } from '../../declare/dependency.ts';
import type { ApiInfo, DocsOptions, ErrorFormat } from '../../declare/route/api-info.ts';
import type { LoopOptions } from '../../loop/loop-guard.ts';
import type { LoggerOption } from '../log/make-logger.ts';
import type { Shared } from '../routes/routes.ts';
import type { ServerOptions } from '../server/server-options.ts';
import type { UploadOptions } from '../uploads/upload-options.ts';
import type { Lifespan } from './lifespan.ts';
import type { LimitOptions } from './limits.ts';

/** Options of an `App`. */
export interface AppOptions extends ApiInfo, Omit<Shared, 'prefix' | 'tags' | 'scopes'> {
  /** Where the documentation is served, or `false` for none. */
  readonly docs?: DocsOptions | false;
  /** How errors look on the wire and in OpenAPI. Default `fastapi`. */
  readonly errors?: ErrorFormat;
  /** Takes JSON bodies in Pydantic's lax mode, `"3"` for 3. Default `false`. */
  readonly coerceBody?: boolean;
  /**
   * What runs once around the life of the app, as FastAPI's `lifespan`: up to its `yield` when all else has started, the rest when requests
   * have ended, before anything else stops. It may return a `Disposable` instead.
   */
  readonly lifespan?: Lifespan;
  /** Refuses keys of JSON bodies and forms that their schemas of Zod do not know, as Pydantic's `extra='forbid'` does. Default `false`: they are dropped. */
  readonly forbidExtra?: boolean;
  /** Largest body in bytes. Default 1 MiB. */
  readonly bodyLimit?: number;
  /** How large uploaded files may be, and where those are that are too large for memory. */
  readonly uploads?: UploadOptions;
  /**
   * Milliseconds after which an answer is broken off whose client takes nothing of it, and its session rolled back; `Infinity` for never.
   * Default 60,000.
   */
  readonly sendTimeout?: number;
  /**
   * The path below which a proxy serves the app, `/api/v1` for example, whether it takes that away from the paths or not: for the document, cookies
   * and `ctx.rootPath`. FastAPI's `root_path`. Default: `--root-path` of the command, else what a proxy of `server.trustProxy` says by
   * `x-forwarded-prefix`.
   */
  readonly rootPath?: string;
  /** Names the root path as the first server of the document. Default `true`. */
  readonly rootPathInServers?: boolean;
  /** The hosts that the app is served as, `['example.com', '*.example.com']`; requests for others are a 400. Default: all. */
  readonly hosts?: readonly string[];
  /** Sends requests that did not come by TLS, to this app or to a trusted proxy, on to `https` (307). Default `false`. */
  readonly httpsRedirect?: boolean;
  /** Redirects (307) where only the last slash of a path is wrong, as FastAPI does. Default `true`. */
  readonly redirectSlashes?: boolean;
  /** Logger, options of pino, or `false`. Default: JSON lines on standard output. */
  readonly logger?: LoggerOption;
  /** Logs one line per answered request. Default `false`; the `cortado` command switches it on. */
  readonly accessLog?: boolean;
  /** Further options of Fastify. */
  readonly server?: ServerOptions;
  /** How the loop is guarded against code that holds it up, or `false` for not at all. Default: what takes over 100 ms is logged. */
  readonly loop?: LoopOptions | false;
  /** From when on requests are refused because the app cannot keep up. Default: none are. */
  readonly limits?: LimitOptions;
}

/** Options of `app.listen`. */
export interface ListenOptions {
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** Port; 0 takes a free one. Default 8000. */
  readonly port?: number;
}

/** What `app.use` is told about a Fastify plugin, beside the plugin's own options. */
export interface PluginGuards {
  /** Guards that stand before its routes, after those of the app. */
  readonly guards?: readonly Dependency<unknown, string>[];
}
