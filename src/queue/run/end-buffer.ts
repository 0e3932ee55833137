import { CortadoError } from '../../base/error.ts';
import type { Finish } from '../contract/engine.ts';
import { toTaskError } from '../contract/to-task-error.ts';
import type { Ended } from './run-task.ts';

/** The end of a run, and what is to be done once it is stored. */
export interface End extends Finish {
  readonly afterStored: Ended['afterStored'];
}

export interface EndBufferOptions {
  readonly store: (ends: readonly Finish[]) => Promise<readonly boolean[]>;
  readonly onStored: (end: End, isAccepted: boolean) => void;
  /** Told that ends could not be stored; returns after how many milliseconds they are tried again. */
  readonly onError: (error: unknown) => number;
  /** Called when there may be more to store. */
  readonly next: () => void;
}

interface Waiting {
  readonly end: End;
  /** How often storage answered, and did not take it. */
  readonly tries: number;
}

// Of which all but the first were for this end alone: storage will not have it.
const mostTries = 3;

// In a row: so many ends are hardly all at fault.
const mostRefused = 3;

/**
 * Gathers how runs ended, and stores it in batches. What storage refuses in a batch goes alone from then on, so that one end is no reason for
 * the others not to be stored; what it refuses alone becomes a failure with that reason, else its task would count as lost, and run again and again.
 */
export class EndBuffer {
  readonly #options: EndBufferOptions;
  #waiting: Waiting[] = [];
  #inFlight: readonly Waiting[] = [];
  #isStoring = false;

  constructor(options: EndBufferOptions) {
    this.#options = options;
  }

  /** Those that are not stored yet: they are still this worker's. */
  get waiting(): readonly End[] {
    return [...this.#inFlight, ...this.#waiting].map(({ end }) => end);
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && !this.#isStoring;
  }

  add(end: End): void {
    this.#waiting.push({ end, tries: 0 });
  }

  store(): void {
    if (!this.#isStoring && this.#waiting.length > 0) void this.#store();
  }

  async #store(): Promise<void> {
    this.#isStoring = true;
    const ends = this.#waiting;
    this.#inFlight = ends;
    this.#waiting = [];
    const alone = ends.filter(({ tries }) => tries > 0).map((one) => [one]);
    const batches = alone.length === 0 ? [ends] : [ends.filter(({ tries }) => tries === 0), ...alone];
    let pause: number | undefined;
    for (let refused = 0; batches.length > 0; ) {
      const batch = batches.shift()!;
      const error = batch.length === 0 ? undefined : await this.#storeBatch(batch);
      if (error === undefined) {
        refused = 0;
        continue;
      }
      pause = this.#options.onError(error);
      const isAway = error instanceof CortadoError && error.status === 503;
      this.#waiting.push(...(isAway ? batch : batch.map(({ end, tries }) => ({ end, tries: tries + 1 }))));
      // The others would wait for what is away as long, and be tried in vain.
      if (isAway || ++refused >= mostRefused) this.#waiting.unshift(...batches.splice(0).flat());
    }
    this.#inFlight = [];
    const next = (): void => {
      this.#isStoring = false;
      this.#options.next();
    };
    if (pause === undefined) next();
    else setTimeout(next, pause);
  }

  /** Resolves to why the batch is not stored. */
  async #storeBatch(batch: readonly Waiting[]): Promise<unknown> {
    const ends = batch.map(({ end }) => end);
    const [first] = batch;
    const error = await this.#try(ends);
    if (error === undefined || first!.tries + 1 < mostTries || first!.end.outcome.kind === 'failed') return error;
    // Where storage takes not even this, it is not this end that is at fault.
    const failed = { ...first!.end, outcome: { kind: 'failed', error: toTaskError(error) } } satisfies End;
    return (await this.#try([failed])) === undefined ? undefined : error;
  }

  async #try(ends: readonly End[]): Promise<unknown> {
    try {
      const accepted = await this.#options.store(ends);
      for (const [at, end] of ends.entries()) this.#options.onStored(end, accepted[at] !== false);
      return undefined;
    } catch (error) {
      return error ?? new Error('it was refused without a reason');
    }
  }
}
