import { checkOptions } from '../../base/check-options.ts';
import { type Rules, whole } from '../../base/check-values.ts';
import { CortadoError } from '../../base/error.ts';
import { overloaded } from '../../base/overloaded.ts';
import type { ComponentParts, Gauge } from '../../inject/component.ts';
import { LoopDelay } from '../../loop/measure/loop-delay.ts';
import type { Excess } from '../errors/refusals.ts';
import type { ScopeCounter } from '../request/open-requests.ts';

/** From when on an app refuses requests (503 with `Retry-After`), because it cannot keep up. */
export interface LimitOptions {
  /** Most requests in flight at once, streams included. Default: no limit. */
  readonly inFlight?: number;
  /** Milliseconds that the loop may be late, on average over the last half second. Default: no limit. */
  readonly loopDelay?: number;
  /** Seconds after which a refused client may try again, for `Retry-After`. Default 1. */
  readonly retryAfter?: number;
}

// What a single beat counts at most, in limits: so an idle loop is back under its limit after about a second, whatever was before.
const mostLimits = 10;

const rules: Rules<LimitOptions> = {
  inFlight: whole(1),
  loopDelay: {
    wanted: 'milliseconds above 0',
    fits: (value: unknown) => typeof value === 'number' && value > 0 && value < 2 ** 31,
  },
  retryAfter: { ...whole(0), wanted: 'whole seconds from 0' },
};

/** The limits of an app, and whether it is over them. */
export class Limits implements ComponentParts {
  readonly name = 'limits';
  /** What a refused request ends with. */
  readonly refusal: CortadoError;
  readonly #inFlight: number;
  readonly #loopDelay: number;
  readonly #delay: LoopDelay | undefined;
  readonly #counters = new Set<ScopeCounter>();

  constructor(options: LimitOptions) {
    checkOptions('limits', options, rules);
    const { inFlight, loopDelay, retryAfter = 1 } = options;
    this.#inFlight = inFlight ?? Number.POSITIVE_INFINITY;
    this.#loopDelay = loopDelay ?? Number.POSITIVE_INFINITY;
    if (loopDelay !== undefined) this.#delay = new LoopDelay(mostLimits * loopDelay);
    const headers = { 'retry-after': String(retryAfter) };
    this.refusal = new CortadoError('CORTADO_OVERLOADED', overloaded.detail, { ...overloaded, headers });
  }

  add(counter: ScopeCounter): void {
    this.#counters.add(counter);
  }

  // Loading modules holds up the loop as well, so nothing counts before everything has started.
  ready(): void {
    this.#delay?.start();
  }

  stop(): void {
    this.#delay?.stop();
  }

  /** The limit that one more request would go over, `undefined` where it may come in. */
  excess(): Excess | undefined {
    if (this.#counters.size > 0 && this.#open() >= this.#inFlight)
      return { cause: 'in-flight', reason: `${this.#inFlight} requests are in flight, the limit` };
    const ms = this.#delay?.ms ?? 0;
    if (ms <= this.#loopDelay) return undefined;
    return {
      cause: 'loop-delay',
      reason: `the loop is ${Math.round(ms)} ms late, the limit is ${this.#loopDelay} ms`,
    };
  }

  notReady(): string | undefined {
    return this.excess()?.reason;
  }

  gauges(): Gauge[] {
    if (this.#delay === undefined) return [];
    const help = 'How late the loop is, as the limit loopDelay sees it.';
    return [{ name: 'cortado_loop_delay_seconds', help, value: this.#delay.ms / 1000, across: 'max' }];
  }

  #open(): number {
    let open = 0;
    for (const { scopes } of this.#counters) open += scopes;
    return open;
  }
}
