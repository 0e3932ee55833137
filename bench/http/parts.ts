import { type Bar, barChart } from '../harness/chart.ts';
import type { BenchOptions } from '../harness/options.ts';
import { inTurn, median, ratioTo } from '../harness/rounds.ts';
import { ServerProcess } from '../harness/server-process.ts';
import { figure, markdownTable } from '../harness/table.ts';
import { timedRounds } from '../harness/timed-rounds.ts';
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

// Each of these takes a fresh process and seconds of waiting.
const mostWaitRounds = 9;
const waitsAtOnce = 10_000;

/** Times one request against all contenders. */
export async function timedPart(
  scenario: keyof typeof timed,
  contenders: readonly Contender[],
  { rounds, seconds }: BenchOptions,
): Promise<Part> {
  const rounded = await timedRounds({
    name: scenario,
    contenders,
    request: timed[scenario],
    rounds,
    seconds,
    check: checkAnswers,
  });
  const found = contenders.map((contender) => ({ contender, values: rounded.get(contender.name)! }));
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
  const byName = new Map(contenders.map((contender) => [contender.name, contender]));
  const rounded = await inTurn([...byName.keys()], Math.min(rounds, mostWaitRounds), async (name) => {
    const contender = byName.get(name)!;
    // Without `await` below, the server would be ended while it is being measured.
    await using server = await ServerProcess.start(contender.server);
    // The first thousand compile the code, as the warm-up of the other scenarios does.
    await manyWaits(server, 1000);
    const waits = await manyWaits(server, waitsAtOnce);
    if (waits.failed > 0) throw new Error(`${contender.name}: ${waits.failed} of ${waitsAtOnce} waits failed`);
    console.error(`waits  ${name.padEnd(12)} ${waits.seconds.toFixed(2)} s`);
    return waits;
  });
  const found = contenders.map((contender) => ({ contender, values: rounded.get(contender.name)! }));
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
