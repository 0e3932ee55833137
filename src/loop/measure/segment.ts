// The road's side of the loop guard: what runs between two waits is a segment. While nobody watches, the clock stands at 0, and a
// segment costs two calls that V8 inlines.
const off = (): number => 0;

let check: (() => void) | undefined;
let clock: () => number = off;
let limit = Number.POSITIVE_INFINITY;
let tooLong: (ms: number, phase: string) => void = () => {};

/** How segments are watched. */
export interface SegmentWatch {
  /** Milliseconds. */
  readonly clock: () => number;
  /** Called where a segment begins; may throw, which ends the work that is about to go on. */
  readonly check: (() => void) | undefined;
  /** Longest segment in milliseconds that is not reported. */
  readonly limit: number;
  readonly tooLong: (ms: number, phase: string) => void;
}

/** Begins a segment. Pass the result to {@link endSegment} before the next wait. */
export function beginSegment(): number {
  if (check !== undefined) check();
  return clock();
}

/** Ends a segment, and charges it to the running request or task if it was too long. */
export function endSegment(from: number, phase: string): void {
  const now = clock();
  if (now - from > limit) tooLong(now - from, phase);
}

/**
 * Goes on to what belongs to the same segment: a look at the clock less for each request. In strict mode, the segment ends here, and
 * the next one begins.
 */
export function passSegment(from: number, phase: string): number {
  if (check === undefined) return from;
  endSegment(from, phase);
  return beginSegment();
}

/** Ends a segment, and begins the next one at the same look at the clock. */
export function nextSegment(from: number, phase: string): number {
  const now = clock();
  if (now - from > limit) tooLong(now - from, phase);
  if (check !== undefined) check();
  return now;
}

/** Watches all segments of this thread; `undefined` watches none. */
export function watchSegments(watch: SegmentWatch | undefined): void {
  clock = watch?.clock ?? off;
  check = watch?.check;
  limit = watch?.limit ?? Number.POSITIVE_INFINITY;
  tooLong = watch?.tooLong ?? (() => {});
}
