import { setTimeout as wait } from 'node:timers/promises';
import { type Ending, KeptClient } from './kept-client.ts';
import type { Random } from './random.ts';

interface Ask {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly value?: unknown;
  /** What the answer must be. */
  readonly wanted: { readonly status: number; readonly text: (text: string) => boolean };
}

const lines = `${Array.from({ length: 20 }, (_, n) => n).join('\n')}\n`;
const events = Array.from({ length: 20 }, (_, n) => `data: {"n":${n}}\n\n`).join('');
const long = 'x'.repeat(60_000);
const hasPid = (text: string): boolean => /^\{"pid":\d+\}$/.test(text);

/** Clients that keep their connections, and ask one thing after the other: answers, writes, bodies, streams. */
export class KeptLoad implements AsyncDisposable {
  /** Of all that were sent, those that ended in each way. */
  readonly counts: Record<Ending['kind'] | 'kept' | 'keptReset' | 'wrong', number> = {
    answered: 0,
    refused: 0,
    reset: 0,
    half: 0,
    never: 0,
    kept: 0,
    keptReset: 0,
    wrong: 0,
  };
  /** Names whose writes were acknowledged. */
  readonly notes: string[] = [];
  /** How requests ended that were not answered as they should be, the first ones. */
  readonly samples: string[] = [];
  readonly #random: Random;
  readonly #loops: Promise<void>[];
  #isOver = false;
  #sent = 0;

  constructor(address: string, random: Random, clients = 24) {
    this.#random = random;
    this.#loops = Array.from({ length: clients }, (_, at) => this.#ask(address, at));
  }

  get total(): number {
    return this.counts.answered + this.counts.reset + this.counts.half + this.counts.never;
  }

  /** Ends them, each with the answer that it waits for. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #ask(address: string, at: number): Promise<void> {
    using client = new KeptClient(address);
    while (!this.#isOver) {
      const ask = this.#next();
      const ending = await client.send(ask.method, ask.path, ask.value);
      this.#count(ask, ending);
      // Busy ones, and ones whose connections are idle for a while.
      if (ending.kind === 'refused') await wait(50);
      else if (at % 2 === 0) await wait(this.#random.between(0, at * 40));
    }
  }

  #next(): Ask {
    const dice = this.#random.between(1, 100);
    const ok = { status: 200, text: hasPid };
    if (dice <= 55) return { method: 'GET', path: '/', wanted: ok };
    if (dice <= 60) return { method: 'GET', path: '/slow', wanted: ok };
    if (dice <= 80) {
      const name = `n${++this.#sent}`;
      return { method: 'POST', path: '/notes', value: { name }, wanted: { status: 201, text: () => true } };
    }
    if (dice <= 90)
      return {
        method: 'POST',
        path: '/lengths',
        value: long,
        wanted: { status: 200, text: (text) => text === '60000' },
      };
    const [path, whole] = dice <= 95 ? ['/lines', lines] : ['/events', events];
    return { method: 'GET', path, wanted: { status: 200, text: (text) => text === whole } };
  }

  #count(ask: Ask, ending: Ending): void {
    this.counts[ending.kind]++;
    if (ending.kind === 'reset' && ending.wasKept) this.counts.keptReset++;
    if (ending.kind !== 'answered') {
      if (ending.kind !== 'refused') this.#sample(ask, JSON.stringify(ending));
      return;
    }
    if (ending.wasKept) this.counts.kept++;
    if (ending.status !== ask.wanted.status || !ask.wanted.text(ending.text)) {
      this.counts.wrong++;
      this.#sample(ask, `${ending.status} ${ending.text.slice(0, 200)}`);
    } else if (ask.path === '/notes') this.notes.push((ask.value as { readonly name: string }).name);
  }

  #sample({ method, path }: Ask, what: string): void {
    if (this.samples.length < 5) this.samples.push(`${method} ${path}: ${what}`);
  }
}
