import { join } from 'node:path';
import { pairedRatio } from '../against/paired-ratio.ts';
import type { BenchOptions } from '../harness/options.ts';
import { inTurn, median, type Rounds, ratioTo } from '../harness/rounds.ts';
import { ServerProcess } from '../harness/server-process.ts';
import { figure, markdownTable } from '../harness/table.ts';
import { roundsPerStart } from '../harness/timed-rounds.ts';
import { LoadClients } from './load-clients.ts';
import { markOf } from './message.ts';
import type { Part } from './part.ts';

const listeners = 10_000;
const warmUpEvents = 5;
const eventsPerRound = 5;

const labels = {
  bare: { sockets: 'a loop of ws.send', streams: 'bare node:http, a loop of write' },
  'bare-again': { sockets: 'the same, again', streams: 'the same, again' },
  cortado: { sockets: 'Cortado, a channel piped to sockets', streams: 'Cortado, a channel as event stream' },
} as const;

type Name = keyof typeof labels;

interface Fanned {
  /** From the publishing of an event to its last byte in the last client, milliseconds. */
  readonly ms: number;
  /** Processor time of the server for an event, milliseconds. */
  readonly cpuMs: number;
  /** That of the clients. */
  readonly clientMs: number;
}

/** One event for ten thousand listeners. */
export async function fanoutPart(kind: 'sockets' | 'streams', { rounds, only }: BenchOptions): Promise<Part> {
  const names = (Object.keys(labels) as Name[]).filter((name) => name === 'bare' || (only?.includes(name) ?? true));
  let running = new AsyncDisposableStack();
  const sides = new Map<string, Side>();
  const startAfresh = async (round: number): Promise<void> => {
    if (round % roundsPerStart !== 0) return;
    await running.disposeAsync();
    running = new AsyncDisposableStack();
    for (const name of names) {
      const side = await Side.start(name, kind);
      running.use(side);
      for (let times = 0; times < warmUpEvents; times++) await side.publish();
      sides.set(name, side);
    }
  };
  const measure = async (name: string): Promise<Fanned> => {
    const events: Fanned[] = [];
    for (let times = 0; times < eventsPerRound; times++) events.push(await sides.get(name)!.publish());
    const of = (key: keyof Fanned): number => median(events.map((event) => event[key]));
    console.error(
      `${kind} ${name.padEnd(16)} ${figure(of('ms'), 1)} ms, clients' work ${figure(of('clientMs'), 1)} ms`,
    );
    return { ms: of('ms'), cpuMs: of('cpuMs'), clientMs: of('clientMs') };
  };
  try {
    return { table: tableOf(kind, names, await inTurn(names, rounds, measure, startAfresh)) };
  } finally {
    await running.disposeAsync();
  }
}

/** A server with its ten thousand clients. */
class Side implements AsyncDisposable {
  readonly #server: ServerProcess;
  readonly #clients: LoadClients;
  #count = 0;

  private constructor(server: ServerProcess, clients: LoadClients) {
    this.#server = server;
    this.#clients = clients;
  }

  static async start(name: Name, kind: 'sockets' | 'streams'): Promise<Side> {
    const file = `fanout-${name === 'cortado' ? 'cortado' : 'bare'}.ts`;
    const args = [join(import.meta.dirname, 'servers', file)];
    const server = await ServerProcess.start({ name, program: process.execPath, args });
    const clients = new LoadClients();
    const isStream = kind === 'streams';
    await clients.open({ url: server.url + (isStream ? '/events' : '/ws'), count: listeners, isStream });
    return new Side(server, clients);
  }

  async publish(): Promise<Fanned> {
    await this.#clients.listen(markOf(++this.#count));
    const before = this.#server.cpuSeconds() ?? 0;
    const response = await fetch(`${this.#server.url}/publish`);
    const at = BigInt((await response.text()).replaceAll('"', ''));
    const heard = await this.#clients.heard();
    return {
      ms: Number(BigInt(heard.at) - at) / 1e6,
      cpuMs: ((this.#server.cpuSeconds() ?? 0) - before) * 1000,
      clientMs: heard.clientMs,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#clients[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }
}

function tableOf(kind: 'sockets' | 'streams', names: readonly Name[], found: Rounds<Fanned>): string {
  const of = (name: string, key: keyof Fanned): number[] => found.get(name)!.map((round) => round[key]);
  return markdownTable({
    columns: ['server', 'ms to the last', '× bare', '95 %', 'CPU, ms', 'clients’ CPU, ms'],
    rows: names.map((name) => [
      labels[name][kind],
      figure(median(of(name, 'ms')), 1),
      figure(ratioTo(of('bare', 'ms'), of(name, 'ms')), 2),
      name === 'bare' ? '' : pairedRatio(of('bare', 'ms'), of(name, 'ms')),
      figure(median(of(name, 'cpuMs')), 0),
      figure(median(of(name, 'clientMs')), 1),
    ]),
  });
}
