import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import { type Kind, kinds, rota } from './requests.ts';
import { Latest, type Target } from './target.ts';

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
  /** The first things that went wrong with each kind, in words. */
  readonly faults: string[] = [];
  readonly #target: Target;
  readonly #rota = rota();
  #open = 0;
  #sent = 0;
  #isOver = false;

  /** Loads the app at `url`; bad inputs go to the one at `corpus`. */
  constructor(url: string, corpus: string) {
    const pool = new Pool(url, { connections: mostAtOnce, headersTimeout: longest, bodyTimeout: longest });
    this.#target = { pool, corpus, users: new Latest(50), tasks: new Latest(30) };
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
    await this.#target.pool.destroy();
  }

  #next(): Kind {
    return this.#rota[this.#sent % this.#rota.length]!;
  }

  async #send(kind: Kind): Promise<void> {
    const n = this.#sent++;
    const found = this.answers.get(kind.name)!;
    this.#open++;
    try {
      const fault = await kind.send(this.#target, n);
      if (fault === undefined) found.right++;
      else {
        found.wrong++;
        this.#blame(kind, fault);
      }
    } catch (error) {
      found.failed++;
      this.#blame(kind, (error as Error).message);
    } finally {
      this.#open--;
    }
  }

  #blame({ name }: Kind, fault: string): void {
    const alike = this.faults.filter((one) => one.startsWith(`${name}: `)).length;
    if (alike < 3) this.faults.push(`${name}: ${fault.slice(0, 500)}`);
  }
}
