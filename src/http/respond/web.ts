import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { refusePromise } from '../../base/not-awaited.ts';
import type { Answer } from './answer.ts';
import { safeHeaders } from './answer.ts';

/**
 * Whether a value is a web `Response`. The global itself is looked at last: to name it makes Node load its whole fetch, which holds up the
 * first answer of an app that has no use for it.
 */
export function isResponse(value: unknown): value is Response {
  return (
    (value as { [Symbol.toStringTag]?: unknown } | null | undefined)?.[Symbol.toStringTag] === 'Response' &&
    value instanceof Response
  );
}

// What `fetch` has unpacked already, and how Node itself frames an answer.
const unpacked = /^(?:gzip|x-gzip|deflate|br|zstd)$/i;
const ofPacked: readonly string[] = ['content-encoding', 'content-length'];

/** Turns a web `Response` into an answer. It is neither validated nor filtered; its headers go before Cortado's own. */
export function webAnswer(response: Response): Answer {
  const headers: Record<string, string | readonly string[]> = { ...safeHeaders };
  const wasUnpacked = response.url !== '' && unpacked.test(response.headers.get('content-encoding') ?? '');
  for (const [name, value] of response.headers) {
    if (name === 'set-cookie' || name === 'transfer-encoding' || (wasUnpacked && ofPacked.includes(name))) continue;
    headers[name] = value;
  }
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  const body = response.body === null ? undefined : Readable.fromWeb(response.body as ReadableStream);
  return { status: response.status, headers, body, response };
}

/**
 * Makes an answer that sends the client elsewhere. `307` (default) keeps method and body, `303` asks for a GET.
 *
 * @example
 * ```ts
 * app.get('/old', () => redirect('/new', 308))
 * ```
 */
export function redirect(url: string | URL, status: 301 | 302 | 303 | 307 | 308 = 307): Response {
  refusePromise('redirect(): the address', url);
  return new Response(null, { status, headers: { location: encoded(String(url).toWellFormed()) } });
}

// What is encoded already stays as it is, and brackets belong to addresses; anything else that a header cannot carry is encoded.
function encoded(url: string): string {
  return encodeURI(url).replace(/%25|%5B|%5D/g, decodeURIComponent);
}
