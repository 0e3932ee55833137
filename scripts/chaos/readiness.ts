import { setTimeout as delay } from 'node:timers/promises';

const pause = 50;

/** Asks an app again and again whether it is ready, and remembers what it said. */
export class Readiness implements AsyncDisposable {
  readonly #seen: { readonly at: number; readonly status: number }[] = [];
  readonly #stop = new AbortController();
  readonly #asking: Promise<void>;

  constructor(address: string) {
    this.#asking = this.#ask(`${address}/readyz`);
  }

  /** What it said to whoever asked between two moments, each status once. */
  between(from: number, to: number): number[] {
    const within = this.#seen.filter(({ at }) => at >= from && at <= to);
    return [...new Set(within.map(({ status }) => status))];
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
      this.#seen.push({ at, status });
      await delay(pause);
    }
  }
}
