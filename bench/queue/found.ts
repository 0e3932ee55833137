/** What one measurement found. */
export interface Found {
  /** Tasks per second, for `enqueue` and `end-to-end`. */
  readonly perSecond?: number;
  /** Milliseconds from `enqueue` to the start of the function, of each task, for `start`. */
  readonly waits?: readonly number[];
  /** Microseconds of processor time per task, of this process. */
  readonly cpuMicros?: number;
  /** The same of the processes of PostgreSQL, for `drain`. */
  readonly serverMicros?: number;
}
