import { CortadoError } from '../base/error.ts';
import type { Figure, FromSibling, ToSibling } from './figure.ts';

type All = readonly (readonly Figure[])[];

// Milliseconds. The primary waits for less, and then answers with what it knows of those that are late.
const patience = 5000;

/** The other workers of `cortado run --workers N`, whose figures a scrape wants as well. Without workers there are none, and nothing is listened for. */
export class Siblings {
  readonly #figures: () => Promise<readonly Figure[]>;
  readonly #hasRelay: boolean;
  readonly #asked = new Map<number, (all: All) => void>();
  #asks = 0;

  /**
   * @param figures What this worker has measured.
   * @param hasRelay Whether the primary of this process passes on what its workers say.
   */
  constructor(figures: () => Promise<readonly Figure[]>, hasRelay: boolean) {
    this.#figures = figures;
    this.#hasRelay = hasRelay;
  }

  start(): void {
    if (this.#hasRelay) process.on('message', this.#onMessage);
  }

  /** What this worker has counted goes on counting: its last figures are handed over before it ends. */
  async stop(): Promise<void> {
    process.off('message', this.#onMessage);
    if (this.#hasRelay) await this.#report(0);
  }

  /** The figures of all workers, this one included; `undefined` where there are no others. */
  async ask(): Promise<All | undefined> {
    if (!this.#hasRelay) return undefined;
    const id = ++this.#asks;
    const { promise, resolve, reject } = Promise.withResolvers<All>();
    const late = `the primary did not send the figures of the workers within ${patience} ms.`;
    const timer = setTimeout(() => reject(new CortadoError('CORTADO_METRICS', late)), patience);
    this.#asked.set(id, resolve);
    try {
      await send({ type: 'metrics:ask', id });
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#asked.delete(id);
    }
  }

  readonly #onMessage = (message: ToSibling): void => {
    if (message.type === 'metrics:all') this.#asked.get(message.id)?.(message.all);
    else if (message.type === 'metrics:collect') void this.#report(message.id);
  };

  async #report(id: number): Promise<void> {
    try {
      await send({ type: 'metrics:figures', id, figures: await this.#figures() });
    } catch {
      // The primary then takes what it knew before.
    }
  }
}

function send(message: FromSibling): Promise<void> {
  if (!process.connected) return Promise.resolve();
  return new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
}
