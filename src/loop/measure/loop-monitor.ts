import { culpritOf, framesOf, placeOf } from './own-frames.ts';
import { watchSegments } from './segment.ts';
import { ownerOfRunningCode, type Sighting } from './sighting.ts';
import { type Stall, unknownPhase } from './stall.ts';

/** Who wants to hear of stalls. */
export interface LoopWatcher {
  /** Shortest stall in milliseconds that it wants to hear of. */
  readonly threshold: number;
  /** Called on a free loop, after the stall. */
  readonly onStall?: (stall: Stall) => void;
  /** Called before a segment begins; may throw, to end the work that was caught. */
  readonly beforeSegment?: () => void;
  /** Called right after a segment that was too long, while its request or task is the running one. */
  readonly onLongSegment?: (ms: number, phase: string) => void;
  /** Called while or right after the running code blocks. */
  readonly onSighting?: (sighting: Sighting) => void;
}

interface Pending {
  readonly stall: Stall;
  readonly began: number;
}

// Milliseconds between the beats that show that the loop lives.
const beatEvery = 25;

// Bound once: each request asks it twice.
const clock: () => number = performance.now.bind(performance);

/**
 * Measures how long the loop of this thread is held up, and by whom. Segments that the road brackets are exact. What runs after an await
 * resumes without passing the road: there only a beat that comes late tells that the loop was held up, and a sighting tells by whom.
 */
class LoopMonitor {
  readonly #watchers = new Set<LoopWatcher>();
  readonly #onBeat = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #beat = 0;
  #charged = 0;
  #sighting: { readonly sighting: Sighting; readonly at: number } | undefined;
  #pending: Pending[] = [];
  #wokenAt = Number.NEGATIVE_INFINITY;

  /** Starts to watch; the result ends it. */
  watch(watcher: LoopWatcher): () => void {
    this.#watchers.add(watcher);
    this.#adjust();
    return () => {
      this.#watchers.delete(watcher);
      this.#adjust();
    };
  }

  /** Calls `listener` at each beat, every 25 milliseconds on a free loop. */
  onBeat(listener: () => void): () => void {
    this.#onBeat.add(listener);
    return () => this.#onBeat.delete(listener);
  }

  see(sighting: Sighting): void {
    this.#sighting = { sighting, at: performance.now() };
    for (const watcher of this.#watchers) watcher.onSighting?.(sighting);
  }

  #adjust(): void {
    const limit = Math.min(...[...this.#watchers].map(({ threshold }) => threshold));
    const checks = [...this.#watchers].flatMap(({ beforeSegment }) => beforeSegment ?? []);
    if (this.#watchers.size === 0) this.#rest();
    else if (this.#timer === undefined) this.#begin();
    watchSegments(
      this.#watchers.size === 0
        ? undefined
        : {
            clock,
            check: checks.length === 0 ? undefined : () => checks.forEach((check) => void check()),
            limit,
            tooLong: (ms, phase) => this.#charge(ms, phase),
          },
    );
  }

  #begin(): void {
    // Whoever starts to watch may still have something to do in this turn; it counts from the next one on.
    this.#beat = Number.POSITIVE_INFINITY;
    setImmediate(() => {
      this.#beat = performance.now();
    }).unref();
    this.#timer = setInterval(() => this.#tick(), beatEvery).unref();
    process.on('SIGCONT', this.#onContinue);
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    process.off('SIGCONT', this.#onContinue);
  }

  // A process that was stopped (Ctrl-Z, a debugger from outside) has not held up anything.
  readonly #onContinue = (): void => {
    this.#wokenAt = performance.now();
  };

  #charge(ms: number, phase: string): void {
    const { owner, phase: detailed } = ownerOfRunningCode();
    const fits = detailed !== '' && (phase === 'dependencies' || phase === 'guards');
    this.#charged += ms;
    for (const { threshold, onLongSegment } of this.#watchers) if (ms >= threshold) onLongSegment?.(ms, phase);
    this.#add({ owner, phase: fits ? detailed : phase, ms, place: this.#placeSince(performance.now() - ms) });
  }

  #tick(): void {
    const now = performance.now();
    const late = now - this.#beat - beatEvery;
    const unexplained = late - this.#charged;
    const began = this.#beat;
    this.#beat = now;
    this.#charged = 0;
    for (const listener of this.#onBeat) listener();
    const lowest = Math.min(...[...this.#watchers].map(({ threshold }) => threshold));
    if (unexplained >= lowest) this.#explain(unexplained, began);
  }

  #explain(ms: number, began: number): void {
    const seen = this.#sighting !== undefined && this.#sighting.at >= began ? this.#sighting.sighting : undefined;
    const place = this.#placeSince(began);
    if (seen === undefined) this.#add({ owner: undefined, phase: unknownPhase, ms, place });
    else this.#add({ owner: seen.owner, phase: seen.phase, ms, place });
  }

  #placeSince(began: number): string | undefined {
    if (this.#sighting === undefined || this.#sighting.at < began) return undefined;
    const culprit = culpritOf(framesOf(this.#sighting.sighting.stack));
    return culprit && placeOf(culprit);
  }

  #add(stall: Stall): void {
    if (this.#pending.length === 0) setImmediate(() => this.#report());
    this.#pending.push({ stall, began: performance.now() - stall.ms });
  }

  // By now the loop has been through its poll phase, where it would have heard that the process was stopped meanwhile.
  #report(): void {
    const pending = this.#pending;
    this.#pending = [];
    // Whoever sits at a breakpoint knows that the loop is held up.
    if (process.getBuiltinModule('node:inspector').url() !== undefined) return;
    for (const { stall, began } of pending) {
      if (this.#wokenAt >= began) continue;
      for (const { threshold, onStall } of this.#watchers) if (stall.ms >= threshold) onStall?.(stall);
    }
  }
}

/** The one monitor of this thread's loop. */
export const loopMonitor: LoopMonitor = new LoopMonitor();
