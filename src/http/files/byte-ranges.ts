/** A part of a file, both ends included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

// As Starlette: who asks for more gets all of it.
const mostRanges = 100;

/**
 * The parts that a `Range` asks for of `size` bytes (RFC 9110, 14.1.2): `undefined` where it is to be ignored, empty where none of them is there.
 * What overlaps or meets is one part; where that is so, parts come in their order in the file, else in the order of the header.
 */
export function byteRanges(header: string, size: number): readonly ByteRange[] | undefined {
  const set = /^\s*bytes=(.*)$/i.exec(header)?.[1];
  if (set === undefined) return undefined;
  const specs = set.split(',', mostRanges + 1);
  if (specs.length > mostRanges) return undefined;
  const ranges: ByteRange[] = [];
  let isAny = false;
  for (const spec of specs) {
    const text = spec.trim();
    // Lists may have empty members (RFC 9110, 5.6.1).
    if (text === '') continue;
    const [, first, last] = /^(\d*)-(\d*)$/.exec(text) ?? [];
    if (first === undefined || (first === '' && last === '')) return undefined;
    if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
    isAny = true;
    // A part of nothing cannot be named, and all of it has no bytes either.
    if (first === '' && size === 0 && Number(last) > 0) return undefined;
    const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
    const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
    if (start < size && start <= end) ranges.push({ start, end });
  }
  return isAny ? merged(ranges) : undefined;
}

function merged(ranges: readonly ByteRange[]): readonly ByteRange[] {
  const joined: { start: number; end: number }[] = [];
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    const before = joined.at(-1);
    if (before !== undefined && start <= before.end + 1) before.end = Math.max(before.end, end);
    else joined.push({ start, end });
  }
  return joined.length === ranges.length ? ranges : joined;
}
