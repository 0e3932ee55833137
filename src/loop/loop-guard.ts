import { checkOptions } from '../base/check-options.ts';
import { either, flag, object, positive } from '../base/check-values.ts';
import type { Gauge, Observe } from '../base/component-key.ts';
import type { Logger } from '../base/logger.ts';
import { tellAll } from '../base/process/tell-all.ts';
import { loopMonitor } from './measure/loop-monitor.ts';
import { describeStall, type Stall } from './measure/stall.ts';
import { type StrictLoopOptions, strictLoop } from './strict-loop.ts';
import { startWatchdog } from './watchdog/watchdog.ts';

/** Options of an app's loop guard. */
export interface LoopOptions {
  /** Milliseconds that one piece of work may hold up the loop before it is logged and counted. Default 100. */
  readonly threshold?: number;
  /**
   * Starts a thread that looks, while the loop is held up, which line of code does it, and prints that. Default `false`; `cortado dev`
   * switches it on.
   */
  readonly watchdog?: boolean;
  /** Makes what blocks fail, for tests: see `strictLoop`. Default `false`. */
  readonly strict?: boolean | StrictLoopOptions;
}

/** How long the loop was held up by one owner in one phase. */
export interface BlockedTime {
  /** `undefined` for work that cannot be told. */
  readonly owner: string | undefined;
  readonly phase: string;
  readonly count: number;
  /** Milliseconds. */
  readonly total: number;
  readonly longest: number;
}

const help = 'How long the loop was held up at a time, by the route or task that did it and the phase.';

/** Keeps an account of what holds up the loop, and says so in the log. */
export class LoopGuard {
  readonly #options: LoopOptions;
  readonly #log: Logger;
  readonly #times = new Map<string, BlockedTime>();
  readonly #lastLine = new Map<string, number>();
  readonly #observers: Observe[] = [];
  #stops: (() => void)[] = [];
  readonly #isWatched: boolean;

  /** @param watchdog Whether there is one where the options do not say. */
  constructor(options: LoopOptions, log: Logger, watchdog = false) {
    checkOptions('loop', options, { threshold: positive, watchdog: flag, strict: either(flag, object) });
    this.#options = options;
    this.#log = log;
    this.#isWatched = options.watchdog ?? watchdog;
  }

  /** Its name among the parts of an app. */
  readonly name = 'loop guard';

  /** Begins to judge: once all has started, since loading modules and opening what the app uses may take its time. */
  ready(): void {
    const { threshold = 100, strict = false } = this.#options;
    this.#stops.push(loopMonitor.watch({ threshold, onStall: (stall) => this.#count(stall) }));
    if (this.#isWatched) this.#keep(startWatchdog({ threshold }));
    if (strict !== false) this.#keep(strictLoop(strict === true ? {} : strict));
  }

  stop(): void {
    for (const stop of this.#stops.splice(0).reverse()) stop();
  }

  /** Calls `listener` with each time that the loop was held up, for a histogram. */
  observe(listener: Observe): void {
    this.#observers.push(listener);
  }

  /** Who has held up the loop so far, for metrics. */
  gauges(): Gauge[] {
    return this.blockedTimes().flatMap(({ owner = 'unknown', phase, count, total, longest }) => {
      const labels = { owner, phase };
      const [seconds, most] = [total / 1000, longest / 1000];
      const worst = 'Longest time that the loop was held up at once';
      return [
        { name: 'cortado_loop_blocked_total', help: 'Times that the loop was held up', value: count, labels },
        { name: 'cortado_loop_blocked_seconds_total', help: 'Time that the loop was held up', value: seconds, labels },
        { name: 'cortado_loop_blocked_longest_seconds', help: worst, value: most, labels, across: 'max' },
      ];
    });
  }

  /** Who has held up the loop so far. */
  blockedTimes(): readonly BlockedTime[] {
    return [...this.#times.values()];
  }

  #keep(disposable: Disposable): void {
    this.#stops.push(() => disposable[Symbol.dispose]());
  }

  #count(stall: Stall): void {
    const { owner, phase, ms } = stall;
    const key = `${owner} ${phase}`;
    const { count, total, longest } = this.#times.get(key) ?? { count: 0, total: 0, longest: 0 };
    this.#times.set(key, { owner, phase, count: count + 1, total: total + ms, longest: Math.max(longest, ms) });
    const labels = { owner: owner ?? 'unknown', phase };
    tellAll(this.#observers, { name: 'cortado_loop_blocked_seconds', help, value: ms / 1000, labels });
    this.#say(key, stall);
  }

  // Once a second for the same culprit: a busy server would fill its log with one line.
  #say(key: string, stall: Stall): void {
    const now = performance.now();
    if (now - (this.#lastLine.get(key) ?? Number.NEGATIVE_INFINITY) < 1000) return;
    this.#lastLine.set(key, now);
    const { owner, phase, ms, place } = stall;
    this.#log.warn({ owner, phase, blocked_ms: Math.round(ms), place }, describeStall(stall, this.#isWatched));
  }
}
