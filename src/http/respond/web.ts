import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { checkOptions } from '../../base/check-options.ts';
import { object, whole } from '../../base/check-values.ts';
import { refusePromise } from '../../base/not-awaited.ts';
import { type Answer, safeHeaders } from './answer.ts';

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
export async function webAnswer(response: Response): Promise<Answer> {
  const headers: Record<string, string | readonly string[]> = { ...safeHeaders };
  const wasUnpacked = response.url !== '' && unpacked.test(response.headers.get('content-encoding') ?? '');
  for (const [name, value] of response.headers) {
    if (name === 'set-cookie' || name === 'transfer-encoding' || (wasUnpacked && ofPacked.includes(name))) continue;
    headers[name] = value;
  }
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  const body = response.body === null ? undefined : await bodyOf(response.body as ReadableStream, headers);
  return { status: response.status, headers, body, response };
}

/**
 * The body: whole where all of it is there at once, as that of `Response.json()`, so that it is sent with its length and after the dependencies
 * have closed; else a stream.
 */
async function bodyOf(body: ReadableStream, headers: Record<string, unknown>): Promise<Buffer | Readable> {
  // Fastify would say a type of bytes that have none.
  if (headers['content-type'] === undefined) return Readable.fromWeb(body);
  const reader = body.getReader();
  const first = await soon(reader.read());
  const second = first === undefined || first.done ? first : await soon(reader.read());
  const bytes = first?.done === false ? first.value : nothing;
  if (second?.done && bytes instanceof Uint8Array) {
    const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // What is said to be longer or shorter breaks off as a stream that is.
    if (Number(headers['content-length'] ?? whole.length) !== whole.length) return Readable.from([whole]);
    delete headers['content-length'];
    return whole;
  }
  // What has not come yet comes to the next reader.
  reader.releaseLock();
  const stream = Readable.fromWeb(body);
  for (const read of [second, first]) if (read?.done === false) stream.unshift(read.value);
  return stream;
}

const nothing = new Uint8Array(0);

/** What a promise gives within one turn of the loop; `undefined` where it takes longer. */
function soon<T>(coming: Promise<T>): Promise<T | undefined> {
  const { promise: turn, resolve } = Promise.withResolvers<undefined>();
  const timer = setImmediate(resolve, undefined);
  return Promise.race([coming, turn]).finally(() => clearImmediate(timer));
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

/** What `html()` and `text()` can be told. */
export interface AnswerInit {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Makes an answer of HTML. What comes from others has to be escaped in it: a template does that.
 *
 * @example
 * ```ts
 * app.get('/', () => html('<h1>Coffee bar</h1>'))
 * ```
 */
export function html(body: string, init: AnswerInit = {}): Response {
  return texts('html()', body, 'text/html; charset=utf-8', init);
}

/**
 * Makes an answer of plain text.
 *
 * @example
 * ```ts
 * app.get('/robots.txt', () => text('User-agent: *'))
 * ```
 */
export function text(body: string, init: AnswerInit = {}): Response {
  return texts('text()', body, 'text/plain; charset=utf-8', init);
}

function texts(owner: string, body: string, type: string, init: AnswerInit): Response {
  refusePromise(`${owner}: the text`, body);
  checkOptions(owner, init, { status: whole(200, '', 599), headers: object });
  const { status = 200, headers = {} } = init;
  return new Response(String(body), { status, headers: { 'content-type': type, ...headers } });
}

// What is encoded already stays as it is, and brackets belong to addresses; anything else that a header cannot carry is encoded.
function encoded(url: string): string {
  return encodeURI(url).replace(/%25|%5B|%5D/g, decodeURIComponent);
}
