import type { Clock } from '../../../base/clock.ts';
import { hasEnded } from '../../../base/process/process-identity.ts';
import type { WorkerRow } from './store/worker-statements.ts';

interface Sight {
  readonly beat: number;
  /** When its count was seen to change last, on this process's own clock. */
  readonly since: number;
}

/** Picks the workers that are lost. */
export type Liveness = (workers: readonly WorkerRow[]) => WorkerRow[];

/**
 * Tells which workers are lost. No clock of another process is asked, and none that can be set: a worker is lost when its count of beats has
 * not moved for the length of its lease while this process looked on, or when its process has ended.
 */
export function watchLiveness(clock: Clock): Liveness {
  let sights = new Map<string, Sight>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  return (workers) => {
    const now = clock.elapsed();
    // Who did not look for a while (it was stopped, or its machine slept) has seen nothing of what the others did meanwhile.
    const pause = now - lookedAt;
    lookedAt = now;
    const former = sights;
    sights = new Map();
    return workers.filter((worker) => {
      const { id, beat, lease } = worker;
      const before = former.get(id);
      const isNews = before === undefined || before.beat !== beat || pause > Math.max(lease / 2, 5000);
      const since = isNews ? now : before.since;
      sights.set(id, { beat, since });
      return now - since > lease || hasEnded(worker);
    });
  };
}
