import { anything } from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';
import { nodeHttp } from '../../base/node-http.ts';
import type { Dependency } from '../../declare/dependency.ts';
import type { RequestContext } from '../../http/request/context.ts';
import { type Granted, type SchemeOptions, schemeDependency } from './scheme.ts';

/** Options of {@link apiKey}. */
export interface ApiKeyOptions<Verdict = true, Optional extends boolean = false>
  extends SchemeOptions<string, Verdict, Optional> {
  /** Where the key stands. In the query string it also stands in the logs of proxies: prefer a header. */
  readonly in: 'header' | 'query' | 'cookie';
  /** Name of the header, query parameter or cookie. */
  readonly name: string;
}

const places = {
  header: ['APIKeyHeader', fromHeader],
  query: ['APIKeyQuery', fromQuery],
  cookie: ['APIKeyCookie', fromCookie],
} as const;

/**
 * Reads an API key from a header, the query string or a cookie. Its value is the key, or what `verify` makes of it; compare keys with
 * `safeEqual`.
 *
 * Without one, or with an empty one, it answers 401, `WWW-Authenticate: APIKey` and `{"detail":"Not authenticated"}`: as
 * `fastapi.security.APIKeyHeader`, `APIKeyQuery` and `APIKeyCookie` of FastAPI 0.142.
 *
 * @throws CortadoError `CORTADO_OPTION_UNKNOWN` or `CORTADO_OPTION_INVALID` at declaration.
 * @example
 * ```ts
 * const machine = apiKey({ in: 'header', name: 'x-api-key', verify: (key) => machines.get(key) });
 * app.post('/orders', { params: { machine, order: Order } }, ({ machine, order }) => machine.brew(order));
 * ```
 */
export function apiKey<Verdict = true, const Optional extends boolean = false>(
  options: ApiKeyOptions<Verdict, Optional>,
): Dependency<NoInfer<Granted<string, Verdict, Optional>>> {
  const { in: place, name } = options;
  check(place, name);
  const [defaultName, read] = places[place];
  return schemeDependency(
    {
      owner: 'apiKey()',
      defaultName,
      openApi: { type: 'apiKey', in: place, name },
      challenge: 'APIKey',
      read: (context) => read(context, place === 'header' ? name.toLowerCase() : name) || undefined,
    },
    options,
    { in: anything, name: anything },
  );
}

function fromHeader({ headers }: RequestContext, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return Array.isArray(value) ? value.join(', ') : value;
}

// As for any parameter of FastAPI, the last of several counts.
function fromQuery({ request }: RequestContext, name: string): string | undefined {
  const query = request.query as Readonly<Record<string, string | string[]>>;
  const value = Object.hasOwn(query, name) ? query[name] : undefined;
  return Array.isArray(value) ? value.at(-1) : value;
}

function fromCookie({ cookies }: RequestContext, name: string): string | undefined {
  return Object.hasOwn(cookies, name) ? cookies[name] : undefined;
}

function check(place: unknown, name: unknown): void {
  if (typeof place !== 'string' || !Object.hasOwn(places, place)) fail(`in must be 'header', 'query' or 'cookie'.`);
  if (typeof name !== 'string' || name === '') fail('name must be the name of a header, query parameter or cookie.');
  if (place !== 'query' && !isToken(name)) fail(`name ${JSON.stringify(name)} cannot be the name of a ${place}.`);
}

function isToken(name: string): boolean {
  try {
    nodeHttp.validateHeaderName(name);
    return true;
  } catch {
    return false;
  }
}

function fail(why: string): never {
  throw invalidOption(`apiKey(): ${why}`);
}
