import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import { type Kind, kinds, rota } from './requests.ts';

/** What came back for one kind of request. */
export interface Answers {
  right: number;
  wrong: number;
  failed: number;
}

// Never more at once than this, whatever the server does; milliseconds for one request.
const mostAtOnce = 256;
const longest = 20_000;
const tick = 5;

/** Sends the mix of requests, as fast as the server takes them or at a steady rate. Bounded in what it has open. */
export class SoakLoad implements AsyncDisposable {
  readonly answers: ReadonlyMap<string, Answers> = new Map(
    kinds.map(({ name }) => [name, { right: 0, wrong: 0, failed: 0 }]),
  );
  /** Requests that were not sent because too many were open: the server did not keep up. */
  late = 0;
  /** The first things that went wrong, in words. */
  readonly faults: string[] = [];
  readonly #pool: Pool;
  readonly #rota = rota();
  #open = 0;
  #sent = 0;
  #isOver = false;

  constructor(url: string) {
    this.#pool = new Pool(url, { connections: mostAtOnce, headersTimeout: longest, bodyTimeout: longest });
  }

  get answered(): number {
    return [...this.answers.values()].reduce((total, { right, wrong }) => total + right + wrong, 0);
  }

  get faulty(): number {
    return [...this.answers.values()].reduce((total, { wrong, failed }) => total + wrong + failed, 0);
  }

  /** Sends without a pause over `connections`, for `ms` milliseconds; resolves to the answers per second. */
  async saturate(connections: number, ms: number): Promise<number> {
    const began = performance.now();
    const before = this.answered;
    const end = began + ms;
    const runs = Array.from({ length: connections }, async () => {
      while (performance.now() < end) await this.#send(this.#next());
    });
    await pause(ms);
    const perSecond = (this.answered - before) / ((performance.now() - began) / 1000);
    await Promise.all(runs);
    return perSecond;
  }

  /** Sends `perSecond` requests a second until `stop`. */
  async pace(perSecond: number): Promise<void> {
    let due = 0;
    let at = performance.now();
    while (!this.#isOver) {
      await pause(tick);
      const now = performance.now();
      due += ((now - at) / 1000) * perSecond;
      at = now;
      for (; due >= 1; due--) {
        if (this.#open < mostAtOnce) void this.#send(this.#next());
        else this.late++;
      }
    }
  }

  /** Stops sending, and waits for what is open. */
  async stop(): Promise<void> {
    this.#isOver = true;
    while (this.#open > 0) await pause(20);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#pool.destroy();
  }

  #next(): Kind {
    return this.#rota[this.#sent % this.#rota.length]!;
  }

  async #send(kind: Kind): Promise<void> {
    const n = this.#sent++;
    const found = this.answers.get(kind.name)!;
    this.#open++;
    try {
      const status = await this.#ask(kind, n);
      if (kind.leaves !== undefined && status === undefined) found.right++;
      else if (status !== undefined && kind.status.includes(status)) found.right++;
      else {
        found.wrong++;
        this.#blame(`${kind.name}: ${status}`);
      }
    } catch (error) {
      found.failed++;
      this.#blame(`${kind.name}: ${(error as Error).message}`);
    } finally {
      this.#open--;
    }
  }

  /** The status, or `undefined` when the client has left before. */
  async #ask({ method, path, body, leaves }: Kind, n: number): Promise<number | undefined> {
    const controller = leaves === undefined ? undefined : new AbortController();
    const timer = controller && setTimeout(() => controller.abort(), leaves);
    try {
      const { statusCode, body: answer } = await this.#pool.request({
        method,
        path: path(n),
        ...(body && { body: body(n), headers: { 'content-type': 'application/json' } }),
        ...(controller && { signal: controller.signal }),
      });
      await answer.dump({ limit: 1e6 });
      return statusCode;
    } catch (error) {
      if (controller?.signal.aborted) return undefined;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #blame(fault: string): void {
    if (this.faults.length < 10) this.faults.push(fault);
  }
}
