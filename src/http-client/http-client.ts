import type { Dispatcher } from 'undici';
import { checkOptions } from '../base/check-options.ts';
import { anything, atLeast, type Rules } from '../base/check-values.ts';
import { loadPeer } from '../base/process/load-peer.ts';
import { callSite } from '../base/show/call-site.ts';
import { type Dependency, dependency } from '../declare/dependency.ts';
import type { ClientStream, HttpClient } from './client.ts';
import type { ClientRequestOptions } from './client-request.ts';
import { ClientResponse } from './client-response.ts';
import { type ClientSettings, exchange } from './exchange.ts';
import { stayWith } from './stay-with.ts';
import { parseBase } from './target.ts';
import { UpstreamError } from './upstream-error.ts';

/** Options of {@link httpClient}. */
export interface HttpClientOptions {
  /** Where its requests go, and nowhere else: `https://api.example/v1`, under which paths are given. Default: addresses are given whole. */
  readonly baseUrl?: string | URL;
  /** Milliseconds for a request, the body of its answer included. `Infinity` for no limit. Default 10,000. */
  readonly timeout?: number;
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Largest answer that is read whole, in bytes; `stream` has no limit. Default 10 MiB. */
  readonly maxBytes?: number;
  /** Most connections to one origin; further requests wait. Default: no limit. */
  readonly connections?: number;
  /**
   * How many redirects are followed. Default 0: an answer that redirects is an answer. They are followed below `baseUrl`, and fail elsewhere;
   * without a base, another origin gets no headers but those that say nothing of who asks.
   */
  readonly redirects?: number;
  /** Passes on `traceparent`, `tracestate` and `x-request-id` of the request that is being answered. Default `true`. */
  readonly trace?: boolean;
  /** Its name in error messages. Default: the place of its declaration. */
  readonly name?: string;
}

const rules: Rules<HttpClientOptions> = {
  baseUrl: anything,
  timeout: atLeast(1),
  headers: anything,
  maxBytes: atLeast(1),
  connections: atLeast(1),
  redirects: atLeast(0),
  trace: anything,
  name: anything,
};

/**
 * Declares a client for other services: a dependency of the whole app, so that connections are kept and closed with it. Its requests end
 * with the request or task that sends them (client gone, time limit, stop), carry its trace headers, and are answered within their time
 * limit or fail. As in httpx, which FastAPI's users know, an answer is read whole and every status is one; see
 * `response.expectOk()`. Needs `undici`.
 *
 * @throws CortadoError at declaration for options that cannot be used. A request rejects with `UpstreamError` (502, or 504 where it took
 * too long), with the reason of the signal that ended it, or with `CORTADO_UPSTREAM_URL`.
 * @example
 * ```ts
 * const rates = httpClient({ baseUrl: 'https://rates.example/v1', timeout: 2000 });
 * app.get('/rates/{currency}', { params: { currency: z.string(), rates } }, async ({ currency, rates }) => {
 *   const response = await rates.get(`/latest/${encodeURIComponent(currency)}`);
 *   return response.expectOk().json();
 * });
 * ```
 */
export function httpClient(options: HttpClientOptions = {}): Dependency<HttpClient> {
  checkOptions('httpClient()', options, rules);
  const { baseUrl, headers = {}, connections, trace = true, redirects = 0 } = options;
  const shared: Omit<ClientSettings, 'send'> = {
    base: baseUrl === undefined ? undefined : parseBase(baseUrl),
    headers,
    timeout: options.timeout ?? 10_000,
    maxBytes: options.maxBytes ?? 10 * 1024 * 1024,
    trace,
  };
  const name = options.name ?? `httpClient at ${callSite(httpClient)}`;
  return dependency(
    async function* (): AsyncGenerator<HttpClient> {
      const missing = 'httpClient() needs its driver: npm install undici';
      const { Agent, interceptors, request } = await loadPeer(() => import('undici'), 'CORTADO_UPSTREAM_URL', missing);
      // The client's own clock measures; undici's would cut what was allowed to take long.
      const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, ...(connections !== undefined && { connections }) });
      const follow = interceptors.redirect({ maxRedirections: redirects });
      const dispatcherFor = (url: URL): Dispatcher =>
        redirects === 0 ? agent : agent.compose(stayWith(url, shared.base), follow);
      try {
        yield makeClient({ ...shared, send: (url, sent) => request(url, { ...sent, dispatcher: dispatcherFor(url) }) });
      } finally {
        // All requests of the app have ended: what is left belongs to nobody.
        await agent.destroy();
      }
    },
    { scope: 'app', name },
  );
}

function makeClient(settings: ClientSettings): HttpClient {
  const request = (method: string, url: string | URL, options: ClientRequestOptions = {}): Promise<ClientResponse> =>
    exchange(settings, method, url, options, async (head, going) => {
      const bytes = await readWhole(head, settings.maxBytes, going.request);
      going.end();
      return new ClientResponse(going.request, head.status, head.headers, bytes);
    });
  const stream = (method: string, url: string | URL, options: ClientRequestOptions = {}): Promise<ClientStream> =>
    exchange(settings, method, url, options, async (head, going) => {
      going.inTime();
      head.body.once('close', going.end);
      return head;
    });
  return {
    get: (url, options) => request('GET', url, options),
    head: (url, options) => request('HEAD', url, options),
    post: (url, options) => request('POST', url, options),
    put: (url, options) => request('PUT', url, options),
    patch: (url, options) => request('PATCH', url, options),
    delete: (url, options) => request('DELETE', url, options),
    request,
    stream,
  };
}

async function readWhole({ body }: ClientStream, limit: number, request: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new UpstreamError('CORTADO_UPSTREAM', `${request} answered with more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
