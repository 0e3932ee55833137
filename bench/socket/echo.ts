import { pairedRatio } from '../against/paired-ratio.ts';
import { barChart } from '../harness/chart.ts';
import type { BenchOptions } from '../harness/options.ts';
import { inTurn, median, type Rounds, ratioTo } from '../harness/rounds.ts';
import { ServerProcess } from '../harness/server-process.ts';
import { figure, markdownTable } from '../harness/table.ts';
import { roundsPerStart } from '../harness/timed-rounds.ts';
import { checkEcho } from './check.ts';
import type { Contender } from './contenders.ts';
import { type Echoed, LoadClients } from './load-clients.ts';
import { text } from './message.ts';
import type { Part } from './part.ts';

const connections = 64;
const warmUpSeconds = 3;
// Short, and in turn: on a busy machine neighbours in time are alike, and whole seconds are not.
const sliceSeconds = 0.25;
const sliceWarmUpSeconds = 0.05;

interface Slice extends Echoed {
  readonly perSecond: number;
  /** Processor time of the server for all of its messages, in seconds. */
  readonly cpu: number;
}

interface Running {
  readonly server: ServerProcess;
  readonly clients: LoadClients;
}

/** Messages that are echoed, one at a time on each connection. */
export async function echoPart(contenders: readonly Contender[], { rounds, seconds }: BenchOptions): Promise<Part> {
  const slices = Math.round(seconds / sliceSeconds);
  let disposal = new AsyncDisposableStack();
  const running = new Map<string, Running>();
  const byName = new Map(contenders.map((contender) => [contender.name, contender]));
  const startAfresh = async (slice: number): Promise<void> => {
    if (slice % (roundsPerStart * slices) !== 0) return;
    await disposal.disposeAsync();
    disposal = new AsyncDisposableStack();
    for (const contender of contenders) {
      const { name, wire } = contender;
      const server = disposal.use(await ServerProcess.start(contender.server));
      await checkEcho(contender, server.url);
      const clients = disposal.use(new LoadClients());
      const greeting = wire.greeting && { greeting: wire.greeting };
      await clients.open({ url: server.url + wire.path, count: connections, ...greeting });
      const { messages, elapsed, clientShare } = await clients.echo(wire.wrap(text), warmUpSeconds, 1);
      console.error(
        `echo   ${name.padEnd(16)} ${figure(messages / elapsed)}/s, the clients' core ${figure(clientShare * 100)} % busy`,
      );
      running.set(name, { server, clients });
    }
  };
  const measure = async (name: string): Promise<Slice> => {
    const { server, clients } = running.get(name)!;
    const before = server.cpuSeconds() ?? 0;
    const found = await clients.echo(byName.get(name)!.wire.wrap(text), sliceSeconds, sliceWarmUpSeconds);
    return { ...found, perSecond: found.messages / found.elapsed, cpu: (server.cpuSeconds() ?? 0) - before };
  };
  try {
    return partOf(contenders, await inTurn([...byName.keys()], rounds * slices, measure, startAfresh));
  } finally {
    await disposal.disposeAsync();
  }
}

function partOf(contenders: readonly Contender[], found: Rounds<Slice>): Part {
  const of = (name: string, key: keyof Slice): number[] => found.get(name)!.map((round) => round[key]);
  const base = contenders[0]!.name;
  const cortado = found.has('cortado') ? of('cortado', 'perSecond') : undefined;
  // The system counts in hundredths of a second, so it is their sum that tells.
  const sum = (name: string, key: keyof Slice): number => of(name, key).reduce((all, value) => all + value, 0);
  const cpu = (name: string): number => (sum(name, 'cpu') / sum(name, 'all')) * 1e6;
  const rates = contenders.map(({ name }) => median(of(name, 'perSecond')));
  const table = markdownTable({
    columns: [
      'server',
      'messages/s',
      '× bare',
      'Cortado × it, 95 %',
      'p50, ms',
      'p99, ms',
      'CPU, µs',
      'CPU × bare',
      'clients, % of a core',
    ],
    rows: contenders.map(({ name, label }, at) => [
      label,
      figure(rates[at]!),
      figure(ratioTo(of(base, 'perSecond'), of(name, 'perSecond')), 2),
      cortado === undefined || name === 'cortado' ? '' : pairedRatio(of(name, 'perSecond'), cortado),
      figure(median(of(name, 'p50')), 2),
      figure(median(of(name, 'p99')), 2),
      figure(cpu(name), 1),
      figure(cpu(name) / cpu(base), 2),
      figure(median(of(name, 'clientShare')) * 100),
    ]),
  });
  return {
    table,
    chart: (title) =>
      barChart(title, [
        {
          title: 'messages per second (more is better)',
          bars: contenders.map(({ name, label }, at) => ({
            label,
            value: rates[at]!,
            text: figure(rates[at]!),
            accent: name === 'cortado',
          })),
        },
      ]),
  };
}
