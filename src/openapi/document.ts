import type { ApiInfo, ErrorFormat } from '../declare/route/api-info.ts';
import type { Route } from '../declare/route/route.ts';
import type { SecurityScheme } from '../declare/security.ts';
import type { JsonSchema } from '../schema/json/json-schema.ts';
import { Components } from './components.ts';
import { type Operation, operationOf } from './operation.ts';
import { operationIds } from './operation-ids.ts';
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

/** Makes the OpenAPI document of planned routes. */
export function openApiDocument(info: ApiInfo, routes: readonly Route[], format: ErrorFormat): OpenApiDocument {
  const components = new Components();
  const security = new SecuritySchemes();
  const paths: Record<string, Record<string, Operation>> = {};
  const documented = routes.filter(({ definition }) => definition.settings.documented !== false);
  const ids = operationIds(documented);
  for (const route of documented) {
    const path = route.template.source.replace(/\{(\w+):path\}/g, '{$1}');
    paths[path] ??= {};
    paths[path][route.definition.method.toLowerCase()] = operationOf(
      route,
      ids.get(route)!,
      components,
      security,
      format,
    );
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
