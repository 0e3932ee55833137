import type { IncomingMessage } from 'node:http';
import { parseCookie, type SerializeOptions, stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CortadoError, invalidOption } from '../../base/error.ts';
import type { Logger } from '../../base/logger.ts';
import { nodeHttp } from '../../base/node-http.ts';
import { refusePromise } from '../../base/not-awaited.ts';
import { Ending, ending } from '../../concurrency/ending.ts';
import type { Context } from '../../declare/context.ts';
import type { AddressArguments, AddressOptions, Endpoint } from '../../declare/route/endpoint.ts';
import type { Route } from '../../declare/route/route.ts';
import type { Params } from '../../declare/values.ts';
import { checkFraming } from './check-framing.ts';
import { RequestAborted } from './request-aborted.ts';
import { RequestEnding } from './request-ending.ts';
import { rootPathOf } from './root-path.ts';
import type { Surroundings } from './surroundings.ts';

// What is asked of the answer of a web socket, of which nothing is left: its head was sent.
const noReply = Object.freeze({
  raw: Object.freeze({ headersSent: true, closed: false, destroyed: false, writableEnded: true, on: () => {} }),
}) as unknown as FastifyReply;

/** Has Fastify's request, which remembers Node's in more than one place, hold another one. */
function putInPlace(request: FastifyRequest, other: IncomingMessage): void {
  const members = request as unknown as Record<PropertyKey, unknown>;
  const { raw } = request;
  for (const key of Reflect.ownKeys(members)) if (members[key] === raw) members[key] = other;
}

/** Options of `ctx.setCookie`. */
export type CookieOptions = Omit<SerializeOptions, 'encode'>;

const noScopes: readonly string[] = [];

/** Work for after the answer; its signal fires when a stop can wait no longer. */
export type DeferredWork = (signal: AbortSignal) => unknown;

/** Takes what was deferred out of a context. */
export let takeDeferred: (context: RequestContext) => readonly DeferredWork[] | undefined;

/** Whether headers of the answer were set through a context. */
export let hasSetHeaders: (context: RequestContext) => boolean;

/** Whether a header of the answer, by its name in lower case, was set through a context. */
export let hasSetHeader: (context: RequestContext, name: string) => boolean;

/** Whether the status of the answer was set through a context. */
export let hasSetStatus: (context: RequestContext) => boolean;

/** From now on it is too late for a context to set anything: the head of its answer is on its way. */
export let closeHead: (context: RequestContext) => void;

/** Takes back the headers that were set through a context: an error answers with its own, as in FastAPI. */
export let takeBackHeaders: (context: RequestContext) => void;

/** Puts a value, or none, in the place of all that was set for a header of the answer. */
export let overrideHeader: (
  context: RequestContext,
  name: string,
  value: string | readonly string[] | undefined,
) => void;

/** Ends the wait of a request: its signal fires with `reason`, and its answer is no longer awaited. */
export let expire: (context: RequestContext, reason: Error) => void;

/** Why a request's answer is no longer awaited, `undefined` while it is. */
export let expiryOf: (context: RequestContext) => Error | undefined;

/** Has the signal of a request fire as soon as a stop begins. */
export let endAtStop: (context: RequestContext) => void;

/** Lets go of the request and the answer of a context whose request has become a web socket: `request` stands in its place. */
export let becomeSocket: (context: RequestContext, request: IncomingMessage) => void;

/** The web socket of a context is over. */
export let endSocketContext: (context: RequestContext) => void;

/** Why the connection of a request was closed before its answer had left. */
export let whyCut: (context: RequestContext) => unknown;

// In JavaScript nothing else tells what a method misses that was taken out of its context.
function called(context: RequestContext | undefined, method: string): void {
  if (context === undefined)
    throw new CortadoError('CORTADO_LIFECYCLE', `${method}() needs its context: call it as ctx.${method}(…).`);
}

