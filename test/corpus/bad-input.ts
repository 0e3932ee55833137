/** A request that any version of HTTP can carry. */
export interface PlainRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | Buffer;
}

/** What a client does once it has written its bytes. */
export type Manner =
  /** Reads until the server closes, or has nothing more to say. */
  | 'reads'
  /** Says no more, and leaves after a moment. */
  | 'stalls'
  /** Leaves at once. */
  | 'leaves'
  /** Takes nothing of the answer, and leaves after a moment. */
  | 'ignores';

/** One input that no app should have to fear. */
export interface BadInput {
  /** Its class. */
  readonly kind: string;
  /** What is wrong with it, once for each class. */
  readonly name: string;
  /** What goes over a connection of HTTP/1.1, made anew each time: some are a megabyte. */
  readonly bytes: Buffer;
  /** The same as a request, where it is one. */
  readonly request: PlainRequest | undefined;
  readonly manner: Manner;
  /** Statuses from 500 on that the handler itself asks for. */
  readonly own: readonly number[];
  /** Tells it from others without making its bytes, where those are many. */
  readonly key: string;
}

/** What may be said of an input beside its bytes. */
export interface InputOptions {
  readonly manner?: Manner;
  readonly own?: readonly number[];
}

/** Bytes as they are. Characters up to U+00FF are bytes. */
export function raw(kind: string, name: string, text: string | (() => Buffer), options: InputOptions = {}): BadInput {
  const { manner = 'reads', own = [] } = options;
  return {
    kind,
    name,
    get bytes() {
      return typeof text === 'string' ? Buffer.from(text, 'latin1') : text();
    },
    request: undefined,
    manner,
    own,
    key: typeof text === 'string' ? `${manner}\n${text}` : name,
  };
}

/** What {@link ask} sends; a body that is large is made when it is needed. */
export interface Asked {
  readonly method?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string | Buffer | (() => string | Buffer);
}

/** A request that is well framed, whatever stands in it. */
export function ask(
  kind: string,
  name: string,
  path: string,
  { method, headers = [], body = '' }: Asked,
  options: InputOptions = {},
): BadInput {
  const { manner = 'reads', own = [] } = options;
  const made = (): PlainRequest => ({
    method: method ?? (body === '' ? 'GET' : 'POST'),
    path,
    headers,
    body: typeof body === 'function' ? body() : body,
  });
  return {
    kind,
    name,
    get bytes() {
      return http1Bytes(made());
    },
    get request() {
      return made();
    },
    manner,
    own,
    key: JSON.stringify([method, path, headers, typeof body === 'function' ? name : body.toString('latin1'), manner]),
  };
}

function http1Bytes({ method, path, headers, body }: PlainRequest): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const length = method === 'GET' && bytes.length === 0 ? '' : `content-length: ${bytes.length}\r\n`;
  const head = `${method} ${path} HTTP/1.1\r\nhost: corpus\r\nconnection: close\r\n${lines}${length}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), bytes]);
}

/** A text as the bytes of its UTF-8, each a character, as heads carry it. */
export function octets(text: string): string {
  return Buffer.from(text).toString('latin1');
}

export const json: readonly [string, string] = ['content-type', 'application/json'];
export const urlencoded: readonly [string, string] = ['content-type', 'application/x-www-form-urlencoded'];
export const multipart: readonly [string, string] = ['content-type', 'multipart/form-data; boundary=X'];
