import type { ClientStream, HttpClient } from './client.ts';
import type { ClientRequestOptions } from './client-request.ts';
import { ClientResponse } from './client-response.ts';
import { type ClientSettings, exchange, type Head } from './exchange.ts';
import { UpstreamError } from './upstream-error.ts';

/** Makes the client that a dependency provides. */
export function makeClient(settings: ClientSettings): HttpClient {
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

async function readWhole({ body }: Head, limit: number, request: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new UpstreamError('CORTADO_UPSTREAM', `${request} answered with more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
