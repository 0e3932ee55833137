import { randomBytes } from 'node:crypto';
import type { ByteRange } from './byte-ranges.ts';
import type { StreamPart } from './file-stream.ts';

/** Several parts of a file as one body. */
export interface MultipartRanges {
  readonly type: string;
  readonly length: number;
  readonly parts: readonly StreamPart[];
}

/** Puts parts of a file of `size` bytes into a `multipart/byteranges` body (RFC 9110, 14.6). */
export function multipartRanges(ranges: readonly ByteRange[], size: number, type: string): MultipartRanges {
  const boundary = randomBytes(13).toString('hex');
  const parts = ranges.flatMap((range, at): StreamPart[] => [
    Buffer.from(
      `${at === 0 ? '' : '\r\n'}--${boundary}\r\ncontent-type: ${type}\r\ncontent-range: ${contentRange(range, size)}\r\n\r\n`,
      'latin1',
    ),
    range,
  ]);
  parts.push(Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1'));
  const length = parts.reduce((sum, part) => sum + ('start' in part ? part.end - part.start + 1 : part.length), 0);
  return { type: `multipart/byteranges; boundary=${boundary}`, length, parts };
}

export function contentRange({ start, end }: ByteRange, size: number): string {
  return `bytes ${start}-${end}/${size}`;
}
