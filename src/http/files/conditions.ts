import type { IncomingHttpHeaders } from 'node:http';
import { parseHttpDate } from './http-date.ts';

/** What tells one state of a file from another. */
export interface Validators {
  readonly etag: string;
  /** As it is sent, to the second. */
  readonly 'last-modified': string;
}

/**
 * What the conditions of a GET or HEAD make of it, in the order of RFC 9110, 13.2.2: `undefined` where it is to be answered, else the status in
 * its place.
 */
export function unmet(headers: IncomingHttpHeaders, validators: Validators): 304 | 412 | undefined {
  const ifMatch = headers['if-match'];
  if (ifMatch !== undefined) {
    if (!names(ifMatch, validators.etag, isStrongly)) return 412;
  } else if (isOlder(headers['if-unmodified-since'], validators)) return 412;
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined) return names(ifNoneMatch, validators.etag, isWeakly) ? 304 : undefined;
  const since = dateOf(headers['if-modified-since']);
  return since !== undefined && dateOf(validators['last-modified'])! <= since ? 304 : undefined;
}

/** Whether ranges may be sent: nothing is asked of the file's state, or the client has a part of just this one (RFC 9110, 13.1.5). */
export function mayResume(headers: IncomingHttpHeaders, { etag, 'last-modified': lastModified }: Validators): boolean {
  const ifRange = (headers['if-range'] as string | undefined)?.trim();
  if (ifRange === undefined) return true;
  return ifRange.startsWith('"') || ifRange.startsWith('W/') ? isStrongly(ifRange, etag) : ifRange === lastModified;
}

function isOlder(header: string | undefined, { 'last-modified': lastModified }: Validators): boolean {
  const date = dateOf(header);
  return date !== undefined && dateOf(lastModified)! > date;
}

function dateOf(header: string | undefined): number | undefined {
  return header === undefined ? undefined : parseHttpDate(header);
}

const tags = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

function names(list: string, etag: string, isSame: (one: string, other: string) => boolean): boolean {
  if (list.trim() === '*') return true;
  return (list.match(tags) ?? []).some((one) => isSame(one, etag));
}

function isStrongly(one: string, other: string): boolean {
  return one === other && !one.startsWith('W/');
}

function isWeakly(one: string, other: string): boolean {
  return one.replace(/^W\//, '') === other.replace(/^W\//, '');
}
