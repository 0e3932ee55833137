import type { Upstream } from './upstream.ts';

/**
 * Where a redirect of the service leads, as the client has to ask for it: the service knows neither the prefix that was taken away nor, mostly,
 * the host that the client sees. Other hosts stay as they are.
 */
export function forwardedLocation(location: string, { url, basePath }: Upstream, rootPath: string): string {
  const path = ownPath(location, url);
  if (path === undefined) return location;
  const isKnown = rootPath !== '' && isBelow(path, rootPath);
  const rest = basePath !== '' && isBelow(path, basePath) ? path.slice(basePath.length) : path;
  const found = isKnown ? path : `${rootPath}${rest.startsWith('/') ? rest : `/${rest}`}`;
  // Two slashes, or what browsers take for them, would be another host (RFC 3986, 4.2).
  const safe = found.replaceAll('\\', '%5C');
  return safe.startsWith('//') ? `/.${safe}` : safe;
}

/** The path and all behind it, of an address of the service itself; `undefined` for others, and for relative ones, which need no change. */
function ownPath(location: string, url: URL): string | undefined {
  // A path of the service, and no other host.
  if (location.startsWith('/')) return /^\/[/\\]/.test(location) ? undefined : location;
  // The scheme may be the one that the client has used.
  const whole = /^https?:\/\/([^/?#\\]+)([\s\S]*)$/i.exec(location);
  if (whole === null || whole[1]!.toLowerCase() !== url.host) return undefined;
  return whole[2]!.startsWith('/') ? whole[2]! : `/${whole[2]!}`;
}

function isBelow(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && /^(?:[/?#]|$)/.test(path.slice(prefix.length));
}
