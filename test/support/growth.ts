/** Something that takes an input of any size. */
export interface GrowthCase {
  readonly name: string;
  /** The largest size that is asked of it, four times the smallest; more than it would meet is of no use. Default a million. */
  readonly most?: number;
  /** Of what nests, the square may be in what is told: each place names all that are above it. There `most` is all that it ever meets. */
  readonly isBounded?: boolean;
  /** How often it is measured at most, the best of which counts. Default 10. */
  readonly rounds?: number;
  /** Makes an input of a size, and what is done with it. */
  readonly make: (size: number) => () => unknown;
}

/** What three sizes took, each twice the one before. */
export interface Growth {
  /** The smallest size. */
  readonly size: number;
  /** Milliseconds of the main thread's processor time. */
  readonly times: readonly [number, number, number];
  /** What a step took, as a multiple, on the average of the two. */
  readonly step: number;
}

/**
 * Measures how the time of something grows with its input. It begins with small inputs, so that what grows with the square is found before it
 * takes minutes; what is quick at its largest size is done several times.
 *
 * @param enough A growth that ends the measuring; else the best of all rounds counts.
 * @param least Milliseconds that the smallest size takes at least; less is lost in what else the thread does.
 */
export async function growthOf(
  { most = 1_000_000, rounds = 10, make }: GrowthCase,
  enough: number,
  least: number,
): Promise<Growth> {
  let size = Math.ceil(most / 256);
  for (let tries = 0; tries < 8 && size * 8 <= most && (await timeOf(make(size), 1)) < least; tries++) size *= 2;
  const runs = [make(size), make(size * 2), make(size * 4)] as const;
  for (const run of runs) await timeOf(run, 1);
  let times = 1;
  let best: [number, number, number] = unmeasured;
  let step = Number.POSITIVE_INFINITY;
  for (let round = 1; round <= rounds && step > enough; round++) {
    for (let tries = 0; tries < 20 && (await timeOf(runs[0], times)) < least; tries++) {
      // What the compiler has made faster meanwhile is too short to be compared.
      times *= 2;
      best = unmeasured;
    }
    const took = [await timeOf(runs[0], times), await timeOf(runs[1], times), await timeOf(runs[2], times)] as const;
    best = [Math.min(best[0], took[0]), Math.min(best[1], took[1]), Math.min(best[2], took[2])];
    if (best[0] > 0) step = Math.sqrt(best[2] / best[0]);
  }
  return { size, times: best, step };
}

const unmeasured: [number, number, number] = [
  Number.POSITIVE_INFINITY,
  Number.POSITIVE_INFINITY,
  Number.POSITIVE_INFINITY,
];

async function timeOf(run: () => unknown, times: number): Promise<number> {
  const before = process.threadCpuUsage();
  for (let time = 0; time < times; time++) {
    const made = run();
    if (made instanceof Promise) await made;
  }
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

/** Milliseconds of the main thread's processor time for the largest size, at best; `enough` ends the measuring. */
export async function longestOf({ most = 1_000_000, rounds = 10, make }: GrowthCase, enough: number): Promise<number> {
  const run = make(most);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds && best > enough; round++) best = Math.min(best, await timeOf(run, 1));
  return best;
}
