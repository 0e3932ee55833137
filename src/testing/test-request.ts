/** Options of one request of a test client. */
export interface TestRequest {
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly query?: Readonly<Record<string, string | number | boolean | readonly (string | number)[]>>;
  /** A JSON body. */
  readonly json?: unknown;
  /** A form body, `application/x-www-form-urlencoded`; or a `FormData`, `multipart/form-data`. */
  readonly form?: Readonly<Record<string, string>> | FormData;
  /** A body as it is; give it a content-type header. */
  readonly body?: string | Buffer;
  /** Follows redirects, at most ten. Default `false`. */
  readonly followRedirects?: boolean;
}
