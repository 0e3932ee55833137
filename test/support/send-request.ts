import { type IncomingHttpHeaders, request } from 'node:http';

/** A request over a real socket, exactly as said: no header is added but `host`, and what a body needs. */
export interface RealRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer | undefined;
  /** Follows redirects within the server, at most five. */
  readonly follow?: boolean;
}

export interface RealResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  json<T = unknown>(): T;
}

/** Sends one request to `address` (`http://127.0.0.1:1234`) and reads its answer whole. `url` is sent as it is written. */
export async function sendRequest(address: string, url: string, options: RealRequest = {}): Promise<RealResponse> {
  let response = await sendOnce(address, url, options);
  let at = new URL(url, address);
  for (let hops = 0; options.follow && [301, 302, 307, 308].includes(response.status) && hops < 5; hops++) {
    at = new URL(response.headers.location ?? '', at);
    if (at.origin !== new URL(address).origin) break;
    response = await sendOnce(address, `${at.pathname}${at.search}`, options);
  }
  return response;
}

function sendOnce(address: string, url: string, options: RealRequest): Promise<RealResponse> {
  const { hostname, port } = new URL(address);
  const { method = 'GET', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const sent = request({
      hostname,
      port,
      method,
      path: url,
      headers: headers as Record<string, string>,
      agent: false,
    });
    sent.removeHeader('connection');
    sent.on('error', reject);
    sent.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString('utf8');
        sent.destroy();
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          bytes,
          text,
          json: <T>() => JSON.parse(text) as T,
        });
      });
    });
    if (body !== undefined) sent.setHeader('content-length', Buffer.byteLength(body));
    sent.end(body);
  });
}