/** The second argument of a route's handler, guards and dependencies: the request as it came, and the answer's status and headers. */
export class RequestContext implements Context {
  /** Fastify's request: everything that Cortado does not validate. */
  readonly request: FastifyRequest;
  #reply: FastifyReply;
  readonly #route: Route | undefined;
  readonly #app: Surroundings;
  #ending: Ending | undefined;
  #stopping: Ending | undefined;
  #expiry: Error | undefined;
  /** The headers that were set, each with what a plugin had set before. */
  #headersBefore: Map<string, ReturnType<FastifyReply['getHeader']>> | undefined;
  #cookies: Record<string, string | undefined> | undefined;
  #deferred: DeferredWork[] | undefined;
  #isOver = false;
  #hasSetStatus = false;
  #isHeadClosed = false;

  constructor(request: FastifyRequest, reply: FastifyReply, route: Route | undefined, app: Surroundings) {
    this.request = request;
    this.#reply = reply;
    this.#route = route;
    this.#app = app;
  }

  static {
    hasSetHeaders = (context) => context.#headersBefore !== undefined;
    hasSetHeader = (context, name) => context.#headersBefore?.has(name) === true;
    hasSetStatus = (context) => context.#hasSetStatus;
    closeHead = (context) => {
      context.#isHeadClosed = true;
    };
    takeBackHeaders = (context) => {
      for (const [name, before] of context.#headersBefore ?? []) {
        context.#reply.removeHeader(name);
        if (before !== undefined) context.#reply.header(name, before);
      }
      context.#headersBefore = undefined;
    };
    overrideHeader = (context, name, value) => {
      context.#header(name, undefined);
      context.#reply.removeHeader(name);
      if (value !== undefined) context.#reply.header(name, value);
    };
    becomeSocket = (context, request) => {
      context.#reply = noReply;
      // What guards have deferred runs now; the socket's own function is told that it comes too late.
      context.#isOver = true;
      putInPlace(context.request, request);
      // The end of the handshake's answer was none of the socket that it belongs to.
      if (context.#stopping !== undefined) context.#app.signals.addStop(context.#stopping);
    };
    endSocketContext = (context) => {
      if (context.#stopping !== undefined) context.#app.signals.delete(context.#stopping);
    };
    expiryOf = (context) => context.#expiry;
    expire = (context, reason) => {
      context.#expiry = reason;
      context.#ending?.abort(reason);
    };
    endAtStop = (context) => {
      const made = context.#ending ?? context.#watch();
      if (made instanceof RequestEnding) made.heedStop();
    };
    whyCut = (context) => {
      if (context.#expiry !== undefined) return context.#expiry;
      return context.#ending?.aborted ? context.#ending.reason : new RequestAborted('client-gone');
    };
    // What the signal is made from: `sleep` and the like need no more. A declaration file cannot have a member of such a name.
    Object.defineProperty(RequestContext.prototype, ending, {
      get(this: RequestContext) {
        return this.#ending ?? this.#watch();
      },
    });
    takeDeferred = (context) => {
      const works = context.#deferred;
      context.#deferred = undefined;
      context.#isOver = true;
      return works;
    };
  }

  get log(): Logger {
    return this.request.log;
  }

  /**
   * Fires when the client has left, the route's `timeout` has passed, or the deadline of a stop: until then a stop waits for the request. For
   * an `eventStream()` it fires as soon as a stop begins, unless it `finishes`. Made when first asked for.
   */
  get signal(): AbortSignal {
    return (this.#ending ?? this.#watch()).signal;
  }

  /**
   * Fires as soon as a stop begins: for answers that have no end of their own, which the stop would wait for until its deadline, such as long
   * polls and logs that are followed. Made when first asked for.
   *
   * @example
   * ```ts
   * app.get('/log', { response: jsonLines() }, async function* (_, { signal, stopping }) {
   *   yield* followLog(AbortSignal.any([signal, stopping]));
   * });
   * ```
   */
  get stopping(): AbortSignal {
    if (this.#stopping === undefined) {
      const { raw } = this.#reply;
      const made = (this.#stopping = new Ending());
      if (!raw.closed && !raw.destroyed) {
        this.#app.signals.addStop(made);
        raw.on('close', () => this.#app.signals.delete(made));
      }
    }
    return this.#stopping.signal;
  }

  /**
   * Runs small work after the answer was sent: a line to an audit log, a cache to warm. FastAPI's `BackgroundTasks`. It runs only when the
   * request succeeded, its failure is logged, and a stop waits for it; but a crash loses it. What must not be lost is a task of a queue.
   * Once the answer was sent it does nothing but warn in the log.
   * @example
   * ```ts
   * app.post('/orders', { params: { order: Order } }, ({ order }, ctx) => {
   *   ctx.defer((signal) => fetch(auditUrl, { method: 'POST', body: order.id, signal }));
   *   return { id: order.id };
   * });
   * ```
   */
  defer(this: RequestContext, work: DeferredWork): void {
    called(this, 'defer');
    if (typeof work !== 'function')
      throw invalidOption('ctx.defer(): expected a function, () => work(), not work() that runs already.');
    if (this.#isOver)
      this.#warn('defer', 'would run nothing, as the answer was sent before; call it while the request runs');
    else (this.#deferred ??= []).push(work);
  }

  /** Whether the client has left before its answer was complete. */
  get isClientGone(): boolean {
    const { raw } = this.#reply;
    if (raw.closed && !raw.writableEnded) return true;
    return this.#expiry instanceof RequestAborted && this.#expiry.reason === 'client-gone';
  }

  get method(): string {
    return this.request.method;
  }

  /** The request's path and query string, as sent. */
  get url(): string {
    return this.request.url;
  }

  /** The path template of the route, `/users/{user_id}`; empty where an error handler answers for a path that has none. */
  get path(): string {
    return this.#route?.template.source ?? '';
  }

  /** The path below which the app lies, as the client sees it, `/api/v1` for example, or empty: see {@link rootPathOf}. ASGI's `root_path`. */
  get rootPath(): string {
    return rootPathOf(this.request);
  }

  /** The scopes that the route asks for. */
  get scopes(): readonly string[] {
    return this.#route?.definition.settings.scopes ?? noScopes;
  }

  /** The client's address. */
  get ip(): string {
    return this.request.ip;
  }

  /** The request's headers, names in lower case. */
  get headers(): FastifyRequest['headers'] {
    return this.request.headers;
  }

  /** The request's cookies. */
  get cookies(): Readonly<Record<string, string | undefined>> {
    this.#cookies ??= parseCookie(this.request.headers.cookie ?? '');
    return this.#cookies;
  }

  /**
   * The address of a route of the app: its path, below the root path, and a query string of the inputs that belong there. FastAPI's `request.url_for`, which
   * takes a name where this takes the route itself.
   *
   * @param endpoint What `app.get` or a router's returned.
   * @param args The inputs of its path and its query string; then `{ absolute: true }` for one with the scheme and the host that the request
   * came to, which is what the client says unless the app knows its hosts.
   * @throws CortadoError `CORTADO_PATH_PARAMETER`, `CORTADO_OPTION_UNKNOWN`, `CORTADO_OPTION_INVALID`; `CORTADO_LIFECYCLE` for a route of no app.
   * @example
   * ```ts
   * const showOrder = app.get('/orders/{id}', { params: { id: z.int() } }, ({ id }) => load(id));
   * app.post('/orders', { params: { order: Order } }, ({ order }, ctx) => redirect(ctx.urlFor(showOrder, { id: save(order) }), 303));
   * ```
   */
  urlFor<S extends string, P extends Params>(
    this: RequestContext,
    endpoint: Endpoint<S, P>,
    ...args: AddressArguments<S, P, AddressOptions & { readonly absolute?: boolean }>
  ): string {
    called(this, 'urlFor');
    const [inputs = {}, { absolute = false, ...where } = {}] = args;
    const path = this.#app.addresses.addressOf(endpoint, inputs, { ...where, near: this.path });
    const address = `${this.rootPath}${path}`;
    return absolute ? `${this.request.protocol}://${this.request.host}${address}` : address;
  }

  /**
   * Sets the status of the answer, where the route's `status` does not fit. It goes before the 200 of a returned `Response`, but not before
   * another status of its own. Too late for that is a warning in the log.
   */
  setStatus(this: RequestContext, status: number): void {
    called(this, 'setStatus');
    refusePromise('ctx.setStatus(): the status', status);
    if (this.#isTooLate('setStatus')) return;
    this.#hasSetStatus = true;
    this.#reply.code(status);
  }

  /**
   * Sets a header of the answer. It goes before what the kind of answer says, its `content-type` for example, but not before the headers
   * of a returned `Response`. Too late for that, as in a stream that has begun, is a warning in the log.
   *
   * @throws TypeError where HTTP does not allow the name or the value.
   * @throws CortadoError `CORTADO_OPTION_INVALID` for `transfer-encoding`, and for a `content-length` that is no number of bytes.
   * @example
   * ```ts
   * app.get('/articles', (_, ctx) => {
   *   ctx.setHeader('content-type', 'application/vnd.api+json');
   *   return { data: [] };
   * });
   * ```
   */
  setHeader(this: RequestContext, name: string, value: string | number | readonly string[]): void {
    called(this, 'setHeader');
    nodeHttp.validateHeaderName(name);
    refusePromise(`ctx.setHeader("${name}"): the value`, value);
    for (const one of Array.isArray(value) ? value : [value]) nodeHttp.validateHeaderValue(name, String(one));
    checkFraming(name, value);
    if (this.#isTooLate('setHeader')) return;
    this.#header(name, value);
  }

  /** Sets a cookie: `httpOnly`, `sameSite: 'lax'`, for the root path or `/`, and over TLS `secure`, unless told otherwise. */
  setCookie(this: RequestContext, name: string, value: string, options: CookieOptions = {}): void {
    called(this, 'setCookie');
    refusePromise(`ctx.setCookie("${name}"): the value`, value);
    if (this.#isTooLate('setCookie')) return;
    const [path, secure] = [this.rootPath || '/', this.request.protocol === 'https'];
    const safe = { httpOnly: true, sameSite: 'lax', path, secure } as const;
    this.#header('set-cookie', stringifySetCookie({ ...safe, ...options, name, value }));
  }

  /** Deletes a cookie of the client. */
  deleteCookie(this: RequestContext, name: string, options: CookieOptions = {}): void {
    called(this, 'deleteCookie');
    this.setCookie(name, '', { ...options, maxAge: 0 });
  }

  #header(name: string, value: unknown): void {
    const key = name.toLowerCase();
    this.#headersBefore ??= new Map();
    if (!this.#headersBefore.has(key)) this.#headersBefore.set(key, this.#reply.getHeader(key));
    this.#reply.header(name, value);
  }

  // Thrown, it would break off a stream that only cleans up, or end the process from a timer; whoever has no client any more, or a 504, need not hear of it.
  #isTooLate(method: string): boolean {
    if (!this.#reply.raw.headersSent && !this.#isHeadClosed) return false;
    if (this.#expiry !== undefined || this.isClientGone) return true;
    this.#warn(method, 'has no effect, as the head of the answer was sent before');
    return true;
  }

  #warn(method: string, why: string): void {
    const route = this.#routeName;
    const err = new CortadoError('CORTADO_LIFECYCLE', `${route}: ctx.${method}() ${why}.`);
    this.log.warn({ err, route }, `ctx.${method}() came too late`);
  }

  get #routeName(): string {
    return this.#route?.name ?? `${this.method} ${this.url}`;
  }

  // A request's own 'close' fires on every POST as soon as its body is read; the response's 'close' before its end is a client that left.
  #watch(): Ending {
    const { raw } = this.#reply;
    // Of a web socket its connection tells.
    if (this.#reply === noReply) {
      this.#ending = new Ending();
      if (this.#expiry !== undefined) this.#ending.abort(this.#expiry);
      return this.#ending;
    }
    const made = new RequestEnding(raw, this.#app.signals);
    this.#ending = made;
    if (this.#expiry !== undefined) made.abort(this.#expiry);
    else if (raw.closed || raw.destroyed) made.onClose();
    else {
      this.#app.signals.ends.add(made);
      raw.on('close', made.onClose.bind(made));
    }
    return made;
  }
}
