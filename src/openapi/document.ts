import type { ApiInfo, ErrorFormat } from '../declare/route/api-info.ts';
import type { Route } from '../declare/route/route.ts';
import type { SecurityScheme } from '../declare/security.ts';
import type { JsonSchema } from '../schema/json/json-schema.ts';
import { Components } from './components.ts';
import { type Operation, operationOf } from './operation.ts';
import { SecuritySchemes } from './security-schemes.ts';

/** An OpenAPI 3.1 document. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: Readonly<Record<string, unknown>>;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes?: Readonly<Record<string, SecurityScheme>>;
  };
  readonly [member: string]: unknown;
}

export function openApiDocument(info: ApiInfo, routes: readonly Route[], format: ErrorFormat): OpenApiDocument {
  const components = new Components();
  const security = new SecuritySchemes();
  const paths: Record<string, Record<string, Operation>> = {};
  const documented = routes.filter((route) => route.definition.settings.documented !== false && !isUnknown(route));
  const ids = operationIds(documented);
  for (const route of documented) {
    const path = route.template.source.replace(/\{(\w+):path\}/g, '{$1}');
    const method = route.definition.method.toLowerCase();
    paths[path] ??= {};
    paths[path][method] = operationOf(route, ids.get(route)!, components, security, format);
  }
  const named = components.finish(paths);
  const shared = { schemas: named.schemas, ...present({ securitySchemes: security.finish() }) };
  const {
    title = 'Cortado',
    version = '0.1.0',
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
  return {
    openapi: '3.1.0',
    info: present({ title, version, summary, description, termsOfService, contact, license }),
    paths: named.paths,
    // Whoever has a scheme documents its 401, and that has a schema.
    ...(Object.keys(named.schemas).length > 0 && { components: shared }),
    ...present({ servers, security: [], tags, externalDocs }),
  };
}

function present(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** Names of the operations for generated clients, each its own: where two would be the same, the later one gets a number. */
function operationIds(routes: readonly Route[]): ReadonlyMap<Route, string> {
  const ids = new Map<Route, string>();
  const taken = new Set<string>();
  for (const route of routes) {
    const id = operationIdOf(route);
    let unique = id;
    for (let number = 2; taken.has(unique); number++) unique = `${id}_${number}`;
    taken.add(unique);
    ids.set(route, unique);
  }
  return ids;
}

/** Whether OpenAPI 3.1 has no word for a route's method: QUERY came with 3.2. */
export function isUnknown({ definition }: Route): boolean {
  return definition.method === 'QUERY';
}

// FastAPI's, of the handler's name, path and method; without a name, of the other two.
function operationIdOf({ definition, template }: Route): string {
  const { handler, method, settings } = definition;
  if (settings.operationId !== undefined) return settings.operationId;
  const path = template.source.replace(/\{(\w+):path\}/g, '{$1}').replace(/\W/g, '_');
  const name = handler.name.replace(/\W/g, '_');
  return `${name === '' ? path.replace(/_+/g, '_').replace(/^_|_$/g, '') || 'root' : `${name}${path}`}_${method.toLowerCase()}`;
}
