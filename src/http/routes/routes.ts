import { shown } from '../../base/check-values.ts';
import { CortadoError, invalidOption } from '../../base/error.ts';
import { withStackLimit } from '../../base/with-stack-limit.ts';
import type { Around } from '../../declare/around.ts';
import { checkParams } from '../../declare/check-params.ts';
import type { Dependency } from '../../declare/dependency.ts';
import type { DocumentedResponses, NameOperation } from '../../declare/route/documented.ts';
import { isMedia, type Media } from '../../declare/route/media.ts';
import { type Callback, type Method, methods, type RouteDefinition } from '../../declare/route/route.ts';
import { isSchema } from '../../schema/standard.ts';
import { type FrontendOptions, frontendRoute, type StaticOptions, staticRoute } from '../files/folder-route.ts';
import { checkRules, routeRules, sharedRules } from './option-rules.ts';
import type { AddRoute, AddRoutes } from './route-options.ts';
import { type AddSocket, socketDefinitionOf } from './socket-options.ts';

/** What a router, an app or an inclusion adds to each of its routes. */
export interface Shared {
  readonly prefix?: string;
  /** Tags put before the routes' own. */
  readonly tags?: readonly string[];
  /** Guards that run before the routes' own. */
  readonly guards?: readonly Dependency<unknown, string>[];
  /** `false` takes bodies that say no `content-type` for JSON, as FastAPI's `strict_content_type=False`. Default `true`. */
  readonly strictContentType?: boolean;
  /** What routes answer with that say no `response`: FastAPI's `default_response_class`. Default: JSON. */
  readonly defaultResponse?: Media<unknown>;
  /** Functions around each route, outside of the routes' own. */
  readonly around?: readonly Around[];
  /** Scopes that each route asks for, besides its own. */
  readonly scopes?: readonly string[];
  /** Further answers that each route can give, for the documentation. */
  readonly responses?: DocumentedResponses;
  /** Requests that the app sends in return to each route, for the documentation. */
  readonly callbacks?: Readonly<Record<string, Callback | readonly Callback[]>>;
  /** Makes the `operationId` of each route that has none. */
  readonly operationId?: NameOperation;
  readonly deprecated?: boolean;
  readonly documented?: boolean;
  /** Refuses keys of bodies and forms that their schemas of Zod do not know. */
  readonly forbidExtra?: boolean;
}

/** The verbs, each of which hands a route on as data. App and Router have them. */
export abstract class Routes {
  /** Adds a GET route; HEAD is answered from it as well. */
  readonly get: AddRoute = this.#verb('GET');
  /** Adds a POST route. */
  readonly post: AddRoute = this.#verb('POST');
  /** Adds a PUT route. */
  readonly put: AddRoute = this.#verb('PUT');
  /** Adds a PATCH route. */
  readonly patch: AddRoute = this.#verb('PATCH');
  /** Adds a DELETE route. */
  readonly delete: AddRoute = this.#verb('DELETE');
  /** Adds a HEAD route, where the one that a GET route has does not fit. */
  readonly head: AddRoute = this.#verb('HEAD');
  /** Adds an OPTIONS route. */
  readonly options: AddRoute = this.#verb('OPTIONS');

