import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Account } from './account.ts';
import type { Random } from './random.ts';

/** What clients do, and how many they are. */
export interface ClientOptions {
  readonly account: Account;
  readonly random: Random;
  /** Default 20. */
  readonly clients?: number;
  /** Of all that they send, the share of orders. Default 0.15. */
  readonly orders?: number;
  /** Characters that each note has besides. Default 0. */
  readonly filler?: number;
  /** Begins the names of what they send. Default `n`. */
  readonly prefix?: string;
}

interface Answer {
  readonly status: number;
  readonly hasRetryAfter: boolean;
}

// Nobody is promised an answer sooner; what takes longer counts as one that never came.
const patience = 60_000;
// What is to be tried again later is tried again after so many milliseconds.
const pauses = [5, 30] as const;

/** Clients that send notes and orders one after the other, each with a name of its own, and remember what they were told. */
export class Clients implements AsyncDisposable {
  /** Names whose notes and orders were answered with success. */
  readonly notes = new Set<string>();
  readonly orders = new Set<string>();
  /** When the last success came. */
  lastSuccess = 0;
  /** Answers that nobody should get, by status. */
  readonly #wrong = new Map<string, number>();
  readonly #waiting: ((now: number) => void)[] = [];
  readonly #account: Account;
  readonly #random: Random;
  readonly #share: number;
  readonly #prefix: string;
  readonly #filler: { readonly filler?: string };
  readonly #agent: Agent;
  readonly #stop = new AbortController();
  readonly #loops: Promise<void>[];
  #sent = 0;

  constructor(addresses: readonly string[], options: ClientOptions) {
    const { account, random, clients = 20, orders = 0.15, prefix = 'n', filler = 0 } = options;
    this.#filler = filler === 0 ? {} : { filler: 'x'.repeat(filler) };
    this.#account = account;
    this.#random = random;
    this.#share = orders;
    this.#prefix = prefix;
    this.#agent = new Agent({ keepAlive: true, maxSockets: clients });
    this.#loops = Array.from({ length: clients }, (_, n) => this.#send(addresses[n % addresses.length]!));
  }

  /** Resolves with the moment of the next success. */
  nextSuccess(signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      signal.addEventListener('abort', () => reject(new Error('no success came')), { once: true });
      this.#waiting.push(resolve);
    });
  }

  /** Resolves once so many writes and tasks were acknowledged. */
  async until(writes: number, tasks: number, signal: AbortSignal): Promise<void> {
    while (this.notes.size + this.orders.size < writes || this.orders.size < tasks)
      await delay(20, undefined, { signal });
  }

  /** Ends them, each with the answer that it waits for; what nobody should be told is in the account then. */
  async stop(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    await Promise.all(this.#loops);
    this.#agent.destroy();
    this.#account.acknowledged += this.notes.size + this.orders.size;
    this.#account.tasks += this.orders.size;
    for (const [what, count] of this.#wrong) this.#account.broken.push(`${count} × ${what}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #send(address: string): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const isOrder = this.#random.next() < this.#share;
      const name = `${this.#prefix}${++this.#sent}`;
      const answer = await this.#post(
        `${address}${isOrder ? '/orders' : '/notes'}`,
        JSON.stringify(isOrder ? { name } : { name, ...this.#filler }),
      );
      if (answer?.status === 201) {
        (isOrder ? this.orders : this.notes).add(name);
        this.#succeed();
        continue;
      }
      if (answer === undefined) this.#account.resets++;
      else if (answer.status === 503 && answer.hasRetryAfter) this.#account.refused++;
      else this.#count(answer.status === 503 ? '503 without Retry-After' : `an answer of ${answer.status}`);
      await delay(this.#random.between(...pauses));
    }
  }

  #succeed(): void {
    this.lastSuccess = performance.now();
    for (const resolve of this.#waiting.splice(0)) resolve(this.lastSuccess);
  }

  #count(what: string): void {
    this.#wrong.set(what, (this.#wrong.get(what) ?? 0) + 1);
  }

  /** `undefined` where the connection broke. */
  #post(url: string, body: string): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      const sent = request(url, {
        method: 'POST',
        agent: this.#agent,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        timeout: patience,
      });
      sent.on('timeout', () => {
        this.#count(`no answer within ${patience / 1000} s`);
        sent.destroy();
      });
      sent.on('error', () => resolve(undefined));
      sent.on('response', (response) => {
        response.resume();
        response.on('error', () => resolve(undefined));
        response.on('end', () =>
          resolve({ status: response.statusCode!, hasRetryAfter: response.headers['retry-after'] !== undefined }),
        );
      });
      sent.end(body);
    });
  }
}
