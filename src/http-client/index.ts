import '../base/process/need-node.ts';

export type { ClientStream, HttpClient } from './client.ts';
export type { ClientRequestOptions } from './client-request.ts';
export { ClientResponse } from './client-response.ts';
export type { HttpClientOptions } from './http-client.ts';
export { httpClient } from './http-client.ts';
export type { QueryValues } from './target.ts';
export { UpstreamError } from './upstream-error.ts';
