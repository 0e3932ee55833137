import { invalidOption } from '../base/error.ts';
import { isRecord } from '../base/is-record.ts';
import type { ApiInfo, ErrorFormat, OpenApiVersion } from '../declare/route/api-info.ts';
import type { Route } from '../declare/route/route.ts';
import type { SecurityScheme } from '../declare/security.ts';
import type { JsonSchema } from '../schema/json/json-schema.ts';
import type { DocumentTools } from './operations/document-tools.ts';
import { mergeMembers } from './operations/merge-members.ts';
import { listCallbacks, type Operation, operationOf, outgoingOf } from './operations/operation.ts';
import { type DocumentedRoute, OperationIds } from './operations/operation-ids.ts';
import { SecuritySchemes } from './operations/security-schemes.ts';
import { Components } from './schemas/components.ts';
import { copyJson } from './schemas/copy-json.ts';

type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

/** An OpenAPI document, 3.1 or 3.2. */
export interface OpenApiDocument {
  readonly openapi: OpenApiVersion;
  readonly info: Readonly<Record<string, unknown>>;
  readonly paths: Paths;
  /** Requests that the app sends to those who ask for them elsewhere, by name. */
  readonly webhooks?: Paths;
  readonly components?: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes?: Readonly<Record<string, SecurityScheme>>;
  };
  readonly [member: string]: unknown;
}

/** What a document tells of. */
export interface Documented {
  readonly routes: readonly Route[];
  /** Requests that the app sends, each called as its path. */
  readonly webhooks: readonly Route[];
  readonly errors: ErrorFormat;
}

/**
 * The document of an API. It is frozen, and shares nothing with what the app declared.
 *
 * @throws CortadoError `CORTADO_ROUTE_DUPLICATE` where two operations were given one name, `CORTADO_OPTION_INVALID` where an `openapi` option
 * refers to what is not there.
 */
export function openApiDocument(info: ApiInfo, { routes, webhooks, errors }: Documented): OpenApiDocument {
  const version = info.openapiVersion ?? '3.1.0';
  const documented = routes.filter(
    (route) => route.definition.settings.documented !== false && !isUnknown(route, version),
  );
  const sent = webhooks
    .filter(({ definition }) => definition.settings.documented !== false)
    .map((route) => ({ route, name: route.definition.path }));
  const all = [...documented.flatMap(withCallbacks), ...sent];
  const tools: DocumentTools = {
    components: new Components(info.separateInputOutputSchemas ?? true),
    schemes: new SecuritySchemes(),
    ids: new OperationIds(all),
    errors,
    version,
  };
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of documented) {
    const path = route.template.source.replace(/\{(\w+):path\}/g, '{$1}');
    paths[path] = { ...paths[path], [route.definition.method.toLowerCase()]: operationOf(route, tools) };
  }
  const named = tools.components.finish({ paths, ...(sent.length > 0 && { webhooks: outgoingOf(sent, tools) }) });
  const securitySchemes = tools.schemes.finish();
  const {
    title = 'Cortado',
    version: apiVersion = '0.1.0',
    summary,
    description,
    termsOfService,
    contact,
    license,
    // What OpenAPI takes for granted where they are absent; said, because linters ask for both.
    servers = [{ url: '/' }],
    tags,
    externalDocs,
  } = info;
  const made = {
    openapi: version,
    info: present({ title, version: apiVersion, summary, description, termsOfService, contact, license }),
    ...named.document,
    // Whoever has a scheme documents its 401, and that has a schema.
    ...(Object.keys(named.schemas).length > 0 && {
      components: { schemas: named.schemas, ...present({ securitySchemes }) },
    }),
    ...present({ servers, security: [], tags, externalDocs }),
  };
  const document = frozen(copyJson(mergeMembers(made, info.openapi))) as OpenApiDocument;
  checkReferences('App: openapi', info.openapi, document);
  for (const { route } of all) checkReferences(`${route.name}: openapi`, route.definition.settings.openapi, document);
  return document;
}

/** Whether a version of OpenAPI has no word for a route's method: QUERY came with 3.2. */
export function isUnknown({ definition }: Route, version: OpenApiVersion): boolean {
  return definition.method === 'QUERY' && version === '3.1.0';
}

function withCallbacks(route: Route): DocumentedRoute[] {
  return [{ route }, ...listCallbacks(route.definition.settings.callbacks ?? {})];
}

/**
 * A document with the root path as its first server, as FastAPI has it: the paths lie below it.
 *
 * @param given The servers that the app names, of which it may be one already.
 */
export function withRootPath(
  document: OpenApiDocument,
  rootPath: string,
  given: ApiInfo['servers'] = [],
): OpenApiDocument {
  if (rootPath === '' || given.some(({ url }) => url === rootPath)) return document;
  return Object.freeze({ ...document, servers: [{ url: rootPath }, ...given] });
}

function present(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

// What is changed in it would be on the wire for all.
function frozen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
}

function checkReferences(owner: string, members: unknown, document: OpenApiDocument): void {
  if (Array.isArray(members)) for (const item of members) checkReferences(owner, item, document);
  if (!isRecord(members)) return;
  const { $ref: ref } = members;
  if (typeof ref === 'string' && ref.startsWith('#/') && at(ref, document) === undefined)
    throw invalidOption(`${owner}: it refers to ${ref}, which is nowhere in the document.`);
  for (const member of Object.values(members)) checkReferences(owner, member, document);
}

/** What a pointer of JSON (RFC 6901) leads to. */
function at(ref: string, document: unknown): unknown {
  const steps = ref.slice(2).split('/');
  return steps
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (value, step) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, step)
          ? (value as Record<string, unknown>)[step]
          : undefined,
      document,
    );
}
