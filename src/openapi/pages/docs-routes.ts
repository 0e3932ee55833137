import type { DocsOptions } from '../../declare/route/api-info.ts';
import type { RouteDefinition } from '../../declare/route/route.ts';
import type { OpenApiDocument } from '../document.ts';
import { checkDocs } from './check-docs.ts';
import { type PageFiles, pageFile, redocFiles, swaggerUi } from './page-files.ts';
import { reachedOrigins } from './reached-origins.ts';
import { redocPage } from './redoc-page.ts';
import { swaggerPage } from './swagger-page.ts';

/** What of a request the document depends on. */
interface Below {
  readonly rootPath: string;
}

/**
 * The routes that serve the document and its pages, from local files alone.
 *
 * @param document Makes the document for requests below a root path.
 */
export function docsRoutes(options: DocsOptions, document: (rootPath: string) => OpenApiDocument): RouteDefinition[] {
  checkDocs(options);
  const { openapi, swagger, redoc } = docsPaths(options);
  if (openapi === false) return [];
  const routes = [hidden(openapi, ({ rootPath }) => document(rootPath))];
  const titleOf = ({ info }: OpenApiDocument): string => String(info['title']);
  if (swagger !== false)
    routes.push(
      hidden(swagger, ({ rootPath }) => {
        const made = document(rootPath);
        return page(swaggerPage({ title: titleOf(made), openapi, swagger, options, origins: reachedOrigins(made) }));
      }),
      ...filesOf(swagger, swaggerUi),
    );
  if (redoc !== false)
    routes.push(
      hidden(redoc, ({ rootPath }) => page(redocPage({ title: titleOf(document(rootPath)), openapi, redoc }))),
      ...filesOf(redoc, redocFiles),
    );
  return routes;
}

/** Where the document and its pages are; `false` where they are not. */
export function docsPaths(options: DocsOptions | false): Required<Pick<DocsOptions, 'openapi' | 'swagger' | 'redoc'>> {
  const { openapi = '/openapi.json', swagger = '/docs', redoc = '/redoc' } = options === false ? nowhere : options;
  return openapi === false ? nowhere : { openapi, swagger, redoc };
}

const nowhere = { openapi: false, swagger: false, redoc: false } as const;

function hidden(path: string, make: (below: Below) => unknown): RouteDefinition {
  const handler = (_values: never, below: Below): unknown => make(below);
  return { method: 'GET', path, params: {}, response: undefined, settings: { documented: false }, handler };
}

function filesOf(path: string, files: PageFiles): RouteDefinition[] {
  return Object.keys(files.served).map((name) => hidden(`${path}/${name}`, () => pageFile(files, name)));
}

function page({ body, policy }: { readonly body: string; readonly policy: string }): Response {
  return new Response(body, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
    },
  });
}
