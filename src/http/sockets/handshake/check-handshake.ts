import type { FastifyRequest } from 'fastify';
import type { SocketSettings } from '../../../declare/route/socket-declaration.ts';
import { HttpError } from '../../request/http-error.ts';

// RFC 6455, 4.1 and 4.4; ws takes 8 as well, which is the same on the wire.
const versions = ['13', '8'];

/** A handshake that is refused before anything of the app has looked at it, with what metrics call the cause. */
export class HandshakeRefused extends HttpError {
  override name = 'HandshakeRefused';
  readonly refusal: string;

  constructor(status: number, detail: string, refusal: string, headers: Readonly<Record<string, string>> = {}) {
    super(status, detail, { headers });
    this.refusal = refusal;
  }
}

/**
 * Checks what a handshake says of itself, and where its page came from: a browser sends cookies along whatever page asks it to.
 *
 * @throws HandshakeRefused 403, 426.
 */
export function checkHandshake(request: FastifyRequest, origins: SocketSettings['origins']): void {
  const { 'sec-websocket-version': version, origin } = request.headers;
  if (typeof version !== 'string' || !versions.includes(version))
    throw new HandshakeRefused(426, 'Web sockets are spoken in version 13', 'handshake', {
      'sec-websocket-version': versions.join(', '),
      upgrade: 'websocket',
    });
  if (origin === undefined || origins === '*') return;
  const said = origin.toLowerCase();
  const isKnown =
    origins === undefined ? isSameHost(said, request.host) : origins.some((one) => one.toLowerCase() === said);
  if (!isKnown) throw new HandshakeRefused(403, 'Pages of this origin may not connect', 'origin');
}

// An origin leaves out the port that its scheme has anyway; a proxy may name it all the same.
function isSameHost(origin: string, host: string): boolean {
  const page = URL.parse(origin);
  return page !== null && page.host !== '' && URL.parse(`${page.protocol}//${host}`)?.host === page.host;
}