  /** Adds a TRACE route. Browsers send none, and it should show nothing that came with the request. */
  readonly trace: AddRoute = this.#verb('TRACE');
  /** Adds a QUERY route: one that reads, as GET does, and is asked by a body. In no document before OpenAPI 3.2. */
  readonly query: AddRoute = this.#verb('QUERY');
  /**
   * Adds one route for each of some methods, with the same function: FastAPI's `api_route`.
   *
   * @throws CortadoError `CORTADO_OPTION_INVALID` for no method, or one that is none.
   * @example
   * ```ts
   * app.route(['PUT', 'PATCH'], '/items/{id}', { params: { id: z.int(), item: Item } }, ({ id, item }) => save(id, item));
   * ```
   */
  readonly route: AddRoutes = ((wanted: unknown, path: string, ...rest: readonly unknown[]) => {
    return checkedMethods(wanted, path).map((method) => this.#added(definitionOf(method, path, rest)));
  }) as unknown as AddRoutes;

  /**
   * Serves the files of a folder below a path: with types, conditions and ranges as `file()`, behind the guards, limits and logs that routes
   * have. Routes go before files. Hidden files (`.git`), links that lead out of the folder and folders are a 404. FastAPI's `StaticFiles`.
   *
   * @param prefix Path below which they are, `/static`; `/` for all paths that no route has.
   * @param folder Its path or `file:` URL.
   * @throws CortadoError `CORTADO_OPTION_INVALID` where there is no such folder, `CORTADO_OPTION_UNKNOWN`, `CORTADO_PATH_INVALID`.
   * @example
   * ```ts
   * app.static('/static', 'public', { immutable: true, guards: [signedIn] });
   * ```
   */
  static(prefix: string, folder: string | URL, options: StaticOptions = {}): this {
    this.add(staticRoute(prefix, folder, options));
    return this;
  }

  /**
   * Serves a front end that was built into a folder. Routes go before it; a path that is no file is answered with its page where a browser asks
   * for one, so that links into the front end work, and is a 404 for everybody else. Files with a hash in their name are kept for a year, all
   * others are asked for each time. FastAPI's `app.frontend`.
   *
   * @param folder Its path or `file:` URL, `dist` for example.
   * @throws CortadoError `CORTADO_OPTION_INVALID` where there is no such folder, `CORTADO_OPTION_UNKNOWN`, `CORTADO_PATH_INVALID`.
   * @example
   * ```ts
   * app.frontend('dist');
   * app.frontend('admin/dist', { prefix: '/admin', guards: [admins] });
   * ```
   */
  frontend(folder: string | URL, options: FrontendOptions = {}): this {
    this.add(frontendRoute(folder, options));
    return this;
  }

  /**
   * Adds a web socket. Its inputs, guards, schemes and dependencies are those of a route, all before the handshake is answered; its messages
   * are checked by `incoming` and `outgoing`, and each is a unit of work.
   *
   * @param path As of a route; a GET route may have the same one.
   * @param args Options; then the function, which gets the inputs, the socket and the context of the handshake. The socket is closed when it ends: with 1000, with the
   * code of a {@link SocketError}, with 4400 to 4499 for an `HttpError` of that kind, else with 1011.
   * @throws CortadoError `CORTADO_PARAM_INVALID`, `CORTADO_OPTION_INVALID`, `CORTADO_OPTION_UNKNOWN`; `CORTADO_DEPENDENCY_SCOPE` for a dependency
   * that would hold a transaction as long as the client stays: those of each message are `each`.
   * @example
   * ```ts
   * app.socket(
   *   '/rooms/{room}',
   *   { params: { room: z.string() }, incoming: Say, outgoing: Said, each: { session: db.session } },
   *   async ({ room }, socket) => {
   *     for await (const { message, session } of socket) await socket.send(await save(session, room, message));
   *   },
   * );
   * ```
   */
  readonly socket: AddSocket = ((path: string, ...rest: readonly unknown[]) =>
    this.#added(socketDefinitionOf(path, rest))) as unknown as AddSocket;

  protected abstract add(definition: RouteDefinition): void;

  #verb(method: Method): AddRoute {
    return ((path: string, ...rest: readonly unknown[]) =>
      this.#added(definitionOf(method, path, rest))) as unknown as AddRoute;
  }

  #added(definition: RouteDefinition): RouteDefinition {
    // What does not fit is told with the line of the app that declares it, which lies a dozen frames below.
    withStackLimit(50, () => this.add(definition));
    return definition;
  }
}

function checkedMethods(wanted: unknown, path: string): readonly Method[] {
  const known = methods.join(', ');
  if (!Array.isArray(wanted) || wanted.length === 0)
    throw invalidOption(`route(): the methods of ${path} are a list, ['GET', 'POST'] for example, of ${known}.`);
  for (const one of wanted as readonly unknown[])
    if (!(methods as readonly unknown[]).includes(one))
      throw invalidOption(`route(): ${path} cannot have the method ${shown(one)}: there are ${known}.`);
  return wanted as Method[];
}

function definitionOf(method: Method, path: string, rest: readonly unknown[]): RouteDefinition {
  const owner = `${method} ${path}`;
  const [options, handler] = (rest.length > 1 ? rest : [{}, rest[0]]) as [Record<string, unknown>, unknown];
  if (typeof handler !== 'function' || typeof options !== 'object' || options === null || rest.length > 2) {
    const handlers = rest.filter((argument) => typeof argument === 'function').length;
    // As Express has it; all but one would be forgotten.
    const advice = handlers > 1 ? ' What runs before the handler is a guard: { guards: [dependency(fn)] }.' : '';
    throw invalidOption(`${owner}: expected (path, handler) or (path, options, handler).${advice}`);
  }
  checkParams(owner, options['params']);
  checkRules(owner, options, routeRules);
  const { params = {}, response, ...settings } = options;
  if (response !== undefined && !isSchema(response) && !isMedia(response)) {
    throw invalidOption(
      `${owner}: response must be a Standard Schema (z.object({ … }) for example), eventStream(), jsonLines() or content().`,
    );
  }
  return {
    method,
    path,
    params: params as RouteDefinition['params'],
    response: isMedia(response) ? undefined : response,
    ...(isMedia(response) && { media: response }),
    settings,
    handler: handler as RouteDefinition['handler'],
  };
}

/** A route as it is once what it was included by has been added. */
export function withShared(definition: RouteDefinition, shared: Shared): RouteDefinition {
  const { settings } = definition;
  const tags = [...(shared.tags ?? []), ...(settings.tags ?? [])];
  const deprecated = settings.deprecated ?? shared.deprecated;
  const documented = settings.documented ?? shared.documented;
  const operationId = settings.operationId ?? shared.operationId;
  const callbacks = { ...shared.callbacks, ...settings.callbacks };
  const strictContentType = settings.strictContentType ?? shared.strictContentType;
  const media = definition.media ?? (definition.response === undefined ? shared.defaultResponse : undefined);
  const forbidExtra = settings.forbidExtra ?? shared.forbidExtra;
  const scopes = [...new Set([...(shared.scopes ?? []), ...(settings.scopes ?? [])])];
  return {
    ...definition,
    origin: definition.origin ?? definition,
    path: `${shared.prefix ?? ''}${definition.path}`,
    ...(media && { media }),
    settings: {
      ...settings,
      tags,
      guards: [...(shared.guards ?? []), ...(settings.guards ?? [])],
      around: [...(shared.around ?? []), ...(settings.around ?? [])],
      responses: { ...shared.responses, ...settings.responses },
      ...(scopes.length > 0 && { scopes }),
      ...(operationId !== undefined && { operationId }),
      ...(Object.keys(callbacks).length > 0 && { callbacks }),
      ...(strictContentType !== undefined && { strictContentType }),
      ...(deprecated !== undefined && { deprecated }),
      ...(documented !== undefined && { documented }),
      ...(forbidExtra !== undefined && { forbidExtra }),
    },
  };
}

export function checkShared(owner: string, shared: Shared): void {
  checkRules(owner, shared, sharedRules);
  const { prefix = '' } = shared;
  if (prefix === '' || (prefix.startsWith('/') && !prefix.endsWith('/'))) return;
  throw new CortadoError(
    'CORTADO_PATH_INVALID',
    `${owner}: prefix "${prefix}" must start with "/" and must not end with "/".`,
  );
}
