import type { Clock } from '../../../base/clock.ts';
import { hasEnded } from '../../../base/process/process-identity.ts';
import type { WorkerRow } from './store/worker-statements.ts';

interface Sight {
  readonly beat: number;
  /** When its count was seen to change last, on this process's own clock. */
  readonly since: number;
}

/**
 * Tells which workers are lost. No clock of another process is asked, and none that can be set: a worker is lost when its count of beats has
 * not moved for the length of its lease while this process looked on, or when its process has ended.
 */
export class Liveness {
  readonly #clock: Clock;
  #sights = new Map<string, Sight>();
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  lost(workers: readonly WorkerRow[]): WorkerRow[] {
    const now = this.#clock.elapsed();
    // Who did not look for a while (it was stopped, or its machine slept) has seen nothing of what the others did meanwhile.
    const pause = now - this.#lookedAt;
    this.#lookedAt = now;
    const sights = new Map<string, Sight>();
    const lost = workers.filter((worker) => {
      const before = this.#sights.get(worker.id);
      const { beat, lease } = worker;
      const isNews = before === undefined || before.beat !== beat || pause > Math.max(lease / 2, 5000);
      const since = isNews ? now : before.since;
      sights.set(worker.id, { beat, since });
      return now - since > lease || hasEnded(worker);
    });
    this.#sights = sights;
    return lost;
  }
}
