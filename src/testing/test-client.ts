import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { InjectOptions } from 'fastify';
import { checkOptions } from '../base/check-options.ts';
import { choice } from '../base/check-values.ts';
import { CortadoError } from '../base/error.ts';
import { timeout } from '../concurrency/timeout.ts';
import type { Given } from '../declare/route/address.ts';
import type { Endpoint } from '../declare/route/endpoint.ts';
import type { SocketEndpoint, SocketRoute } from '../declare/socket/socket.ts';
import type { Params } from '../declare/values.ts';
import type { App } from '../http/app/app.ts';
import {
  type CallArguments,
  type CallResult,
  dataOf,
  type RouteCallOptions,
  requestOf,
  type SocketArguments,
  type SocketCallOptions,
  withEach,
} from './call.ts';
import { CookieJar } from './cookie-jar.ts';
import { type PropertyResponse, propertyResponse, warnOfProperties } from './property-response.ts';
import type { TestRequest } from './test-request.ts';
import { type RawAnswer, type TestResponse, testResponse } from './test-response.ts';
import { openSocket, type TestSocketOf } from './test-socket.ts';

type Cookies = readonly (readonly [name: string, value: string])[];

const known = ['headers', 'query', 'json', 'form', 'body', 'followRedirects'] as const;
const redirects = [301, 302, 303, 307, 308];
const mostRedirects = 10;

// Milliseconds.
const patience = 1000;

/** Sends requests to an app in memory, without a socket, and checks at its end that nothing was left open. */
export class TestClient<A = TestResponse> implements AsyncDisposable {
  readonly app: App;
  /** Cookies that are sent with each request. */
  readonly cookies: CookieJar = new CookieJar();
  readonly #answer: (raw: RawAnswer) => A;

  constructor(app: App, answer: (raw: RawAnswer) => A) {
    this.app = app;
    this.#answer = answer;
  }

  get(url: string, options?: TestRequest): Promise<A> {
    return this.request('GET', url, options);
  }

  post(url: string, options?: TestRequest): Promise<A> {
    return this.request('POST', url, options);
  }

  put(url: string, options?: TestRequest): Promise<A> {
    return this.request('PUT', url, options);
  }

  patch(url: string, options?: TestRequest): Promise<A> {
    return this.request('PATCH', url, options);
  }

  delete(url: string, options?: TestRequest): Promise<A> {
    return this.request('DELETE', url, options);
  }

  /** Sends a request with any method. */
  async request(method: string, url: string, options: TestRequest = {}): Promise<A> {
    return this.#answer(await this.#follow(method, url, options, []));
  }

