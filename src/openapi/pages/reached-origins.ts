import type { DocumentedServer } from '../../declare/route/documented.ts';
import type { SecurityScheme } from '../../declare/security.ts';
import type { OpenApiDocument } from '../document.ts';

/** The origins, elsewhere than the page's own, that it must reach: where it comes by a token, and the servers that it sends requests to. */
export function reachedOrigins(document: OpenApiDocument): readonly string[] {
  const { components, paths } = document;
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  const servers = [document, ...operations].flatMap(({ servers }) => (servers ?? []) as readonly DocumentedServer[]);
  const urls = [...Object.values(components?.securitySchemes ?? {}).flatMap(tokenUrls), ...servers.flatMap(serverUrls)];
  return [...new Set(urls.filter(isAbsolute).map((url) => new URL(url).origin))];
}

function tokenUrls(scheme: SecurityScheme): unknown[] {
  if (scheme.type === 'openIdConnect') return [scheme['openIdConnectUrl']];
  const flows = Object.values((scheme['flows'] ?? {}) as Readonly<Record<string, Readonly<Record<string, unknown>>>>);
  return flows.flatMap((flow) => [flow['tokenUrl'], flow['refreshUrl']]);
}

// More would be a header that proxies refuse.
const mostUrls = 50;

/** The addresses of a server, with each value that its variables can have. */
function serverUrls({ url, variables = {} }: DocumentedServer): readonly string[] {
  let urls: readonly string[] = [url];
  for (const [name, { default: fallback, enum: values = [fallback] }] of Object.entries(variables)) {
    urls = urls.flatMap((one) => values.map((value) => one.replaceAll(`{${name}}`, value))).slice(0, mostUrls);
  }
  return urls;
}

function isAbsolute(url: unknown): url is string {
  return typeof url === 'string' && /^https?:\/\//.test(url) && URL.canParse(url);
}
