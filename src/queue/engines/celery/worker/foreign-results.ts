import type { Redis } from 'ioredis';
import type { CeleryLedger } from '../brokers/celery-ledger.ts';
import { observed } from '../results/states.ts';
import { isOwnResult, readResult } from '../wire/result.ts';

// Long enough for many results to share one look at the ledger.
const collectFor = 50;

// What has more to do than this is caught up with when somebody asks for the task.
const most = 5000;

/** Enters into the ledger how tasks ended that a Python worker ran, so that lists and counts are right before anybody asks for each. */
export class ForeignResults {
  readonly #redis: Redis;
  readonly #ledger: CeleryLedger;
  readonly #taskKey: (id: string) => string;
  #seen = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(redis: Redis, ledger: CeleryLedger, taskKey: (id: string) => string) {
    this.#redis = redis;
    this.#ledger = ledger;
    this.#taskKey = taskKey;
  }

  /** A result was published. Those of Cortado's own workers are in the ledger already. */
  add(id: string, text: string): void {
    if (isOwnResult(text) || this.#seen.size >= most) return;
    this.#seen.set(id, text);
    this.#timer ??= setTimeout(() => void this.#enter(), collectFor);
    this.#timer.unref();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#seen.clear();
  }

  async #enter(): Promise<void> {
    const seen = [...this.#seen];
    this.#seen = new Map();
    this.#timer = undefined;
    const known = await Promise.all(seen.map(([id]) => this.#redis.exists(this.#taskKey(id)))).catch(() => []);
    const texts = seen.filter((_, at) => known[at] === 1);
    await Promise.all(texts.map(([id, text]) => this.#observe(id, text))).catch(() => {});
  }

  async #observe(id: string, text: string): Promise<void> {
    const observation = observed(readResult(id, text));
    if (observation === undefined || observation.state === 'running' || observation.state === 'retrying') return;
    await this.#ledger.observe(id, observation);
  }
}
