import type { DocumentedServer, ExternalDocs } from './documented.ts';

/** How errors look on the wire and in OpenAPI: FastAPI's `{"detail": …}`, or RFC 9457's `application/problem+json`. */
export type ErrorFormat = 'fastapi' | 'problem';

/** Versions of OpenAPI that a document can have. */
export type OpenApiVersion = '3.1.0' | '3.2.0';

/** A tag that operations can carry. */
export interface TagInfo {
  readonly name: string;
  /** Markdown. */
  readonly description?: string;
  readonly externalDocs?: ExternalDocs;
  /** One line. OpenAPI 3.2. */
  readonly summary?: string;
  /** Name of the tag that it is a part of. OpenAPI 3.2. */
  readonly parent?: string;
  /** What kind of tag it is, `nav` for example. OpenAPI 3.2. */
  readonly kind?: string;
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
  /** Where the API is served. Default: where the document is. */
  readonly servers?: readonly DocumentedServer[];
  /** Descriptions of tags, in the order in which the documentation shows them. */
  readonly tags?: readonly TagInfo[];
  readonly externalDocs?: ExternalDocs;
  /** Version of OpenAPI. `3.2.0` has QUERY, and the items of streams as schemas; not all tools read it. Default `3.1.0`. */
  readonly openapiVersion?: OpenApiVersion;
  /**
   * Whether a schema is two, `Item-Input` and `Item-Output`, where answers always have what requests may leave out. `false`: one, as requests
   * have it; what is another value in answers stays two. Default `true`.
   */
  readonly separateInputOutputSchemas?: boolean;
  /** Further members of the document, merged into what it says. */
  readonly openapi?: Readonly<Record<string, unknown>>;
}

/** Where the documentation is served; `false` switches a page off. */
export interface DocsOptions {
  /** The OpenAPI document; without it there are no pages either. Default `/openapi.json`. */
  readonly openapi?: string | false;
  /** Swagger UI. Default `/docs`. */
  readonly swagger?: string | false;
  /** ReDoc, a page to read. Default `/redoc`. */
  readonly redoc?: string | false;
  /**
   * The AsyncAPI document. Default `/asyncapi.json` where the app has a socket, an event stream, a channel or a task, and an OpenAPI document;
   * else none.
   */
  readonly asyncapi?: string | false;
  /** Whether Swagger UI keeps credentials in the browser's local storage, so that a reload does not lose them. Default `false`. */
  readonly persistAuthorization?: boolean;
  /**
   * Further parameters of Swagger UI, values of JSON: `{ docExpansion: 'none', syntaxHighlight: { theme: 'obsidian' } }`. FastAPI's
   * `swagger_ui_parameters`.
   */
  readonly swaggerUiParameters?: Readonly<Record<string, unknown>>;
  /** What Swagger UI's Authorize dialog begins with, `{ clientId: 'docs' }`: FastAPI's `swagger_ui_init_oauth`. It is public, so no secret. */
  readonly swaggerUiInitOAuth?: SwaggerUiOAuth;
}

/** What Swagger UI's Authorize dialog can begin with. */
export interface SwaggerUiOAuth {
  readonly clientId?: string;
  readonly appName?: string;
  readonly realm?: string;
  /** Scopes that are ticked. */
  readonly scopes?: readonly string[];
  readonly scopeSeparator?: string;
  readonly additionalQueryStringParams?: Readonly<Record<string, string>>;
  readonly useBasicAuthenticationWithAccessCodeGrant?: boolean;
  readonly usePkceWithAuthorizationCodeGrant?: boolean;
}
