import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyPluginAsync, FastifyPluginCallback, FastifyPluginOptions } from 'fastify';
import { asyncApiRoute } from '../../asyncapi/async-api-route.ts';
import {
  type AsyncApiDocument,
  type DescribedMessages,
  describeMessages,
  hasMessages,
  type Told,
  withServers,
} from '../../asyncapi/document.ts';
import type { ServerPlace } from '../../asyncapi/servers.ts';
import { checkOptions } from '../../base/check-options.ts';
import { dependencies, shown } from '../../base/check-values.ts';
import { CortadoError, invalidOption } from '../../base/error.ts';
import type { Logger } from '../../base/logger.ts';
import { nodeHttp } from '../../base/node-http.ts';
import { isCommand, type ProcessSettings, processSettings } from '../../base/process/process-settings.ts';
import { isAround } from '../../declare/around.ts';
import { type Dependency, isDependency } from '../../declare/dependency.ts';
import type { AddressArguments, AddressOptions, Endpoint } from '../../declare/route/endpoint.ts';
import type { Media } from '../../declare/route/media.ts';
import type { Route, RouteDefinition } from '../../declare/route/route.ts';
import type { SocketDefinition, SocketRoute } from '../../declare/socket/socket.ts';
import type { Params } from '../../declare/values.ts';
import { type Component, type ComponentParts, component, type Gauge, isComponent } from '../../inject/component.ts';
import { Container } from '../../inject/container.ts';
import { LoopGuard } from '../../loop/loop-guard.ts';
import { type OpenApiDocument, openApiDocument, withRootPath } from '../../openapi/document.ts';
import { docsPaths, docsRoutes } from '../../openapi/pages/docs-routes.ts';
import { mayCompile } from '../../schema/library/zod-compiler.ts';
import { type ErrorClass, type ErrorHandlerResult, ErrorHandlers } from '../errors/error-handlers.ts';
import { Refusals } from '../errors/refusals.ts';
import { FastPaths } from '../fast/fast-paths.ts';
import { KnownHeads, knownHeads } from '../fast/known-heads.ts';
import { logRequests } from '../log/access-log.ts';
import { makeLogger } from '../log/make-logger.ts';
import { SecretHeaders } from '../log/secret-headers.ts';
import type { InnerApp, Mount, OuterApp } from '../mounts/inner-app.ts';
import type { MountOptions } from '../mounts/mount-options.ts';
import type { Mounted } from '../mounts/mount-target.ts';
import { Mounts } from '../mounts/mounts.ts';
import { Webhooks } from '../outgoing/webhooks.ts';
import { Addresses } from '../request/addresses.ts';
import type { RequestContext } from '../request/context.ts';
import { OpenRequests } from '../request/open-requests.ts';
import { forwardedPrefix, givenRootPath, type Trusts } from '../request/root-path.ts';
import { Signals } from '../request/signals.ts';
import { jsonHeaders } from '../respond/json.ts';
import { aroundForeign } from '../road/around-foreign.ts';
import { guardRequests } from '../road/guard-requests.ts';
import { type OffRoad, prepareOffRoad } from '../road/off-road.ts';
import type { PreparedRoute, RouteEnvironment } from '../road/passage.ts';
import { prepareRoute } from '../road/prepared-route.ts';
import { checkScopes } from '../routes/check-scopes.ts';
import { expected, misuseOf } from '../routes/misused.ts';
import { nameOpenRoutes } from '../routes/name-open-routes.ts';
import { nameUndocumented } from '../routes/name-undocumented.ts';
import { checkAppOptions, checkClose, checkListen } from '../routes/option-rules.ts';
import { type InputRules, planArounds, planGuards, planRoute } from '../routes/plan-route.ts';
import { checkIncluded, Router } from '../routes/router.ts';
import { Routes, type Shared, withShared } from '../routes/routes.ts';
import { UniqueRoutes } from '../routes/unique-routes.ts';
import { makeServer } from '../server/server.ts';
import { ServerHolder } from '../server/server-holder.ts';
import { checkServerOptions } from '../server/server-options.ts';
import { trustsOf, trustsOfProcess } from '../server/trust-proxy.ts';
import { routeUpgrades } from '../server/upgrades.ts';
import { Sockets } from '../sockets/sockets.ts';
import { type CloseOptions, type StopReport, type StopStages, stopInOrder } from '../stop/stop.ts';
import { followSignals, forgetSignals } from '../stop/stop-on-signals.ts';
import { Uploads } from '../uploads/uploads.ts';
import type { AppOptions, ListenOptions, PluginGuards } from './app-options.ts';
import { disposableParts, isDisposable } from './disposable-parts.ts';
import { innerLateness, Lifecycle } from './lifecycle.ts';
import { lifespanParts } from './lifespan.ts';
import { Limits } from './limits.ts';
import { observeRequests } from './observe-requests.ts';
import { registerMounts } from './register-mounts.ts';
import { type Registered, registerRoutes } from './register-routes.ts';
import { registerSockets } from './register-sockets.ts';
import { hintAtSilentExit } from './silent-exit.ts';

