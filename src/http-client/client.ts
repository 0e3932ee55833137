import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { ClientRequestOptions } from './client-request.ts';
import type { ClientResponse } from './client-response.ts';

/** An answer whose body streams. Read it to its end, or `destroy()` it. */
export interface ClientStream {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
}

/** Sends requests to other services, as a part of the request or task that it is used in. */
export interface HttpClient {
  get(url: string | URL, options?: ClientRequestOptions): Promise<ClientResponse>;
  head(url: string | URL, options?: ClientRequestOptions): Promise<ClientResponse>;
  post(url: string | URL, options?: ClientRequestOptions): Promise<ClientResponse>;
  put(url: string | URL, options?: ClientRequestOptions): Promise<ClientResponse>;
  patch(url: string | URL, options?: ClientRequestOptions): Promise<ClientResponse>;
  delete(url: string | URL, options?: ClientRequestOptions): Promise<ClientResponse>;
  request(method: string, url: string | URL, options?: ClientRequestOptions): Promise<ClientResponse>;
  /** The answer as soon as its head is there, for bodies that are large or never end. */
  stream(method: string, url: string | URL, options?: ClientRequestOptions): Promise<ClientStream>;
}
