/** An instant as Celery writes it: ISO 8601 with microseconds and an offset. */
export function encodeTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000+00:00');
}

/** Milliseconds of an ISO time; one without an offset is UTC, as in Celery. `undefined` when it is not a time. */
export function decodeTime(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const ms = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(value) ? value : `${value}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** The last instant that Python's datetime can hold. */
export const lastTime: number = Date.UTC(9999, 11, 31);