const defaultBodyLimit = 1024 * 1024;
const defaultSendTimeout = 60_000;

/**
 * An application: routes, what they share, and its life from start to stop.
 *
 * @throws CortadoError at registration, wherever a route, dependency or option does not fit; the message names the culprit.
 * @example
 * ```ts
 * const app = new App({ title: 'Coffee bar' });
 * app.get('/orders/{order_id}', { params: { order_id: z.int() } }, ({ order_id }) => ({ order_id }));
 * await app.listen({ port: 8000 });
 * ```
 */
export class App extends Routes {
  /** Tells an App from other values, whichever copy of Cortado made it. */
  readonly '~app' = true;
  /** The app's logger. */
  readonly log: Logger;
  /** Requests that the app sends to those who asked for them elsewhere: documented, not served. FastAPI's `app.webhooks`. */
  readonly webhooks: Webhooks = new Webhooks(() => {
    this.#document = undefined;
  });
  readonly #options: AppOptions;
  readonly #settings: ProcessSettings = processSettings();
  readonly #secrets = new SecretHeaders();
  readonly #unique = new UniqueRoutes();
  readonly #container: Container;
  readonly #lifecycle = new Lifecycle();
  readonly #holders: { prepared: PreparedRoute }[] = [];
  readonly #pluginGuards: { readonly plan: () => OffRoad; planned: OffRoad }[] = [];
  readonly #environment: RouteEnvironment;
  readonly #servers: ServerHolder;
  readonly #fast = new FastPaths(this.#settings.fastPaths);
  readonly #limits: Limits | undefined;
  readonly #made: ReturnType<typeof hintAtSilentExit>;
  readonly #mounts: Mounts;
  readonly #sockets: Sockets;
  readonly #trusts: Trusts | undefined;
  readonly #rootPath: string | undefined;
  #outer: OuterApp | undefined;
  #everywhere: OffRoad | undefined;
  #signals: CloseOptions | undefined;
  #listens = false;
  #hasLifespan = false;
  #ready: Promise<void> | undefined;
  #closing: Promise<StopReport> | undefined;
  #document: OpenApiDocument | undefined;
  #messages: DescribedMessages | undefined;
  #servesMessages = false;

