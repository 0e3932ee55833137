import { setTimeout as delay } from 'node:timers/promises';

const pause = 50;

/** Asks an app again and again whether it is ready, or something else, and remembers what it said. */
export class Readiness implements AsyncDisposable {
  readonly #seen: { readonly at: number; readonly status: number; readonly ms: number }[] = [];
  readonly #stop = new AbortController();
  readonly #asking: Promise<void>;

  constructor(address: string, path = '/readyz') {
    this.#asking = this.#ask(`${address}${path}`);
  }

  /** What it said to whoever asked between two moments, each status once. */
  between(from: number, to: number): number[] {
    const within = this.#seen.filter(({ at }) => at >= from && at <= to);
    return [...new Set(within.map(({ status }) => status))];
  }

  /** How often it was asked since a moment, and how long the slowest answer took, in milliseconds. */
  since(from: number): { readonly asked: number; readonly slowest: number } {
    const within = this.#seen.filter(({ at }) => at >= from);
    return { asked: within.length, slowest: Math.max(0, ...within.map(({ ms }) => ms)) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#asking;
  }

  async #ask(url: string): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const at = performance.now();
      const status = await fetch(url, { signal }).then(
        async (answer) => {
          await answer.arrayBuffer();
          return answer.status;
        },
        () => 0,
      );
      if (signal.aborted) return;
      this.#seen.push({ at, status, ms: performance.now() - at });
      await delay(pause);
    }
  }
}
