import type { RouteDefinition } from '../declare/route/route.ts';
import type { AsyncApiDocument } from './document.ts';
import type { ServerPlace } from './servers.ts';

/** What of a request the document depends on. */
interface Asked {
  readonly rootPath: string;
  readonly request: { readonly host: string; readonly protocol: string };
}

/**
 * The route that serves the document.
 *
 * @param document Makes the document for who asks there.
 */
export function asyncApiRoute(path: string, document: (place: ServerPlace) => AsyncApiDocument): RouteDefinition {
  const handler = (_values: never, { rootPath, request }: Asked): unknown =>
    document({ rootPath, asked: placeOf(request) });
  return { method: 'GET', path, params: {}, response: undefined, settings: { documented: false }, handler };
}

// HTTP/1.0 may say no host.
function placeOf({ host, protocol }: Asked['request']): ServerPlace['asked'] {
  return host ? { host, isSecure: protocol === 'https' } : undefined;
}