  /**
   * Calls a route with its inputs, each sent from where the route reads it: in the path, the query string, a header, a cookie, as JSON or as
   * a form.
   *
   * @param endpoint What `app.get` or a router's returned.
   * @param args The inputs by name, as a caller would write them; then `headers` for what they do not say, `{ prefix }` where the router is
   * included more than once, and `followRedirects`.
   * @returns `data` of a success or `error` of a failure, typed, with `ok`, `status` and the `response` itself. A redirect that is not
   * followed is a failure without an error.
   * @throws CortadoError `CORTADO_PATH_PARAMETER`, `CORTADO_OPTION_UNKNOWN` or `CORTADO_OPTION_INVALID` for inputs that cannot be sent.
   * @example
   * ```ts
   * const { data, error } = await client.call(showUser, { user_id: 1 });
   * assert.equal(data?.name, 'Ada');
   * ```
   */
  async call<S extends string, P extends Params, Answer, Further>(
    endpoint: Endpoint<S, P, Answer, Further>,
    ...args: CallArguments<S, P>
  ): Promise<CallResult<Answer, Further>> {
    const [given = {}, options = {}] = args as [Given?, RouteCallOptions?];
    checkOptions('call', options, ['headers', 'followRedirects', 'prefix']);
    const { prefix } = options;
    const route = this.app['~routeOf'](endpoint, prefix === undefined ? {} : { prefix });
    const { url, sent, cookies } = requestOf(route, given, options);
    const response = testResponse(await this.#follow(route.definition.method, url, sent, cookies));
    const { status, ok } = response;
    const said = await dataOf(response);
    const result = ok ? { ok, status, data: said, response } : { ok, status, error: said, response };
    return result as CallResult<Answer, Further>;
  }

  /**
   * Opens a web socket in memory, with the inputs of its handshake by name.
   *
   * @param endpoint What `app.socket` or a router's returned.
   * @param args The inputs, as a caller would write them; then `headers` and `subprotocols`, and `{ prefix }` where the router is included more
   * than once.
   * @throws SocketRefused where the handshake is answered with anything but 101.
   * @example
   * ```ts
   * await using socket = await client.socket(room, { room: 'kitchen' });
   * await socket.send({ type: 'say', text: 'hello' });
   * assert.deepEqual(await socket.receive(), { from: 'ada', text: 'hello' });
   * ```
   */
  async socket<S extends string, P extends Params, I, O>(
    endpoint: SocketEndpoint<S, P, I, O>,
    ...args: SocketArguments<S, P>
  ): Promise<TestSocketOf<I, O>> {
    const [given = {}, options = {}] = args as [Given?, SocketCallOptions?];
    checkOptions('socket', options, ['headers', 'prefix', 'subprotocols']);
    const { prefix, headers = {}, subprotocols = [] } = options;
    const route = this.app['~routeOf'](endpoint, prefix === undefined ? {} : { prefix }) as SocketRoute;
    this.#refuseStopped(route.name);
    const { url, sent, cookies } = requestOf(withEach(route), given, { headers });
    const path = `${this.app.rootPath}${pathOf(url)}`;
    const cookie = this.cookies.header(path, cookies);
    const all = { ...(cookie !== undefined && { cookie }), ...(sent.headers as Record<string, string>) };
    const socket = await openSocket(this.app.server.server, route, { path: url, headers: all, subprotocols });
    return socket as TestSocketOf<I, O>;
  }

  /**
   * Waits until no request is open and the work that requests deferred with `ctx.defer` is done. FastAPI's client waits for background
   * tasks with each answer; here a test says when it wants to.
   *
   * @param ms Milliseconds to wait at most. Default 5000.
   * @throws CortadoError `CORTADO_TIMEOUT` when it takes longer.
   * @example
   * ```ts
   * await client.post('/orders', { json: order });
   * await client.idle();
   * assert.equal(audit.length, 1);
   * ```
   */
  async idle(ms = 5000): Promise<void> {
    await timeout(ms, () => this.app.idle());
  }

  /**
   * Stops the app. What answered requests opened gets a second to close.
   *
   * @throws CortadoError `CORTADO_LEFT_OPEN` when requests or their dependencies are still open.
   */
  async close(): Promise<void> {
    for (let waited = 0; this.app.openRequests > 0 && waited < patience; waited += 5) await delay(5);
    const open = this.app.openRequests;
    await this.app.close({ deadline: 0 });
    if (open > 0)
      throw new CortadoError(
        'CORTADO_LEFT_OPEN',
        `The test ended while ${open} request${open === 1 ? ' was' : 's were'} still open.`,
      );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #follow(method: string, url: string, options: TestRequest, cookies: Cookies): Promise<RawAnswer> {
    checkOptions('test request', options, known);
    const { query, ...rest } = options;
    let [verb, at, sent] = [method, withQuery(url, query), rest];
    let answer = await this.#send(verb, at, sent, cookies);
    let hops = 0;
    for (; options.followRedirects && redirects.includes(answer.status) && hops < mostRedirects; hops++) {
      // As browsers do (Fetch, "HTTP-redirect fetch"): what was sent stays behind where the method changes.
      const { status } = answer;
      if ((status === 303 && verb !== 'HEAD') || ((status === 301 || status === 302) && verb === 'POST')) {
        verb = 'GET';
        sent = { headers: rest.headers ?? {} };
      }
      const { pathname, search } = new URL(String(answer.headers['location']), new URL(at, origin));
      at = `${pathname}${search}`;
      answer = await this.#send(verb, at, sent, cookies);
    }
    return { ...answer, redirected: hops > 0 };
  }

  async #send(method: string, url: string, options: Omit<TestRequest, 'query'>, cookies: Cookies): Promise<RawAnswer> {
    this.#refuseStopped(`${method} ${url}`);
    const { headers, ...payload } = await encode(options);
    // Below the root path, where the client would be; what a proxy takes away is not sent.
    const path = `${this.app.rootPath}${pathOf(url)}`;
    const cookie = this.cookies.header(path, cookies);
    const before = this.app.openRequests;
    const answer = await this.app.server.inject({
      method: method as 'GET',
      url,
      headers: { ...(cookie !== undefined && { cookie }), ...headers, ...options.headers },
      ...payload,
    });
    await this.#ended(before);
    const set = answer.headers['set-cookie'];
    if (set !== undefined) this.cookies.keep(Array.isArray(set) ? set : [String(set)], path);
    const { statusCode: status, rawPayload: bytes } = answer;
    return { status, headers: answer.headers, bytes, url: new URL(url, origin).href, redirected: false };
  }

