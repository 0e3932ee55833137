/** Figures of one contender, one per round. */
export type Rounds<T> = ReadonlyMap<string, readonly T[]>;

/**
 * Measures contenders in turn, round after round, so that whatever else the machine does strikes all of them alike. Each round starts
 * with another contender, so that none always follows the same one. `before` runs ahead of each round.
 */
export async function inTurn<T>(
  contenders: readonly string[],
  rounds: number,
  measure: (contender: string, round: number) => Promise<T>,
  before?: (round: number) => Promise<void>,
): Promise<Rounds<T>> {
  const found = new Map<string, T[]>(contenders.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    await before?.(round);
    for (let turn = 0; turn < contenders.length; turn++) {
      const name = contenders[(round + turn) % contenders.length]!;
      found.get(name)!.push(await measure(name, round));
    }
  }
  return found;
}

/** The middle value; the mean of the two middle ones of an even count. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** The median of the rounds' ratios to the base: both sides of each ratio were measured within the same minute. */
export function ratioTo(base: readonly number[], values: readonly number[]): number {
  return median(values.map((value, round) => value / base[round]!));
}

/** How far from the true one the median ratio may be, with 95 % confidence: by the quartiles of the rounds' ratios. */
export function spreadOfRatio(base: readonly number[], values: readonly number[]): number {
  const ratios = values.map((value, round) => value / base[round]!).sort((a, b) => a - b);
  const at = (share: number): number => ratios[Math.min(ratios.length - 1, Math.floor(share * ratios.length))]!;
  return (1.57 * (at(0.75) - at(0.25))) / Math.sqrt(ratios.length);
}
