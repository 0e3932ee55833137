import type { Readable } from 'node:stream';

/** A finished answer: what is left is to send it. A body that streams keeps the request's scope open until it ends, unless it stands alone. */
export interface Answer {
  /** `undefined` where the handler's `ctx.setStatus` or the route's own status holds. */
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string | Buffer | Readable | undefined;
  /** That its stream needs nothing of what dependencies have opened, so that they close before its first byte is sent. */
  readonly standsAlone?: boolean;
  /** What the handler made it of, where that says headers and a status by itself. */
  readonly response?: Response;
}

export function isStream({ body }: Answer): boolean {
  return typeof body === 'object' && !Buffer.isBuffer(body);
}

/** Statuses whose answers have no body. RFC 9110, 15.2, 15.3.5, 15.3.6 and 15.4.5. */
export function isBodiless(status: number): boolean {
  return status < 200 || status === 204 || status === 205 || status === 304;
}

/** Headers of every answer that Cortado makes: browsers must not take what a client sent in, and gets back, for a script or a page. */
export const safeHeaders = { 'x-content-type-options': 'nosniff' } as const;
