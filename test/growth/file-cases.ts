import { file } from '../../src/declare/param.ts';
import { acceptedPackings, wantsPage } from '../../src/http/files/accepted.ts';
import { byteRanges } from '../../src/http/files/byte-ranges.ts';
import { mayResume, unmet } from '../../src/http/files/conditions.ts';
import { disposition } from '../../src/http/files/disposition.ts';
import { staticRoute } from '../../src/http/files/folder-route.ts';
import { parseHttpDate } from '../../src/http/files/http-date.ts';
import { mediaTypeOf } from '../../src/http/files/media-type.ts';
import type { GrowthCase } from '../support/growth.ts';

const validators = { etag: '"a-b"', 'last-modified': 'Sun, 01 Mar 2026 10:00:00 GMT' };
const size = 1_000_000_000;

/** What a header begins with, what is repeated in it, and who reads it. */
const headers: readonly (readonly [string, string, string, (text: string) => unknown])[] = [
  ['a range of many parts', 'bytes=', '0-1,', (text) => byteRanges(text, size)],
  ['a range of empty parts', 'bytes=', ',', (text) => byteRanges(text, size)],
  ['a range of digits', 'bytes=', '9', (text) => byteRanges(text, size)],
  ['a range of blanks', ' ', ' ', (text) => byteRanges(text, size)],
  ['a range of dashes', 'bytes=', '-', (text) => byteRanges(text, size)],
  ['tags', '"', '", "', (text) => unmet({ 'if-none-match': text }, validators)],
  ['a tag without an end', '"', 'a', (text) => unmet({ 'if-match': text }, validators)],
  ['weak tags without an end', 'W/"', 'W/', (text) => unmet({ 'if-match': text }, validators)],
  ['quotes', '"', '"', (text) => unmet({ 'if-none-match': text }, validators)],
  ['blanks before a tag', ' ', ' ', (text) => mayResume({ 'if-range': text }, validators)],
  ['a date of letters', 'S', 'unday', (text) => parseHttpDate(text)],
  ['a date of digits', 'Sun, ', '0', (text) => parseHttpDate(text)],
  ['media types that are accepted', '', 'a/b;q=0.1;x="y",', (text) => wantsPage(text)],
  ['parameters of one', 'a/b', ';q=', (text) => wantsPage(text)],
  ['digits of a weight', 'a/b;q=', '1', (text) => wantsPage(text)],
  ['packings that are accepted', '', 'gzip;q=0.5,', (text) => acceptedPackings(text)],
  ['a name that is stored', '', 'ä"', (text) => disposition('attachment', text)],
  ['an ending', 'a', '.a', (text) => mediaTypeOf(text)],
  ['a name below a root', '', '../', (text) => file(text, { root: '.' })],
];

// The names of a client that are looked at for a hash.
const hashed = (text: string): unknown => immutable.test(text);
const route = staticRoute('/', import.meta.dirname, { immutable: true });
const made = route.handler as unknown as (values: object, context: object) => object;
const answer = made({ path: 'a' }, { url: '/a', headers: {} });
const [mark] = Object.getOwnPropertySymbols(answer);
const { immutable } = (answer as Record<symbol, { immutable: RegExp }>)[mark!]!;

const names: readonly (readonly [string, string, string])[] = [
  ['dashes', '-', '-'],
  ['dots', '.', 'a.'],
  ['hexadecimal digits', '-', 'a1'],
  ['letters of a hash', '-', 'Ab1-'],
  ['capitals', '.', 'A'],
];

export const fileCases: readonly GrowthCase[] = [
  ...headers.map(
    ([name, start, unit, read]): GrowthCase => ({
      name: `files: ${name}`,
      most: 200_000,
      make: (length) => {
        const text = start + unit.repeat(Math.ceil(length / unit.length));
        return () => read(text);
      },
    }),
  ),
  ...names.map(
    ([name, start, unit]): GrowthCase => ({
      name: `files: a name of ${name}`,
      most: 200_000,
      make: (length) => {
        const text = start + unit.repeat(Math.ceil(length / unit.length));
        return () => hashed(text);
      },
    }),
  ),
];
