/** What clients were told and what was there in the end. */
export class Account {
  /** Writes that were answered with success. */
  acknowledged = 0;
  /** Tasks whose enqueuing was answered with success. */
  tasks = 0;
  /** Of both, what was not there in the end. */
  lost = 0;
  /** Effects that happened more often than once. */
  twice = 0;
  /** Answers of 503 that say when to try again. */
  refused = 0;
  /** Connections that broke before an answer was whole. */
  resets = 0;
  /** For each time that something was away: milliseconds from when it was back to the first success. */
  readonly backAfter: number[] = [];
  /** What else was counted, in words. */
  readonly figures: string[] = [];
  /** What was promised and did not hold, in words. */
  readonly broken: string[] = [];

  /** Puts down what did not hold, where it did not. */
  promise(holds: boolean, otherwise: string): void {
    if (!holds) this.broken.push(otherwise);
  }
}
