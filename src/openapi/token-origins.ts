import type { SecurityScheme } from '../declare/security.ts';
import type { OpenApiDocument } from './document.ts';

/** The origins, elsewhere than the API's own, that the documentation's page must reach to come by a token. */
export function tokenOrigins({ components }: OpenApiDocument): readonly string[] {
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
