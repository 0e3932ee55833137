import type { ApiInfo } from '../declare/route/api-info.ts';
import type { DocumentedServer } from '../declare/route/documented.ts';
import { type Member, present } from './document-parts.ts';

/** Where a document was asked for. */
export interface AskedAt {
  /** With its port, as the client wrote it. */
  readonly host: string;
  readonly isSecure: boolean;
}

/** What the servers of a document depend on. */
export interface ServerPlace {
  /** Path below which the app lies; empty where it is none. */
  readonly rootPath: string;
  readonly asked: AskedAt | undefined;
}

// AsyncAPI wants a host, which an app does not know.
const unknownHost: Pick<Place, 'host' | 'variables'> = {
  host: '{host}',
  variables: { host: { default: 'localhost:8000', description: 'Where the app is served.' } },
};

interface Place {
  readonly host: string;
  readonly pathname: string;
  readonly isSecure: boolean;
  readonly description: string | undefined;
  readonly variables: DocumentedServer['variables'];
}

/**
 * The servers of each protocol that channels have, by name: those of the app, once for sockets and once for streams, and one for each kind of
 * component, which is nowhere that a client could reach.
 */
export function serversOf(
  protocols: readonly string[],
  given: ApiInfo['servers'] = [],
  place: ServerPlace,
): ReadonlyMap<string, Readonly<Record<string, Member>>> {
  const { rootPath } = place;
  const isNamed = rootPath === '' || given.some(({ url }) => url === rootPath);
  const all = isNamed ? given : [{ url: rootPath }, ...given];
  const places = (all.length === 0 ? [{ url: '/' }] : all).map((server) => placeOf(server, place.asked));
  const byProtocol = [...new Set(protocols)].map((protocol): [string, Readonly<Record<string, Member>>] => {
    if (protocol !== 'ws' && protocol !== 'http') return [protocol, { [protocol]: internal(protocol) }];
    const servers = places.map((one, at) => [at === 0 ? protocol : `${protocol}-${at + 1}`, serverOf(one, protocol)]);
    return [protocol, Object.fromEntries(servers) as Readonly<Record<string, Member>>];
  });
  return new Map(byProtocol);
}

function placeOf({ url, description, variables }: DocumentedServer, asked: AskedAt | undefined): Place {
  const [, scheme, host, path] = /^([a-z]+):\/\/([^/]+)(\/.*)?$/i.exec(url) ?? [];
  const pathname = (host === undefined ? `/${url.replace(/^\/+/, '')}` : (path ?? '')).replace(/\/+$/, '');
  if (host !== undefined) return { host, pathname, isSecure: /^(?:https|wss)$/i.test(scheme!), description, variables };
  if (asked !== undefined) return { ...asked, pathname, description, variables };
  return {
    pathname,
    isSecure: false,
    description,
    host: unknownHost.host,
    variables: { ...unknownHost.variables, ...variables },
  };
}

function serverOf({ host, pathname, isSecure, description, variables }: Place, protocol: 'ws' | 'http'): Member {
  return present({
    host,
    pathname: pathname === '' ? undefined : pathname,
    protocol: isSecure ? `${protocol}s` : protocol,
    description,
    variables,
  });
}

function internal(kind: string): Member {
  const description = 'Within the app: where it is stands in its own settings, and clients do not reach it.';
  return { host: 'internal', protocol: kind, description };
}