  // Fastify would start a server of its own, without the app's routes.
  #refuseStopped(what: string): void {
    if (!this.app.isStarted)
      throw new CortadoError('CORTADO_LIFECYCLE', `${what}: the app of this test client was stopped.`);
  }

  // An answer is there before what it used has closed; a test that looks at that next should find it so.
  async #ended(before: number): Promise<void> {
    for (let turn = 0; this.app.openRequests > before && turn < 20; turn++) await nextTurn();
  }
}

const origin = 'http://localhost';

function pathOf(url: string): string {
  return URL.parse(url, origin)?.pathname ?? '/';
}

async function encode({ json, form, body }: TestRequest): Promise<Pick<InjectOptions, 'headers' | 'payload'>> {
  if (json !== undefined) return { headers: { 'content-type': 'application/json' }, payload: JSON.stringify(json) };
  if (form === undefined) return body === undefined ? {} : { payload: body };
  const request = new Request(origin, {
    method: 'POST',
    body: form instanceof FormData ? form : new URLSearchParams(form),
  });
  return {
    headers: { 'content-type': request.headers.get('content-type') ?? '' },
    payload: Buffer.from(await request.arrayBuffer()),
  };
}

function withQuery(url: string, query: TestRequest['query']): string {
  if (query === undefined) return url;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one));
  return `${url}${url.includes('?') ? '&' : '?'}${search}`;
}

/** Options of {@link testClient}. */
export interface TestClientOptions {
  /**
   * `properties` gives answers as they were before they became web Responses, with their body at once: `response.text`. It warns, and goes
   * with the next release. Default `web`.
   */
  readonly responses?: 'web' | 'properties';
}

/**
 * Starts an app for a test: app-scoped dependencies open, nothing listens. Dispose of the client to stop it.
 *
 * @throws what a component or dependency throws at its start.
 * @example
 * ```ts
 * await using client = await testClient(app);
 * assert.equal((await client.get('/users/1')).status, 404);
 * ```
 */
export async function testClient(
  app: App,
  options: { readonly responses: 'properties' },
): Promise<TestClient<PropertyResponse>>;
export async function testClient(app: App, options?: { readonly responses?: 'web' }): Promise<TestClient>;
export async function testClient(
  app: App,
  options: TestClientOptions = {},
): Promise<TestClient | TestClient<PropertyResponse>> {
  checkOptions('testClient()', options, { responses: choice('web', 'properties') });
  await app.ready();
  if (options.responses !== 'properties') return new TestClient(app, testResponse);
  warnOfProperties();
  return new TestClient(app, propertyResponse);
}
