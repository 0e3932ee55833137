import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Examples } from '../examples.ts';

/** A place where an API is served, as OpenAPI has it. */
export interface DocumentedServer {
  /** Absolute, or relative to where the document is; `{name}` stands for a variable. */
  readonly url: string;
  /** Markdown. */
  readonly description?: string;
  readonly variables?: Readonly<
    Record<string, { readonly default: string; readonly enum?: readonly string[]; readonly description?: string }>
  >;
}

/** A text about an API, a tag or an operation that stands elsewhere. */
export interface ExternalDocs {
  readonly url: string;
  /** Markdown. */
  readonly description?: string;
}

/** A body of one media type, for the documentation. */
export interface DocumentedContent {
  /** Default: any JSON, text or bytes, as the media type has it. */
  readonly schema?: StandardSchemaV1;
  readonly examples?: Examples;
}

/** A header of an answer, for the documentation. */
export interface DocumentedHeader {
  /** Markdown. */
  readonly description?: string;
  /** Default: a text. */
  readonly schema?: StandardSchemaV1;
  /** Whether it is always there. Default `false`. */
  readonly required?: boolean;
  readonly deprecated?: boolean;
  readonly examples?: Examples;
}

/** What a client can ask next with what an answer says, as OpenAPI has it. */
export interface DocumentedLink {
  /** Name of the operation, of this document. */
  readonly operationId?: string;
  /** Where the operation stands, in the place of `operationId`. */
  readonly operationRef?: string;
  /** Its parameters by name: values, or expressions as `$response.body#/id`. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly requestBody?: unknown;
  /** Markdown. */
  readonly description?: string;
  readonly server?: DocumentedServer;
}

/** A further answer that a route can give, for the documentation. */
export interface DocumentedResponse {
  /** Markdown. Default: what the status is called. */
  readonly description?: string;
  /** Schema of its JSON body. Default: of a status from 400 on, what an `HttpError` answers. */
  readonly schema?: StandardSchemaV1;
  /**
   * Media type of the body. Default `application/json`. Beside the route's own `response`, an entry for its status is one more type that it
   * may answer with: `{ 200: { mediaType: 'image/png' } }`.
   */
  readonly mediaType?: string;
  /** Of the body that `schema` or `mediaType` tells of, or of the route's own where the entry has none. */
  readonly examples?: Examples;
  /** Bodies by media type, where it is one of several. */
  readonly content?: Readonly<Record<string, DocumentedContent>>;
  /** Headers by name. */
  readonly headers?: Readonly<Record<string, DocumentedHeader>>;
  /** Links by name. */
  readonly links?: Readonly<Record<string, DocumentedLink>>;
}

/** Further answers by status, by the hundred (`4XX`), or `default` for all that are not named. */
export interface DocumentedResponses {
  readonly [status: number]: DocumentedResponse;
  readonly default?: DocumentedResponse;
  readonly '1XX'?: DocumentedResponse;
  readonly '2XX'?: DocumentedResponse;
  readonly '3XX'?: DocumentedResponse;
  readonly '4XX'?: DocumentedResponse;
  readonly '5XX'?: DocumentedResponse;
}

/** A body that a route reads itself, for the documentation: of a media type that its parameters do not say. */
export interface DocumentedBody {
  /** Markdown. */
  readonly description?: string;
  /** Default: what the route's parameters say of their body, `true` where they have none. */
  readonly required?: boolean;
  /** By media type, beside that of the parameters. */
  readonly content: Readonly<Record<string, DocumentedContent>>;
}

/** What the name of an operation can be made of. */
export interface NamedRoute {
  readonly method: string;
  /** As it was declared, prefixes included. */
  readonly path: string;
  /** Name of the handler; empty where it has none. */
  readonly name: string;
  readonly tags: readonly string[];
}

/** Makes the name of an operation for generated clients: FastAPI's `generate_unique_id_function`. */
export type NameOperation = (route: NamedRoute) => string;
