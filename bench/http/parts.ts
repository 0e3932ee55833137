import { type Bar, barChart } from '../harness/chart.ts';
import { type LoadRequest, load } from '../harness/load.ts';
import type { BenchOptions } from '../harness/options.ts';
import { inTurn, median, ratioTo } from '../harness/rounds.ts';
import { ServerProcess } from '../harness/server-process.ts';
import { figure, markdownTable } from '../harness/table.ts';
import { timed } from './application.ts';
import { checkAnswers } from './check.ts';
import type { Contender } from './contenders.ts';
import { manyWaits } from './waits.ts';

/** One scenario's results. */
export interface Part {
  readonly table: string;
  readonly note: string;
  readonly chart: (title: string) => string;
}

const warmUpSeconds = 3;
/**
 * After so many rounds all servers start afresh: two processes of the same server differ by some hundredths for as long as they run, by where
 * their memory lies and what the compiler found first.
 */
export const roundsPerStart = 3;
// Each of these takes a fresh process and seconds of waiting.
const mostWaitRounds = 9;
const waitsAtOnce = 10_000;

interface Timed {
  readonly perSecond: number;
  readonly p99: number;
  readonly cpuMicros: number;
}

/** The servers of all contenders, started, checked and warmed up together. */
class Servers implements AsyncDisposable {
  #running = new AsyncDisposableStack();
  readonly #byName = new Map<string, ServerProcess>();

  of({ name }: Contender): ServerProcess {
    return this.#byName.get(name)!;
  }

  async startAfresh(contenders: readonly Contender[], request: LoadRequest): Promise<void> {
    await this.#running.disposeAsync();
    this.#running = new AsyncDisposableStack();
    for (const contender of contenders) {
      const server = this.#running.use(await ServerProcess.start(contender.server));
      await checkAnswers(contender, server.url);
      await load(server.url, request, { seconds: warmUpSeconds });
      this.#byName.set(contender.name, server);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running.disposeAsync();
  }
}

/** Times one request against all contenders. */
export async function timedPart(
  scenario: keyof typeof timed,
  contenders: readonly Contender[],
  { rounds, seconds }: BenchOptions,
): Promise<Part> {
  const request = timed[scenario];
  await using servers = new Servers();
  const startAfresh = async (round: number): Promise<void> => {
    if (round % roundsPerStart === 0) await servers.startAfresh(contenders, request);
  };
  const measure = async (contender: Contender): Promise<Timed> => {
    const server = servers.of(contender);
    const before = server.cpuSeconds() ?? 0;
    const { perSecond, p99, failed, requests } = await load(server.url, request, { seconds });
    if (failed > 0) throw new Error(`${contender.name}: ${failed} of ${requests} requests failed`);
    const cpuMicros = (((server.cpuSeconds() ?? 0) - before) / requests) * 1e6;
    progress(scenario, contender, `${figure(perSecond)}/s`);
    return { perSecond, p99, cpuMicros };
  };
  const found = await measured(contenders, rounds, measure, startAfresh);
  const [base] = found;
  const rows = found.map(({ contender, values }) => {
    const rates = values.map(({ perSecond }) => perSecond);
    const ratio = ratioTo(
      base!.values.map(({ perSecond }) => perSecond),
      rates,
    );
    return {
      contender,
      rate: median(rates),
      ratio,
      p99: median(values.map((value) => value.p99)),
      cpu: median(values.map((value) => value.cpuMicros)),
    };
  });
  return {
    table: markdownTable({
      columns: ['server', 'requests/s', '× bare', 'p99, ms', 'CPU, µs', 'CPU × bare'],
      rows: rows.map(({ contender, rate, ratio, p99, cpu }) => [
        contender.label,
        figure(rate),
        figure(ratio, 2),
        figure(p99, 2),
        figure(cpu, 1),
        figure(cpu / rows[0]!.cpu, 2),
      ]),
    }),
    note: '64 connections, one request at a time on each.',
    chart: (title) =>
      barChart(title, [
        {
          title: 'requests per second (more is better)',
          bars: rows.map(
            ({ contender, rate, ratio }): Bar => bar(contender, rate, `${figure(rate)}  (${figure(ratio, 2)})`),
          ),
        },
      ]),
  };
}

/** Lets many requests wait at once, against all contenders. */
export async function waitsPart(contenders: readonly Contender[], { rounds }: BenchOptions): Promise<Part> {
  const found = await measured(contenders, Math.min(rounds, mostWaitRounds), async (contender) => {
    // Without `await` below, the server would be ended while it is being measured.
    await using server = await ServerProcess.start(contender.server);
    // The first thousand compile the code, as the warm-up of the other scenarios does.
    await manyWaits(server, 1000);
    const waits = await manyWaits(server, waitsAtOnce);
    if (waits.failed > 0) throw new Error(`${contender.name}: ${waits.failed} of ${waitsAtOnce} waits failed`);
    progress('waits', contender, `${waits.seconds.toFixed(2)} s`);
    return waits;
  });
  const base = found.find(({ contender }) => contender.name === 'fastify-ajv') ?? found[0]!;
  const rows = found.map(({ contender, values }) => {
    const seconds = values.map((value) => value.seconds);
    return {
      contender,
      seconds: median(seconds),
      ratio: ratioTo(
        base.values.map((value) => value.seconds),
        seconds,
      ),
      memory: median(values.map((value) => value.bytesPerRequest ?? 0)) / 1024,
      cpu: median(values.map((value) => value.cpuMicros ?? 0)),
    };
  });
  const name = base.contender.name === 'bare' ? 'bare' : 'Fastify';
  return {
    table: markdownTable({
      columns: ['server', 'seconds', `× ${name}`, 'KiB per request', 'CPU, µs'],
      rows: rows.map(({ contender, seconds, ratio, memory, cpu }) => [
        contender.label,
        figure(seconds, 2),
        figure(ratio, 2),
        figure(memory, 1),
        figure(cpu, 0),
      ]),
    }),
    note: [
      'All connections are open before the clock starts; it stops with the last byte of the last answer. Fastify is the base here, and its',
      'route validates nothing. "KiB per request" is how much the resident memory of the server grew while the requests waited.',
    ].join('\n'),
    chart: (title) =>
      barChart(title, [
        {
          title: 'seconds until the last answer (less is better)',
          bars: rows.map(({ contender, seconds }): Bar => bar(contender, seconds, `${figure(seconds, 2)} s`)),
        },
      ]),
  };
}

function bar({ name, label }: Contender, value: number, text: string): Bar {
  return { label, value, text, accent: name === 'cortado' };
}

interface Measured<T> {
  readonly contender: Contender;
  readonly values: readonly T[];
}

async function measured<T>(
  contenders: readonly Contender[],
  rounds: number,
  measure: (contender: Contender) => Promise<T>,
  before?: (round: number) => Promise<void>,
): Promise<Measured<T>[]> {
  const byName = new Map(contenders.map((contender) => [contender.name, contender]));
  const found = await inTurn([...byName.keys()], rounds, (name) => measure(byName.get(name)!), before);
  return contenders.map((contender) => ({ contender, values: found.get(contender.name)! }));
}

function progress(scenario: string, { name }: Contender, text: string): void {
  console.error(`${scenario.padEnd(6)} ${name.padEnd(12)} ${text}`);
}
