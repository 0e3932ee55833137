import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { FastifyContextConfig } from 'fastify';
import type { JsonSchema } from '../../schema/json/json-schema.ts';
import type { Excluded } from '../../schema/json/leave-out.ts';
import type { Around } from '../around.ts';
import type { Dependency } from '../dependency.ts';
import type { Plan } from '../plan/plan.ts';
import type { Params } from '../values.ts';
import type {
  DocumentedBody,
  DocumentedResponses,
  DocumentedServer,
  ExternalDocs,
  NameOperation,
} from './documented.ts';
import type { Media } from './media.ts';
import type { PathTemplate } from './path-template.ts';
import type { SocketDeclaration } from './socket-declaration.ts';

/** The HTTP methods that a route can have. */
export const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY'] as const;

/** An HTTP method that a route can have. */
export type Method = (typeof methods)[number];

/** What the documentation says about a route. */
export interface RouteDocs {
  /** One line. Default: made from the handler's name or the path. */
  readonly summary?: string;
  /** Markdown. */
  readonly description?: string;
  readonly tags?: readonly string[];
  /** Name of the operation for generated clients, or what makes it. Default: made from method and path. */
  readonly operationId?: string | NameOperation;
  readonly deprecated?: boolean;
  /** Description of the successful answer. Default `Successful Response`. */
  readonly responseDescription?: string;
  /** Further answers by status, `default` and `4XX` included. */
  readonly responses?: DocumentedResponses;
  /** A body that the route reads itself, or further media types of the one that its parameters declare. */
  readonly requestBody?: DocumentedBody;
  /** Requests that the app sends in return, by name: `{ paid: callback('POST', '{$request.body#/callback}', { … }) }`. */
  readonly callbacks?: Readonly<Record<string, Callback | readonly Callback[]>>;
  /** Where the route is served, in the place of the app's `servers`. */
  readonly servers?: readonly DocumentedServer[];
  readonly externalDocs?: ExternalDocs;
  /** Further members of its operation, merged into what the document says: FastAPI's `openapi_extra`. */
  readonly openapi?: Readonly<Record<string, unknown>>;
  /** `false` keeps the route out of the documentation. Default `true`. */
  readonly documented?: boolean;
}

/** What a route can be told beside its parameters. */
export interface RouteSettings extends RouteDocs {
  /** Status of a successful answer. Default 200. */
  readonly status?: number;
  /** Dependencies that run before a byte of the body is read, for their effect: authentication, rate limits. */
  readonly guards?: readonly Dependency<unknown, string>[];
  /**
   * What an answer leaves out of the models of its `response`, at every depth: `unset` what the handler's value lacks, even where the schema
   * has a default; `none` what is `null`; `defaults` what equals its default. FastAPI's `response_model_exclude_unset` and its like.
   */
  readonly exclude?: Excluded | readonly Excluded[];
  /**
   * Headers that a successful answer has, by name: checked as `ctx.setHeader` has set them, and documented. One whose schema is optional may
   * be absent. `{ 'x-total-count': z.int() }`.
   */
  readonly responseHeaders?: Readonly<Record<string, StandardSchemaV1>>;
  /** Cookies that a successful answer sets, by name: checked as `ctx.setCookie` has set them, and documented. */
  readonly responseCookies?: Readonly<Record<string, StandardSchemaV1>>;
  /** `false` takes a body that says no `content-type` for JSON. Default: the app's, `true`. */
  readonly strictContentType?: boolean;
  /** Functions around the route, the outermost first: `around(fn)`. */
  readonly around?: readonly Around[];
  /**
   * OAuth2 scopes, or roles, that a request must have: `ctx.scopes` tells the dependency that checks them, and the documentation names
   * them with the credentials that the route reads.
   */
  readonly scopes?: readonly string[];
  /** Milliseconds until the signal fires and the client gets a 504. Default: no limit. */
  readonly timeout?: number;
  /** Largest body in bytes. Default: the app's `bodyLimit`. */
  readonly bodyLimit?: number;
  /** Takes JSON bodies in Pydantic's lax mode, `"3"` for 3. Default: the app's `coerceBody`. */
  readonly coerceBody?: boolean;
  /**
   * Refuses keys of JSON bodies and forms that their schemas of Zod do not know, at every depth, as Pydantic's `extra='forbid'` does. An object with a `catchall`, `z.looseObject()` for example, has said
   * itself what it takes. Default: the app's `forbidExtra`.
   */
  readonly forbidExtra?: boolean;
  /** `false`: never refused by the app's `limits`, and not counted by them; for what watches the app. Default: they hold. */
  readonly limits?: false;
  /** What Fastify plugins read of a route, `{ rateLimit: { max: 5 } }` of `@fastify/rate-limit` for example. */
  readonly config?: FastifyContextConfig;
}

/** What a route that serves a folder tells of it. */
export interface FolderRoute {
  /** Whether there is a file for a path below the route's prefix. */
  readonly has: (path: string) => Promise<boolean>;
}

/** A route as data, not yet planned. */
export interface RouteDefinition {
  readonly method: Method;
  readonly path: string;
  readonly params: Params;
  /** Schema of a JSON answer. */
  readonly response: StandardSchemaV1 | undefined;
  /** What it answers with instead of one JSON value. */
  readonly media?: Media<unknown>;
  readonly settings: RouteSettings;
  /** That it serves the files of a folder: all other routes go before it, whatever their method. */
  readonly folder?: FolderRoute;
  /** What makes it a socket: it takes no request but a handshake. */
  readonly socket?: SocketDeclaration;
  readonly handler: (values: never, context: never) => unknown;
  /** The value that `app.get` or a router's gave for it, where a router or an app has made a copy with more of its own. */
  readonly origin?: RouteDefinition;
}

/** A planned route: what the road of a request walks, and what the documentation reads. */
export interface Route {
  readonly definition: RouteDefinition;
  /** `GET /users/{user_id}`: its name in logs and messages. */
  readonly name: string;
  readonly template: PathTemplate;
  readonly plan: Plan;
  readonly status: number;
  /** JSON Schema of the successful answer. */
  readonly output: JsonSchema | undefined;
}

/** A request that the app sends to its client, for the documentation. Made by `callback()`. */
export interface Callback {
  readonly kind: 'callback';
  readonly route: Route;
}
