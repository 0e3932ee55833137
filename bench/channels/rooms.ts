/** The rooms in which the benchmark publishes. */
export const roomNames: readonly string[] = ['a', 'b', 'c', 'd', 'e'];

/** Microseconds of the machine's clock that nobody moves, the same in all its processes. */
export function micros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