  constructor(options: AppOptions = {}) {
    super();
    this.#made = hintAtSilentExit(this.#settings.mode);
    checkAppOptions(options);
    checkServerOptions(options.server ?? {});
    this.#options = options;
    this.log = makeLogger(options.logger, this.#settings, this.#secrets);
    this.#container = new Container(this.log);
    const { errors = 'fastapi', bodyLimit = defaultBodyLimit, sendTimeout = defaultSendTimeout, server = {} } = options;
    const uploads = new Uploads(options.uploads ?? {}, this.log);
    this.#lifecycle.add(uploads);
    const heads = this.#fast.fits(knownHeads, nodeHttp, process.versions.node)
      ? new KnownHeads(jsonHeaders)
      : undefined;
    this.#environment = {
      jsonHeads: heads,
      container: this.#container,
      errorHandlers: new ErrorHandlers(),
      errorFormat: errors,
      bodyLimit,
      sendTimeout,
      uploads,
      signals: new Signals(),
      addresses: new Addresses(() => [...this.routes, ...this.sockets]),
      refusals: new Refusals(this.log),
      requests: new OpenRequests(),
    };
    this.#trusts = trustsOf(server.trustProxy) ?? trustsOfProcess(this.#settings.forwardedAllowIps);
    this.#rootPath = givenRootPath(options.rootPath ?? this.#settings.rootPath);
    const trusts: Trusts = (address, hop) => (this.#trusts ?? this.#outer?.trusts)?.(address, hop) === true;
    this.#servers = new ServerHolder(() =>
      makeServer({
        options: server,
        logger: this.log,
        bodyLimit,
        exit: this.#environment,
        fast: this.#fast,
        arrivals: { hosts: options.hosts, httpsRedirect: options.httpsRedirect === true },
        trusts,
        rootPath: (raw) => this.#rootPath ?? forwardedPrefix(raw, trusts),
        stripped: this.#rootPath ?? '',
        wantsUpgrade: (raw) => this.#wantsUpgrade(raw) || this.#hasForeignUpgrades(),
        hasSockets: () => this.#sockets.areThere,
      }),
    );
    this.#mounts = new Mounts({
      environment: this.#environment,
      guards: options.guards ?? [],
      outer: { trusts, rootPath: () => this.rootPath },
      isHttp2: server.http2 === true,
      add: (parts) => this.#lifecycle.add(parts),
    });
    this.#sockets = new Sockets(this.#environment, () => this.#inputRules, this.#rootPath ?? '', this.#fast);
    this.#everywhere = this.#planEverywhere();
    this.#container.onOverride(() => this.#planAgain());
    if (options.limits !== undefined) this.#lifecycle.add((this.#limits = new Limits(options.limits)));
    if (options.loop !== false)
      this.#lifecycle.add(new LoopGuard(options.loop ?? {}, this.log, this.#settings.watchdog));
    if (options.docs !== false)
      for (const route of docsRoutes(
        options.docs ?? {},
        (rootPath) => this.#documentBelow(rootPath),
        () => this.#servesMessages,
      ))
        this.#addShared(route);
  }

  /**
   * The Fastify instance underneath, for whatever Cortado does not do itself. An app that starts again after a stop has a new one, so use
   * plugins with `app.use`, which does so for each.
   */
  get server(): FastifyInstance {
    this.#isUsed();
    return this.#servers.current;
  }

  /** What is mounted, in the order of its declaration. */
  get mounts(): readonly Mount[] {
    return this.#mounts.holders.map(({ mount }) => mount);
  }

  /**
   * The path below which the app lies, as far as it is known without a request: its `rootPath`, or that of the app it is mounted in and the
   * prefix. Empty where it is none.
   */
  get rootPath(): string {
    return this.#outer?.rootPath() ?? this.#rootPath ?? '';
  }

  /** The planned routes, in the order of their declaration. */
  get routes(): readonly Route[] {
    return this.#holders.map(({ prepared }) => prepared.route);
  }

  /** The planned sockets, in the order of their declaration. */
  get sockets(): readonly SocketRoute[] {
    return this.#sockets.routes;
  }

  /**
   * The path of a route or socket, below the root path, with a query string of the inputs that belong there. FastAPI's `app.url_path_for`, which takes a name where this
   * takes the route itself.
   *
   * @param endpoint What `app.get` or a router's returned.
   * @param args The inputs of its path and its query string; then `{ prefix }` where its router is included more than once.
   * @throws CortadoError `CORTADO_PATH_PARAMETER`, `CORTADO_OPTION_UNKNOWN`, `CORTADO_OPTION_INVALID`; `CORTADO_LIFECYCLE` for a route of another app.
   * @example
   * ```ts
   * const showOrder = app.get('/orders/{id}', { params: { id: z.int() } }, ({ id }) => load(id));
   * app.urlFor(showOrder, { id: 3 }); // /orders/3
   * ```
   */
  urlFor<S extends string, P extends Params>(
    endpoint: Endpoint<S, P>,
    ...args: AddressArguments<S, P, AddressOptions>
  ): string {
    const [inputs = {}, where = {}] = args;
    return `${this.rootPath}${this.#environment.addresses.addressOf(endpoint, inputs, where)}`;
  }

  /** Finds the planned route of a value, for the test client. */
  '~routeOf'(endpoint: RouteDefinition, where: AddressOptions): Route {
    return this.#environment.addresses.routeOf(endpoint, where);
  }

  /** Path of the documentation's page, `undefined` when there is none. */
  get docsPath(): string | undefined {
    const { swagger, redoc } = docsPaths(this.#options.docs ?? {});
    return swagger || redoc || undefined;
  }

  /**
   * The OpenAPI document, made from the same plans that requests walk. It is frozen: what it says is declared.
   *
   * @throws CortadoError where what was declared for it does not fit together, two operations of one name for example.
   */
  openapi(): OpenApiDocument {
    this.#isUsed();
    return this.#documentBelow(this.rootPath);
  }

  /**
   * The AsyncAPI document: sockets, event streams, channels and tasks, from the same plans. It is frozen. Its servers are those that the app
   * names; else the host is a variable, where `/asyncapi.json` has the one that it was asked at.
   *
   * @throws CortadoError where what was declared for it does not fit together.
   */
  asyncapi(): AsyncApiDocument {
    this.#isUsed();
    return this.#messagesAt({ rootPath: this.rootPath, asked: undefined });
  }

  #messagesAt({ rootPath, asked }: ServerPlace): AsyncApiDocument {
    const described = this.#messages ?? describeMessages(this.#options, this.#told());
    // Tasks may be declared up to the start.
    if (this.#ready !== undefined) this.#messages = described;
    const shown = this.#options.rootPathInServers === false ? '' : rootPath;
    return withServers(described, this.#options, { rootPath: shown, asked });
  }

  #told(): Told {
    const { sockets, routes } = this;
    return { sockets, routes, channels: this.#lifecycle.channels, errors: this.#environment.errorFormat };
  }

  // What there is to tell of is known once all has been declared.
  #serveMessages(): void {
    const { asyncapi } = docsPaths(this.#options.docs ?? {});
    if (asyncapi === false || this.#servesMessages || !hasMessages(this.#told())) return;
    this.#servesMessages = true;
    this.#place(asyncApiRoute(asyncapi, (place) => this.#messagesAt(place)));
  }

  #documentBelow(rootPath: string): OpenApiDocument {
    this.#document ??= openApiDocument(this.#options, {
      routes: this.routes,
      webhooks: this.webhooks.routes,
      errors: this.#environment.errorFormat,
    });
    return this.#options.rootPathInServers === false
      ? this.#document
      : withRootPath(this.#document, rootPath, this.#options.servers);
  }

  /**
   * Includes a router's routes.
   *
   * @example
   * ```ts
   * app.include(users, { prefix: '/v1' });
   * ```
   */
  include(router: Router, shared: Shared = {}): this {
    checkIncluded('app.include', router, shared);
    for (const definition of router.routes()) this.add(withShared(definition, shared));
    return this;
  }

  /**
   * Uses a component (a database, a queue), a Fastify plugin, an app-scoped dependency, which is then opened at the start though nobody asks
   * for it, or anything disposable, which is disposed of when the app stops.
   *
   * @example
   * ```ts
   * app.use(db, { createSchema: true });
   * app.use(cors, { origin: 'https://example.com' });
   * app.use(serveStatic, { root: '/srv/files' }, { guards: [signedIn] });
   * ```
   * @param about Guards that a plugin's routes stand behind, after those of the app, which alone it has with `[]`; the plugin is in a scope of
   * its own then, so that what it decorates is for its own routes. Without them its routes are open, whatever guards the app has.
   */
  use<Options>(component: Component<Options>, options?: Options): this;
  use<Options extends FastifyPluginOptions>(
    plugin: FastifyPluginCallback<Options>,
    options?: Options,
    about?: PluginGuards,
  ): this;
  use<Options extends FastifyPluginOptions>(
    plugin: FastifyPluginAsync<Options>,
    options?: Options,
    about?: PluginGuards,
  ): this;
  use(dependency: Dependency<unknown, string>): this;
  use(disposable: AsyncDisposable | Disposable): this;
  use(thing: unknown, options: unknown = {}, about: PluginGuards = {}): this {
    if (thing instanceof Router) throw invalidOption('app.use(): a Router is included: app.include(router).');
    checkOptions('app.use()', about, { guards: dependencies });
    if (about.guards !== undefined && (isComponent(thing) || typeof thing !== 'function'))
      throw invalidOption('app.use(): guards are for the routes of a Fastify plugin.');
    const misuse = isComponent(thing) ? undefined : misuseOf('app.use', thing, options);
    if (misuse !== undefined) throw invalidOption(`app.use(): ${misuse}`);
    if (isComponent(thing))
      this.#useParts(
        thing[component](
          {
            title: this.#options.title ?? 'Cortado',
            log: this.log,
            settings: this.#settings,
            container: this.#container,
            notReady: () => this.notReady(),
            check: () => this.#lifecycle.check(),
            measure: () => this.#measure(),
            observe: (listener) => this.#lifecycle.observe(listener),
          },
          options,
        ),
      );
    else if (isDependency(thing)) this.#useDependency(thing);
    else if (isDisposable(thing)) this.#lifecycle.add(disposableParts(thing));
    else if (typeof thing === 'function')
      this.#usePlugin(thing as FastifyPluginCallback, options as FastifyPluginOptions, about);
    else throw invalidOption(`app.use(): ${expected}, not ${shown(thing)}.`);
    return this;
  }

  /**
   * Hands all requests below a prefix on: to another App, which keeps its own routes, errors, documentation, guards and limits, and starts and stops
   * with this one; to a fetch handler, Hono for example; to an Express or Connect app; or to a service elsewhere, by `proxy(url)`. The prefix is
   * taken away. Routes of the app that name a place more exactly win.
   *
   * @param prefix `/old` for example; `/` for all that the app has no route for.
   * @throws CortadoError `CORTADO_PATH_INVALID`, `CORTADO_ROUTE_DUPLICATE`, `CORTADO_OPTION_UNKNOWN`, `CORTADO_OPTION_INVALID`; `CORTADO_LIFECYCLE`
   * once the app has started.
   * @example
   * ```ts
   * app.mount('/admin', admin, { guards: [onlyAdmins] });
   * app.mount('/', proxy('http://127.0.0.1:9000'), { timeout: 10_000 });
   * ```
   */
  mount(prefix: string, other: Mounted, options: MountOptions = {}): this {
    if (this.#ready !== undefined)
      throw new CortadoError(
        'CORTADO_LIFECYCLE',
        `What is mounted at ${prefix} must be mounted before the app starts.`,
      );
    this.#mounts.add(prefix, other, options, this);
    return this;
  }

  /**
   * Answers errors of a class (its subclasses included) or of a status with a response of your own. `Error` itself stands for what nobody
   * expected, as `Exception` does in FastAPI: an `HttpError`, a 422 or an unknown path is for its own class or status.
   *
   * @example
   * ```ts
   * app.onError(OutOfBeans, (error) => Response.json({ message: error.message }, { status: 418 }));
   * ```
   */
  onError<E = unknown>(
    key: ErrorClass<E> | number,
    handler: (error: E, context: RequestContext) => ErrorHandlerResult,
  ): this {
    this.#environment.errorHandlers.add(key, handler as (error: never, context: RequestContext) => ErrorHandlerResult);
    return this;
  }

  /**
   * Puts another dependency or function in a dependency's place, for tests; dispose of the result to undo it.
   *
   * @example
   * ```ts
   * using _ = app.override(currentUser, () => ({ name: 'Ada' }));
   * ```
   */
  override<T>(dependency: Dependency<T, string>, fake: Dependency<T, string> | (() => T | Promise<T>)): Disposable {
    return this.#container.override(dependency, fake);
  }

  /** Starts everything but the listening; `listen` and the test client call it. An app that was closed, or failed to start, can start again. */
  ready(): Promise<void> {
    this.#isUsed();
    this.#ready ??= this.#start();
    return this.#ready;
  }

  /**
   * Starts the app and listens; resolves to its address, `http://127.0.0.1:8000`.
   *
   * @throws what a component or dependency throws at its start, and Node's error where the port is in use.
   */
  async listen(...args: [options?: ListenOptions]): Promise<string> {
    const [options = {}] = args;
    checkListen(args);
    if (this.#outer !== undefined)
      throw new CortadoError(
        'CORTADO_LIFECYCLE',
        'app.listen(): it is mounted in another app, which listens for both.',
      );
    this.#listens = true;
    await this.ready();
    return this.server.listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 8000 });
  }

  /** Whether something has asked it to listen, for commands that do so themselves. */
  get '~listens'(): boolean {
    return this.#listens;
  }

  /**
   * Stops the app in order on SIGTERM, SIGINT or SIGHUP, and then ends the process with exit code 0, or 1 where something was cut: for an
   * app that plain `node` runs, one that only works off tasks included. A second signal ends the process at once. Signals are followed from
   * the start of the app to the end of its stop; several apps of a process stop side by side. Under the `cortado` command, which stops the
   * app itself, nothing is done.
   *
   * @param options As for `close`, milliseconds; its `deadline` is 8,000 by default, as Docker kills after ten seconds.
   * @example
   * ```ts
   * if (import.meta.main) await app.stopOnSignals().listen({ port: 8000 });
   * ```
   */
  stopOnSignals(options: CloseOptions = {}): this {
    checkClose('app.stopOnSignals()', options);
    if (isCommand()) return this;
    this.#signals = options;
    if (this.isStarted) followSignals(this, options);
    return this;
  }

  /**
   * Stops in order, and tells what was cut: not ready, no new connections, requests in flight finish, then the work that they deferred;
   * components stop (queues end their tasks), last used first; app-scoped dependencies close.
   */
  close(options: CloseOptions = {}): Promise<StopReport> {
    checkClose('app.close()', options);
    this.#closing ??= this.#stop(this.#ready, options).finally(() => {
      this.#closing = undefined;
    });
    this.#ready = undefined;
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** What is open right now: requests in flight, for tests and for the report of a stop. */
  get openRequests(): number {
    return this.#environment.requests.total;
  }

  /** Resolves once no request is open and all work that requests deferred is done. */
  idle(): Promise<void> {
    return this.#environment.requests.idle();
  }

  /** Why the app cannot serve right now; empty when it can. */
  notReady(): readonly string[] {
    if (this.#closing !== undefined) return ['the app stops'];
    if (!this.#lifecycle.isStarted) return ['the app has not started'];
    return [...this.#lifecycle.notReady(), ...this.#environment.refusals.recent()];
  }

  /** Whether it has started, and has not begun to stop. */
  get isStarted(): boolean {
    return this.#closing === undefined && this.#lifecycle.isStarted;
  }

  /** The components that the app uses, for commands that look for one of a kind. */
  get used(): readonly object[] {
    return [...this.#lifecycle.used, ...this.#mounts.used];
  }

  /** What the app and its components measure. */
  gauges(): readonly Gauge[] {
    const { refusals, requests } = this.#environment;
    const own = [...requests.gauges(), ...refusals.gauges(), ...this.#sockets.gauges()];
    return [...this.#lifecycle.gauges(this.#unmeasured), ...own];
  }

  protected override add(definition: RouteDefinition): void {
    const { defaultResponse } = this.#options;
    this.#addShared(definition, defaultResponse);
  }

  // What answers without a `response` in the routes of a component or of the document is no affair of the app's own default.
  #addShared(definition: RouteDefinition, defaultResponse?: Media<unknown>): void {
    if (this.#ready !== undefined)
      throw new CortadoError(
        'CORTADO_LIFECYCLE',
        `${definition.method} ${definition.path} must be added before the app starts.`,
      );
    this.#place(definition, defaultResponse);
  }

  #place(definition: RouteDefinition, defaultResponse?: Media<unknown>): void {
    const { guards, around, responses, callbacks, operationId, deprecated, documented, strictContentType } =
      this.#options;
    const shared = {
      ...(guards && { guards }),
      ...(around && { around }),
      ...(responses && { responses }),
      ...(callbacks && { callbacks }),
      ...(operationId && { operationId }),
      ...(deprecated && { deprecated }),
      ...(strictContentType !== undefined && { strictContentType }),
      ...(defaultResponse && { defaultResponse }),
      ...(documented !== undefined && { documented }),
    };
    const whole = withShared(definition, shared);
    if (whole.socket !== undefined) this.#addSocket(whole as SocketDefinition);
    else this.#addRoute(whole);
    this.#forget();
  }

  #addSocket(definition: SocketDefinition): void {
    if (this.#options.server?.http2 === true && !this.#takesHttp1)
      throw invalidOption(
        `SOCKET ${definition.path}: web sockets come over HTTP/1.1, which this app does not serve: server: { http2: true, https: { allowHTTP1: true, … } }.`,
      );
    const route = this.#sockets.add(definition);
    checkScopes(route);
    this.#secrets.learn(route.plan);
  }

  get #takesHttp1(): boolean {
    return (this.#options.server?.https as { readonly allowHTTP1?: boolean } | undefined)?.allowHTTP1 === true;
  }

  #addRoute(definition: RouteDefinition): void {
    const route = this.#plan(definition);
    checkScopes(route);
    this.#secrets.learn(route.plan);
    const prepared = prepareRoute(route, this.#environment);
    this.#unique.add(route);
    this.#holders.push({ prepared });
  }

  #plan(definition: RouteDefinition): Route {
    return planRoute(definition, this.#container, this.#inputRules);
  }

  get #inputRules(): InputRules {
    const { coerceBody = false, forbidExtra = false, server } = this.#options;
    const nestedQuery = (server?.routerOptions?.querystringParser ?? server?.querystringParser) !== undefined;
    return { coerceBody, forbidExtra, nestedQuery };
  }

  #isUsed(): void {
    if (this.#made !== undefined) this.#made.used = true;
  }

  #usePlugin(plugin: FastifyPluginCallback, options: FastifyPluginOptions, { guards }: PluginGuards): void {
    if (guards === undefined) {
      this.#servers.register(plugin, options);
      return;
    }
    const plan = (): OffRoad => {
      const owner = `plugin ${plugin.name || 'without a name'}`;
      const all = [...(this.#options.guards ?? []), ...guards];
      const planned = planGuards(owner, all, this.#container);
      this.#secrets.learn(planned);
      return prepareOffRoad(planned);
    };
    const holder = { plan, planned: plan() };
    this.#pluginGuards.push(holder);
    this.#servers.registerBehind(
      guardRequests(() => holder.planned, this.#environment),
      plugin,
      options,
    );
  }

  #planAgain(): void {
    for (const holder of this.#pluginGuards) holder.planned = holder.plan();
    this.#everywhere = this.#planEverywhere();
    this.#mounts.planAgain();
    this.#sockets.planAgain();
    for (const holder of this.#holders)
      holder.prepared = prepareRoute(this.#plan(holder.prepared.route.definition), this.#environment);
    this.#forget();
  }

  #forget(): void {
    this.#document = undefined;
    this.#messages = undefined;
    this.#environment.addresses.forget();
  }

  #useParts(parts: ComponentParts): void {
    this.#lifecycle.add(parts);
    for (const dependency of parts.dependencies ?? []) this.#container.add(dependency);
    for (const route of parts.routes ?? []) this.#addShared(route);
  }

  #useDependency(dependency: Dependency<unknown, string>): void {
    if (this.#ready !== undefined)
      throw new CortadoError('CORTADO_LIFECYCLE', `"${dependency.name}" must be used before the app starts.`);
    this.#container.add(dependency);
  }

  /** The functions that stand around what is no route of the app; `undefined` where there are none. */
  #planEverywhere(): OffRoad | undefined {
    const all = (this.#options.around ?? []).filter((one) => isAround(one) && one.everywhere);
    return all.length === 0 ? undefined : prepareOffRoad(planArounds(all, this.#container));
  }

  // Before the plugins register their routes, which take the hooks that are there.
  #standAround(): void {
    if (this.#everywhere === undefined) return;
    const { fastify, hooks } = this.#servers.made;
    const { onRequest, onSend } = aroundForeign(() => this.#everywhere!, this.#environment);
    const add = (): void => void fastify.addHook('onRequest', onRequest).addHook('onSend', onSend);
    if (hooks === undefined) add();
    else hooks.quietly(add);
  }

  // Behind all that the app uses, however late that came: so it starts last, and stops first.
  #useLifespan(): void {
    const { lifespan } = this.#options;
    if (lifespan === undefined || this.#hasLifespan) return;
    this.#hasLifespan = true;
    this.#lifecycle.add(lifespanParts(lifespan, this.log));
  }

  async #start(): Promise<void> {
    await this.#closing?.catch(() => {});
    if (this.#signals !== undefined && this.#outer === undefined) followSignals(this, this.#signals);
    try {
      this.#serveMessages();
      const { server } = this;
      const { observer } = this.#lifecycle;
      if (observer !== undefined) observeRequests(this.#servers.made, observer);
      // The app that it is mounted in has a line for each.
      const isLogged = this.#options.accessLog ?? this.#settings.accessLog;
      if (this.#outer === undefined && isLogged) logRequests(server);
      this.#standAround();
      const registered: Registered = {
        holders: this.#holders,
        environment: this.#environment,
        limits: this.#limits,
        redirectSlashes: this.#options.redirectSlashes ?? true,
        sockets: this.#sockets.holders,
        hasSocket: (path) => this.#sockets.has(path),
        made: this.#servers.made,
      };
      // Last, so that the hooks of every plugin cover these routes.
      void server.register(async (scope) => {
        registerRoutes(scope, registered);
        registerSockets(scope, registered);
        registerMounts(scope, registered, this.#mounts.holders);
      });
      if (this.#outer === undefined && this.#takesUpgrades) routeUpgrades(server, (raw) => this.#wantsUpgrade(raw));
      await this.#sockets.start(isLogged);
      this.#useLifespan();
      await this.#lifecycle.start();
      await this.#container.start();
      await server.ready();
      this.#fast.report(this.log);
      if (!mayCompile())
        this.log.info(
          'schemas of Zod are not compiled, and checked more slowly: it is jitless, or Node may not generate code',
        );
      this.#lifecycle.ready();
      nameOpenRoutes(this.log, this.#lifecycle.sensitive, this.routes);
      if ((this.#options.guards ?? []).length > 0) this.#servers.made.foreign.nameOpen(this.log);
      if (this.#options.docs !== false) nameUndocumented(this.log, this.routes, this.#options.openapiVersion);
    } catch (error) {
      await this.#lifecycle.stop(AbortSignal.abort()).catch(() => {});
      await this.#container.stop().catch(() => {});
      await this.#servers.close().catch(() => {});
      this.#ready = undefined;
      forgetSignals(this);
      throw error;
    }
  }

  /** @param overdue Fires at the deadline of the app that this one is mounted in. */
  async #stop(started: Promise<void> | undefined, options: CloseOptions, overdue?: AbortSignal): Promise<StopReport> {
    const { deadline = 10_000 } = options;
    await started?.catch(() => {});
    const { requests, signals } = this.#environment;
    const stages: StopStages = {
      requests,
      closeServer: (overdue) => this.#servers.close(options, overdue),
      abort: (reason) => signals.cut(reason),
      hangUp: () => {
        this.#sockets.hangUp();
        this.#servers.hangUp();
      },
      stopComponents: (signal, late) => this.#lifecycle.stop(signal, late, overdue && innerLateness),
    };
    try {
      this.#beginStop();
      const { ms, cut: own } = await stopInOrder(stages, overdue ?? deadline);
      const cut = [...own, ...this.#mounts.takeCut()];
      if (cut.length > 0 && overdue === undefined)
        this.log.warn({ cut }, `the stop cut what was not done in ${deadline} ms`);
      return { ms, cut };
    } finally {
      requests.isStopping = false;
      signals.reset();
      try {
        await this.#container.stop();
      } finally {
        forgetSignals(this);
      }
    }
  }

  #beginStop(): void {
    const { requests, signals } = this.#environment;
    if (requests.isStopping) return;
    requests.isStopping = true;
    signals.stop();
    this.#lifecycle.stopping();
  }

  // Beside the one of the mounts; Node asks whether there is any where nobody else answers.
  #hasForeignUpgrades(): boolean {
    const own = this.#outer === undefined && this.#takesUpgrades ? 1 : 0;
    return this.server.server.listenerCount('upgrade') > own;
  }

  get #takesUpgrades(): boolean {
    return this.#sockets.areThere || this.#mounts.haveSockets;
  }

  /** @param path Of an app that is mounted, with the query. */
  #wantsUpgrade(raw: IncomingMessage, path?: string): boolean {
    return this.#sockets.wantsUpgrade(raw, path) || this.#mounts.wantsUpgrade(raw, path);
  }

  /** What an app that this one is mounted in needs of it; for `app.mount` alone. */
  '~mountedIn'(outer: OuterApp): InnerApp {
    this.#isUsed();
    if (this.#ready !== undefined || this.#outer !== undefined)
      throw new CortadoError('CORTADO_LIFECYCLE', `app.mount(): the app has started already, or is mounted elsewhere.`);
    if (this.#options.rootPath !== undefined)
      throw invalidOption(
        'app.mount(): an app that is mounted has its root path from its mount; leave its rootPath out.',
      );
    this.#outer = outer;
    // One is enough for the loop, which they share.
    if (this.#options.loop === undefined) this.#lifecycle.remove('loop guard');
    const { requests, signals } = this.#environment;
    return {
      app: this,
      requests,
      handle: (raw, response) => this.server.routing(raw, response),
      wantsUpgrade: (raw, path) => this.#wantsUpgrade(raw, path),
      stopping: () => this.#beginStop(),
      abort: (reason) => signals.cut(reason),
      stop: async (overdue) => {
        this.#closing ??= this.#stop(this.#ready, { linger: 0 }, overdue).finally(() => {
          this.#closing = undefined;
        });
        this.#ready = undefined;
        return (await this.#closing).cut;
      },
      check: () => this.#lifecycle.check(),
      measure: () => this.#measure(),
      observe: (listener) => this.#lifecycle.observe(listener),
    };
  }

  readonly #unmeasured = (part: string, err: unknown): void =>
    this.log.warn({ err, part }, `metrics: ${part} could not be measured`);

  async #measure(): Promise<readonly Gauge[]> {
    const asked = await this.#lifecycle.measure(this.#unmeasured);
    return [...this.gauges(), ...asked];
  }
}
