import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { shown } from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';

/** Whether an address, the `hop`th behind the connection, is a proxy whose forwarded headers are believed. */
export type Trusts = (address: string, hop: number) => boolean;

/** What a request has been told by the app that handed it on to one that is mounted in it. */
export interface HandedOn {
  /** The path, as the client sees it, below which all paths of the mounted app lie. */
  readonly rootPath: string;
  /** Milliseconds that the mounted app may take. */
  readonly timeout: number | undefined;
  /** Whether another App has it now, which measures it itself. */
  readonly isApp: boolean;
}

// On the request, as it lives as long. By well-known symbols: a mounted app may have been made by another copy of Cortado.
const handed = Symbol.for('cortado.handedOn');
const source = Symbol.for('cortado.rootPath');

type Handed = IncomingMessage & { [handed]?: HandedOn };

/** What the request was told as it was handed on; `undefined` where it came by the port. */
export function handedOn(raw: IncomingMessage): HandedOn | undefined {
  return (raw as Handed)[handed];
}

export function noteHandedOn(raw: IncomingMessage, told: HandedOn): void {
  (raw as Handed)[handed] = told;
}

/** Says how a Fastify instance, and all that plugins make of it, comes by the root path of a request. */
export function setRootPath(server: object, rootPath: (raw: IncomingMessage) => string): void {
  (server as { [source]?: typeof rootPath })[source] = rootPath;
}

/**
 * The path below which the paths of the app lie, as the client sees it: ASGI's `root_path`. It is the app's `rootPath`, what a trusted proxy
 * says by `x-forwarded-prefix`, or, where the app is mounted, that of the app it is mounted in and the prefix.
 *
 * @returns `/api/v1` for example, without a slash at its end; empty where the app's paths are those that the client sees.
 * @example
 * ```ts
 * app.server.addHook('onRequest', async (request) => request.log.info({ root: rootPathOf(request) }));
 * ```
 */
export function rootPathOf({ raw, server }: FastifyRequest): string {
  return handedOn(raw)?.rootPath ?? (server as { [source]?: (raw: IncomingMessage) => string })[source]?.(raw) ?? '';
}

// Characters. Longer than any path that somebody put an app below, and too short to fill a head.
const longest = 256;

// No more than what goes into an address, a header, a cookie and a page as it stands: neither quotes nor what separates.
const segments = /^(?:\/(?:[A-Za-z0-9\-._~!$&()*+=:@]|%[0-9A-Fa-f]{2})+)+$/;
const dots = /^(?:\.|%2e){1,2}$/i;

/**
 * A root path as it is used: without slashes at its end. `undefined` for what is none, `//host` for example, which browsers take for another
 * server, or what a header or a cookie could not carry.
 */
export function normalRootPath(text: string): string | undefined {
  if (text.length > longest || !text.startsWith('/')) return undefined;
  const path = text.endsWith('/') ? text.slice(0, -1) : text;
  if (path === '') return '';
  if (!segments.test(path) || path.split('/').some((segment) => dots.test(segment))) return undefined;
  return path;
}

/**
 * The root path that an app or its process was told.
 *
 * @throws CortadoError `CORTADO_OPTION_INVALID`.
 */
export function givenRootPath(said: string | undefined): string | undefined {
  if (said === undefined || said === '') return said;
  const path = normalRootPath(said);
  if (path === undefined)
    throw invalidOption(`The root path must be a path as the client sees it, /api/v1 for example, not ${shown(said)}.`);
  return path;
}

/** What a trusted proxy says by `x-forwarded-prefix`; empty where there is none, or it cannot be one. */
export function forwardedPrefix({ headers, socket }: IncomingMessage, trusts: Trusts): string {
  const said = headers['x-forwarded-prefix'];
  if (typeof said !== 'string' || socket?.remoteAddress === undefined || !trusts(socket.remoteAddress, 0)) return '';
  // Sent twice, it is one line; the last is the nearest proxy's.
  return normalRootPath(said.slice(said.lastIndexOf(',') + 1).trim()) ?? '';
}

/** The path and query of a request's target, which may be a whole address (RFC 9112, 3.2.2). */
export function pathOfTarget(target: string): string {
  if (target.startsWith('/')) return target;
  const rest = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target);
  const path = rest === null ? target : target.slice(rest[0].length);
  return path.startsWith('/') ? path : `/${path}`;
}
