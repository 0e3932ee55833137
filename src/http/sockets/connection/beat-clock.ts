/** The time of the last look at all connections, in milliseconds: what messages are marked with, since a look at the clock for each would cost. */
export interface BeatClock {
  readonly now: number;
}
