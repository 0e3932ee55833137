import type { Readable } from 'node:stream';
import { checkOptions } from '../base/check-options.ts';
import { invalidOption } from '../base/error.ts';
import type { QueryValues } from './target.ts';

/** Options of one request. At most one of `json`, `form` and `body`. */
export interface ClientRequestOptions {
  /** Added to the query of the address. */
  readonly query?: QueryValues;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as `application/x-www-form-urlencoded`. */
  readonly form?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Readable;
  /** Milliseconds for all of it, the body of the answer included; of `stream`, until the head is there. Default: the client's. */
  readonly timeout?: number;
  /** Ends it early. Default: the signal of the request or task that sends it. */
  readonly signal?: AbortSignal;
}

const known = ['query', 'headers', 'json', 'form', 'body', 'timeout', 'signal'];

/** Throws for unknown options and for more than one body. */
export function checkRequest(request: string, options: ClientRequestOptions): void {
  checkOptions(request, options, known);
  const bodies = [options.json, options.form, options.body].filter((body) => body !== undefined);
  if (bodies.length > 1) throw invalidOption(`${request}: pass one of json, form and body, not several.`);
}

export function encodeBody({ json, form, body }: ClientRequestOptions): {
  readonly body: string | Uint8Array | Readable | undefined;
  readonly type: string | undefined;
} {
  if (json !== undefined) return { body: JSON.stringify(json), type: 'application/json' };
  if (form !== undefined)
    return { body: new URLSearchParams(form).toString(), type: 'application/x-www-form-urlencoded' };
  return { body, type: undefined };
}

/** Headers by their names in lower case; later ones win. */
export function mergeHeaders(
  ...all: readonly (Readonly<Record<string, string>> | undefined)[]
): Record<string, string> {
  const merged: Record<string, string> = {};
  for (const headers of all)
    for (const [name, value] of Object.entries(headers ?? {})) merged[name.toLowerCase()] = value;
  return merged;
}
