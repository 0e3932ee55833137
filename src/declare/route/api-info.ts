/** How errors look on the wire and in OpenAPI: FastAPI's `{"detail": …}`, or RFC 9457's `application/problem+json`. */
export type ErrorFormat = 'fastapi' | 'problem';

/** A tag that operations can carry. */
export interface TagInfo {
  readonly name: string;
  readonly description?: string;
  readonly externalDocs?: { readonly url: string; readonly description?: string };
}

/** What the documentation says about an API as a whole; OpenAPI's `info` and its neighbours. */
export interface ApiInfo {
  /** Default `Cortado`. */
  readonly title?: string;
  /** Version of the API. Default `0.1.0`. */
  readonly version?: string;
  readonly summary?: string;
  /** Markdown. */
  readonly description?: string;
  readonly termsOfService?: string;
  readonly contact?: { readonly name?: string; readonly url?: string; readonly email?: string };
  readonly license?: { readonly name: string; readonly url?: string; readonly identifier?: string };
  readonly servers?: readonly { readonly url: string; readonly description?: string }[];
  /** Descriptions of tags, in the order in which the documentation shows them. */
  readonly tags?: readonly TagInfo[];
  readonly externalDocs?: { readonly url: string; readonly description?: string };
}

/** Where the documentation is served; `false` switches a page off. */
export interface DocsOptions {
  /** The OpenAPI document; without it there are no pages either. Default `/openapi.json`. */
  readonly openapi?: string | false;
  /** Swagger UI. Default `/docs`. */
  readonly swagger?: string | false;
  /** Sends readers on to Swagger UI, as links to FastAPI's second page are common. Default `/redoc`. */
  readonly redoc?: string | false;
  /** Whether Swagger UI keeps credentials in the browser's local storage, so that a reload does not lose them. Default `false`. */
  readonly persistAuthorization?: boolean;
}
