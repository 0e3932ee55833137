import type { Capabilities } from '../contract/capabilities.ts';
import type { QueueDemand } from '../contract/engine.ts';
import type { QueueLimits } from '../declare/queue-limits.ts';

/** Works out what a worker may take from each queue, and keeps the limits that the engine does not. */
export class Demand {
  readonly #queues: readonly string[];
  readonly #limits: Readonly<Record<string, QueueLimits>>;
  readonly #capabilities: Capabilities;
  readonly #elapsed: () => number;
  readonly #running = new Map<string, number>();
  readonly #starts = new Map<string, number[]>();
  #turn = 0;

  constructor(
    queues: readonly string[],
    limits: Readonly<Record<string, QueueLimits>>,
    capabilities: Capabilities,
    elapsed: () => number,
  ) {
    this.#queues = queues;
    this.#limits = limits;
    this.#capabilities = capabilities;
    this.#elapsed = elapsed;
  }

  /** How often to look again while a queue waits for its rate, in milliseconds. */
  get pace(): number {
    const waits = this.#queues.flatMap((queue) => {
      const rate = this.#limits[queue]?.rate;
      return rate === undefined ? [] : [rate.per / rate.limit];
    });
    return Math.max(10, Math.min(1000, ...waits));
  }

  /** One demand for each queue, another one first each time, so that none starves. */
  next(free: number): QueueDemand[] {
    const start = this.#turn++ % this.#queues.length;
    const order = [...this.#queues.slice(start), ...this.#queues.slice(0, start)];
    return order.map((queue) => this.#of(queue, free)).filter(({ limit }) => limit > 0);
  }

  started(queue: string): void {
    this.#running.set(queue, (this.#running.get(queue) ?? 0) + 1);
    if (this.#limits[queue]?.rate !== undefined) this.#starts.get(queue)?.push(this.#elapsed());
  }

  ended(queue: string): void {
    this.#running.set(queue, (this.#running.get(queue) ?? 1) - 1);
  }

  #of(queue: string, free: number): QueueDemand {
    const { concurrency, rate } = this.#limits[queue] ?? {};
    let limit = free;
    if (concurrency !== undefined && !this.#capabilities.queueConcurrency)
      limit = Math.min(limit, concurrency - (this.#running.get(queue) ?? 0));
    if (rate !== undefined && !this.#capabilities.queueRate)
      limit = Math.min(limit, rate.limit - this.#startsWithin(queue, rate.per));
    return { queue, limit, ...(concurrency !== undefined && { concurrency }), ...(rate && { rate }) };
  }

  #startsWithin(queue: string, per: number): number {
    const since = this.#elapsed() - per;
    const starts = (this.#starts.get(queue) ?? []).filter((at) => at > since);
    this.#starts.set(queue, starts);
    return starts.length;
  }
}
