import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { parseHost } from '../request/host.ts';
import type { Upstream } from './upstream.ts';

// They speak of one connection (RFC 9110, 7.6.1), as do those that `connection` names.
const ofConnection: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
];

// What clients, or proxies that nobody trusts, say of who they are: it is said anew. Node has answered `expect` already.
const saidAnew = /^(?:forwarded|x-forwarded-.*|x-real-ip|host|expect|:.*)$/;

type Pairs = [name: string, value: string][];

/** The headers of a message that are for the next one, by their names in lower case. */
export function endToEnd({ rawHeaders, headers }: IncomingMessage): Pairs {
  const named = (headers.connection ?? '').toLowerCase().split(/\s*,\s*/);
  const kept: Pairs = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    if (!ofConnection.includes(name) && !named.includes(name)) kept.push([name, rawHeaders[at + 1]!]);
  }
  return kept;
}

/** The same as one record; a name that came several times has a list. */
export function gathered(pairs: Pairs): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of pairs) {
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}

/**
 * The headers of a request to the service. Of `x-forwarded-…` it gets what this app knows: the client's address and the trusted proxies between,
 * the host and scheme that the client asked for, and the prefix that was taken away.
 */
export function forwardedHeaders(request: FastifyRequest, rootPath: string, upstream: Upstream): OutgoingHttpHeaders {
  const { raw, ip, ips, protocol } = request;
  const host = parseHost(request.host) === undefined ? undefined : request.host;
  const sent = gathered(endToEnd(raw).filter(([name]) => !saidAnew.test(name)));
  const addresses = (ips ?? [ip]).filter((address) => address !== undefined).reverse();
  return {
    ...sent,
    host: (upstream.preserveHost ? host : undefined) ?? upstream.url.host,
    ...(addresses.length > 0 && { 'x-forwarded-for': addresses.join(', ') }),
    ...(host !== undefined && { 'x-forwarded-host': host }),
    'x-forwarded-proto': protocol === 'https' ? 'https' : 'http',
    ...(rootPath !== '' && { 'x-forwarded-prefix': rootPath }),
    ...upstream.headers,
  };
}
