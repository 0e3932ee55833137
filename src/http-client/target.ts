import { CortadoError } from '../base/error.ts';
import { shownUrl } from '../base/show/shown-url.ts';

/** What the query of a request is made of; `undefined` leaves a key out, a list repeats it. */
export type QueryValues = Readonly<
  Record<string, string | number | boolean | undefined | readonly (string | number | boolean)[]>
>;

/** The base of a client's addresses, with a slash at its end; throws where it is none. */
export function parseBase(text: string | URL): URL {
  const base = URL.parse(String(text));
  if (base === null || !isHttp(base) || base.search !== '' || base.hash !== '')
    throw unusable(`httpClient(): baseUrl "${shownTarget(text)}" must be an http or https address without query.`);
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return base;
}

/**
 * Where a request goes. Under a base it stays there: a path made of what a client has sent must not lead to another service.
 *
 * @throws CortadoError `CORTADO_UPSTREAM_URL`.
 */
export function targetOf(base: URL | undefined, url: string | URL, query: QueryValues | undefined): URL {
  const target = base === undefined ? absolute(url) : below(base, url);
  for (const [key, value] of Object.entries(query ?? {}))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) target.searchParams.append(key, String(one));
  return target;
}

function absolute(url: string | URL): URL {
  const target = URL.parse(String(url));
  if (target !== null && isHttp(target)) return target;
  throw unusable(`"${shownTarget(url)}" is no http or https address; a path alone needs a client with baseUrl.`);
}

function below(base: URL, url: string | URL): URL {
  const path = String(url);
  const target = path.startsWith('/') ? URL.parse(`.${path}`, base) : URL.parse(path);
  if (target !== null && isBelow(base, target)) return target;
  throw unusable(
    `"${shownTarget(url)}" is not below ${shownUrl(base)}, the baseUrl of its client; paths begin with "/".`,
  );
}

// A query may hold a key, and a path alone is no URL.
function shownTarget(url: string | URL): string {
  const text = String(url);
  return text.includes('//') || URL.canParse(text) ? shownUrl(text) : text.split(/[?#]/, 1)[0]!;
}

/** Whether an address is at a base or under it. */
export function isBelow(base: URL, { origin, pathname }: URL): boolean {
  return origin === base.origin && pathname.startsWith(base.pathname);
}

function isHttp({ protocol }: URL): boolean {
  return protocol === 'http:' || protocol === 'https:';
}

function unusable(message: string): CortadoError {
  return new CortadoError('CORTADO_UPSTREAM_URL', message);
}
