import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { InjectOptions } from 'fastify';
import { checkOptions } from '../base/check-options.ts';
import { CortadoError } from '../base/error.ts';
import { timeout } from '../concurrency/timeout.ts';
import type { App } from '../http/app/app.ts';
import { CookieJar } from './cookie-jar.ts';

/** Options of one request of a test client. */
export interface TestRequest {
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly query?: Readonly<Record<string, string | number | boolean | readonly (string | number)[]>>;
  /** A JSON body. */
  readonly json?: unknown;
  /** A form body, `application/x-www-form-urlencoded`; or a `FormData`, `multipart/form-data`. */
  readonly form?: Readonly<Record<string, string>> | FormData;
  /** A body as it is; give it a content-type header. */
  readonly body?: string | Buffer;
  /** Follows redirects, at most ten. Default `false`. */
  readonly followRedirects?: boolean;
}

/** An answer in a test. */
export interface TestResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>;
  readonly text: string;
  readonly bytes: Buffer;
  /** The body as JSON; it is `unknown` until you say what you expect. */
  json<T = unknown>(): T;
}

const known = ['headers', 'query', 'json', 'form', 'body', 'followRedirects'] as const;
const redirects = [301, 302, 303, 307, 308];
const mostRedirects = 10;

// Milliseconds.
const patience = 1000;

/** Sends requests to an app in memory, without a socket, and checks at its end that nothing was left open. */
export class TestClient implements AsyncDisposable {
  readonly app: App;
  /** Cookies that are sent with each request. */
  readonly cookies: CookieJar = new CookieJar();

  constructor(app: App) {
    this.app = app;
  }

  get(url: string, options?: TestRequest): Promise<TestResponse> {
    return this.request('GET', url, options);
  }

  post(url: string, options?: TestRequest): Promise<TestResponse> {
    return this.request('POST', url, options);
  }

  put(url: string, options?: TestRequest): Promise<TestResponse> {
    return this.request('PUT', url, options);
  }

  patch(url: string, options?: TestRequest): Promise<TestResponse> {
    return this.request('PATCH', url, options);
  }

  delete(url: string, options?: TestRequest): Promise<TestResponse> {
    return this.request('DELETE', url, options);
  }

  /** Sends a request with any method. */
  async request(method: string, url: string, options: TestRequest = {}): Promise<TestResponse> {
    checkOptions('test request', options, known);
    const { query, ...rest } = options;
    let [verb, at, sent] = [method, withQuery(url, query), rest];
    let response = await this.#send(verb, at, sent);
    for (let hops = 0; options.followRedirects && redirects.includes(response.status) && hops < mostRedirects; hops++) {
      // As browsers do (Fetch, "HTTP-redirect fetch"): what was sent stays behind where the method changes.
      const { status } = response;
      if ((status === 303 && verb !== 'HEAD') || ((status === 301 || status === 302) && verb === 'POST')) {
        verb = 'GET';
        sent = { headers: rest.headers ?? {} };
      }
      const { pathname, search } = new URL(String(response.headers['location']), new URL(at, origin));
      at = `${pathname}${search}`;
      response = await this.#send(verb, at, sent);
    }
    return response;
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

  async #send(method: string, url: string, options: Omit<TestRequest, 'query'>): Promise<TestResponse> {
    // Fastify would start a server of its own, without the app's routes.
    if (!this.app.isStarted)
      throw new CortadoError('CORTADO_LIFECYCLE', `${method} ${url}: the app of this test client was stopped.`);
    const { headers, ...payload } = await encode(options);
    const cookie = this.cookies.header(pathOf(url));
    const before = this.app.openRequests;
    const answer = await this.app.server.inject({
      method: method as 'GET',
      url,
      headers: { ...(cookie !== undefined && { cookie }), ...headers, ...options.headers },
      ...payload,
    });
    await this.#ended(before);
    const set = answer.headers['set-cookie'];
    if (set !== undefined) this.cookies.keep(Array.isArray(set) ? set : [String(set)], pathOf(url));
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.payload,
      bytes: answer.rawPayload,
      json: <T>() => JSON.parse(answer.payload) as T,
    };
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
export async function testClient(app: App): Promise<TestClient> {
  await app.ready();
  return new TestClient(app);
}
