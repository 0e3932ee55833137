import type { Claim } from '../contract/engine.ts';

/**
 * Decides which tasks a worker runs side by side. A task whose worker was lost may be what ended it, and would take those beside it along
 * once more: from its first loss on it runs in half the company, and where one more loss would be its last, alone. So whoever is put aside
 * as poison was alone when it was lost.
 */
export class Company {
  readonly #concurrency: number;
  readonly #maxCrashes: number;
  /** The limits of running tasks that have one. */
  readonly #limits: number[] = [];
  /** The limit of a task that there was no room for: so few must be left before the next are claimed. */
  #wanted: number | undefined;

  constructor(concurrency: number, maxCrashes: number) {
    this.#concurrency = concurrency;
    this.#maxCrashes = maxCrashes;
  }

  /** Whether the next claim is for a task that must run alone, so that nothing else may be claimed ahead. */
  get isExact(): boolean {
    return this.#wanted === 1;
  }

  /** How many more may be claimed. */
  free(running: number): number {
    return Math.min(this.#most, this.#wanted ?? this.#concurrency) - running;
  }

  /** Divides what was claimed; what is given back must be so before the others start, or it would be lost with them. */
  admit(claims: readonly Claim[], running: number): Record<'start' | 'giveBack', readonly Claim[]> {
    // With what an engine may hold ahead, it would not be alone.
    const mayBeAlone = this.isExact || this.#concurrency === 1;
    this.#wanted = undefined;
    if (this.#limits.length === 0 && !claims.some(({ crashes }) => crashes > 0)) return { start: claims, giveBack: [] };
    const [start, giveBack]: [Claim[], Claim[]] = [[], []];
    let most = this.#most;
    for (const claim of claims) {
      const limit = this.#limitOf(claim);
      if (running + start.length < Math.min(most, limit) && (limit > 1 || mayBeAlone)) {
        start.push(claim);
        most = Math.min(most, limit);
      } else {
        giveBack.push(claim);
        this.#wanted = Math.min(limit, this.#wanted ?? limit);
      }
    }
    return { start, giveBack };
  }

  started(claim: Claim): void {
    if (claim.crashes > 0) this.#limits.push(this.#limitOf(claim));
  }

  ended(claim: Claim): void {
    if (claim.crashes > 0) this.#limits.splice(this.#limits.indexOf(this.#limitOf(claim)), 1);
  }

  get #most(): number {
    return this.#limits.length === 0 ? this.#concurrency : Math.min(...this.#limits);
  }

  #limitOf({ crashes }: Claim): number {
    if (crashes === 0) return this.#concurrency;
    return crashes >= this.#maxCrashes - 1 ? 1 : Math.ceil(this.#concurrency / 2);
  }
}
