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
 * @param hasMessages Whether there is an AsyncAPI document to lead to, as far as the app has something to tell there.
 */
export function docsRoutes(
  options: DocsOptions,
  document: (rootPath: string) => OpenApiDocument,
  hasMessages: () => boolean,
): RouteDefinition[] {
  checkDocs(options);
  const { openapi, swagger, redoc, asyncapi } = docsPaths(options);
  if (openapi === false) return [];
  const routes = [hidden(openapi, ({ rootPath }) => document(rootPath))];
  const titleOf = ({ info }: OpenApiDocument): string => String(info['title']);
  if (swagger !== false)
    routes.push(
      hidden(swagger, ({ rootPath }) => {
        const made = document(rootPath);
        const messages = asyncapi !== false && hasMessages() ? asyncapi : undefined;
        const origins = reachedOrigins(made);
        return page(swaggerPage({ title: titleOf(made), openapi, swagger, messages, options, origins }));
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

/** Where the documents and the pages are; `false` where they are not. */
export function docsPaths(options: DocsOptions | false): Required<Pick<DocsOptions, keyof typeof nowhere>> {
  const given: DocsOptions = options === false ? nowhere : options;
  const { openapi = '/openapi.json', swagger = '/docs', redoc = '/redoc' } = given;
  // Whoever serves no document has not asked for another one.
  const { asyncapi = openapi === false ? false : '/asyncapi.json' } = given;
  return openapi === false ? { ...nowhere, asyncapi } : { openapi, swagger, redoc, asyncapi };
}

const nowhere = { openapi: false, swagger: false, redoc: false, asyncapi: false } as const;

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
