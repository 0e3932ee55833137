import type { NewTask } from '../contract/engine.ts';
import type { Gate } from '../contract/gate.ts';
import type { Slots } from '../declare/schedule.ts';

export interface Schedule {
  readonly name: string;
  readonly slots: Slots;
  readonly task: (slot: number) => Promise<NewTask>;
}

interface Watched {
  readonly schedule: Schedule;
  /** The last slot that is dealt with, by anybody. */
  last: number;
}

// A slot that is this late was missed: nobody was there when it came.
const lateness = 5000;
const mostAtOnce = 100;
const mostSteps = 10_000;

/**
 * Inserts the tasks of schedules when their slots come. Every process with a worker does; the engine accepts each slot once, so there is no
 * process whose end would stop the schedules.
 */
export class Scheduler {
  readonly #gate: Gate;
  readonly #now: () => number;
  readonly #schedules: readonly Schedule[];
  #watched: Watched[] | undefined;

  constructor(gate: Gate, schedules: readonly Schedule[], now: () => number) {
    this.#gate = gate;
    this.#schedules = schedules;
    this.#now = now;
  }

  /** Deals with the slots that have come; returns when the next one comes. */
  readonly tick = async (): Promise<number | undefined> => {
    if (this.#schedules.length === 0) return undefined;
    const now = this.#now();
    // Of a schedule that never ran, no slot was missed.
    const watch = async (schedule: Schedule): Promise<Watched> => {
      return { schedule, last: (await this.#gate.tell('lastSlot', schedule.name)) ?? now };
    };
    this.#watched ??= await Promise.all(this.#schedules.map(watch));
    const next = await Promise.all(this.#watched.map((watched) => this.#advance(watched, now)));
    const times = next.filter((time) => time !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  };

  async #advance(watched: Watched, now: number): Promise<number | undefined> {
    const { schedule } = watched;
    const [due, next] = slotsUntil(schedule.slots, watched.last, now);
    for (const slot of wanted(schedule.slots, due, now)) {
      await this.#gate.tell('enqueueSlot', schedule.name, slot, await schedule.task(slot));
      watched.last = slot;
    }
    watched.last = due.at(-1) ?? watched.last;
    return next;
  }
}

// A schedule of seconds after a year of silence has millions of slots: most of them are passed over, and the last ones stand for all.
function slotsUntil({ next }: Slots, last: number, now: number): [due: number[], next: number | undefined] {
  const due: number[] = [];
  let slot = next(last);
  for (let count = 1; slot !== undefined && slot <= now; count++) {
    due.push(slot);
    if (due.length > mostAtOnce) due.shift();
    const usual = (slot - last) / count;
    slot = next(count === mostSteps ? Math.max(slot, now - usual * 2 * mostAtOnce) : slot);
  }
  return [due, slot];
}

function wanted({ missed }: Slots, due: readonly number[], now: number): readonly number[] {
  if (missed === 'all') return due;
  return due.slice(-1).filter((slot) => missed === 'one' || now - slot <= lateness);
}
