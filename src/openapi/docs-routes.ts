import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { checkOptions } from '../base/check-options.ts';
import { flag, orFalse, text } from '../base/check-values.ts';
import { ownFolder } from '../base/process/own-files.ts';
import type { DocsOptions } from '../declare/route/api-info.ts';
import type { RouteDefinition } from '../declare/route/route.ts';
import type { SecurityScheme } from '../declare/security.ts';
import { docsPage } from './docs-page.ts';
import type { OpenApiDocument } from './document.ts';
import { relative } from './relative.ts';

/** The routes that serve the document and its pages, from local files alone. */
export function docsRoutes(options: DocsOptions, document: () => OpenApiDocument): RouteDefinition[] {
  checkOptions('docs', options, {
    openapi: orFalse(text),
    swagger: orFalse(text),
    redoc: orFalse(text),
    persistAuthorization: flag,
  });
  const { openapi = '/openapi.json', swagger = '/docs', redoc = '/redoc' } = options;
  if (openapi === false) return [];
  const routes = [hidden(openapi, () => document())];
  if (swagger === false) return routes;
  routes.push(hidden(swagger, () => page(document(), openapi, swagger, options)));
  for (const [file, type] of Object.entries(assets)) routes.push(hidden(`${swagger}/${file}`, () => asset(file, type)));
  if (redoc !== false)
    routes.push(
      hidden(redoc, () => new Response(null, { status: 307, headers: { location: relative(swagger, redoc) } })),
    );
  return routes;
}

/** Swagger UI's files that are served, with their media types. */
export const assets: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
  // Where OAuth2 servers send the reader's browser back to.
  'oauth2-redirect.html': 'text/html; charset=utf-8',
  'oauth2-redirect.js': 'text/javascript; charset=utf-8',
};

function hidden(path: string, handler: () => unknown): RouteDefinition {
  return { method: 'GET', path, params: {}, response: undefined, settings: { documented: false }, handler };
}

function page(document: OpenApiDocument, openapi: string, swagger: string, options: DocsOptions): Response {
  const { persistAuthorization = false } = options;
  const { body, policy } = docsPage({
    title: String(document.info['title']),
    openapi,
    swagger,
    persistAuthorization,
    tokenOrigins: tokenOrigins(document),
  });
  return new Response(body, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
    },
  });
}

let assetsFolder: string | undefined;

// The build copies Swagger UI beside the compiled file, so that an installed Cortado depends on no package for it; sources have the package.
function findAssets(): string {
  const beside = join(ownFolder, 'openapi/swagger-ui');
  return existsSync(beside) ? beside : dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
}

async function asset(file: string, type: string): Promise<Response> {
  assetsFolder ??= findAssets();
  const headers = {
    'content-type': type,
    'cache-control': 'public, max-age=3600',
    'x-content-type-options': 'nosniff',
  };
  return new Response(new Uint8Array(await readFile(join(assetsFolder, file))), { headers });
}

/** The origins, elsewhere than the API's own, that the documentation's page must reach to come by a token. */
function tokenOrigins({ components }: OpenApiDocument): readonly string[] {
  const urls = Object.values(components?.securitySchemes ?? {}).flatMap(tokenUrls);
  return [...new Set(urls.filter(isAbsolute).map((url) => new URL(url).origin))];
}

function tokenUrls(scheme: SecurityScheme): unknown[] {
  if (scheme.type === 'openIdConnect') return [scheme['openIdConnectUrl']];
  const flows = Object.values((scheme['flows'] ?? {}) as Readonly<Record<string, Readonly<Record<string, unknown>>>>);
  return flows.flatMap((flow) => [flow['tokenUrl'], flow['refreshUrl']]);
}

function isAbsolute(url: unknown): url is string {
  return typeof url === 'string' && /^https?:\/\//.test(url) && URL.canParse(url);
}
