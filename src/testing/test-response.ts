/** What came back, before it is a web `Response`. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | number | undefined>>;
  readonly bytes: Buffer;
  /** Its address, after redirects. */
  readonly url: string;
  readonly redirected: boolean;
}

/**
 * An answer in a test: a web `Response`, whose body may be read as often as a test likes.
 *
 * @example
 * ```ts
 * const response = await client.get('/users/1');
 * assert.equal(response.headers.get('content-type'), 'application/json');
 * assert.deepEqual(await response.json(), { id: 1 });
 * ```
 */
export interface TestResponse extends Response {
  /** The body as JSON; it is `unknown` until you say what you expect. */
  json<T = unknown>(): Promise<T>;
}

export function testResponse({ status, headers, bytes, url, redirected }: RawAnswer): TestResponse {
  const response = new Response(hasNoBody(status) ? null : new Uint8Array(bytes), {
    status,
    headers: webHeaders(headers),
  });
  const copy = (): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);
  const own: Partial<TestResponse> = {
    url,
    redirected,
    text: async () => bytes.toString('utf8'),
    json: async <T>() => JSON.parse(bytes.toString('utf8')) as T,
    bytes: async () => copy(),
    arrayBuffer: async () => copy().buffer,
    blob: async () =>
      new Blob([copy()], { type: headers['content-type'] === undefined ? '' : String(headers['content-type']) }),
    clone: () => testResponse({ status, headers, bytes, url, redirected }),
  };
  for (const [name, value] of Object.entries(own)) Object.defineProperty(response, name, { value });
  return response as TestResponse;
}

// The Fetch standard's "null body status": a Response of theirs takes no body.
function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

function webHeaders(headers: RawAnswer['headers']): Headers {
  const web = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? (value as string[]) : [value]) web.append(name, String(one));
  }
  return web;
}
