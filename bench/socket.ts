// Cortado's sockets beside bare ws and its peers: echoed messages, idle connections, one event for ten thousand.
import { type BenchOptions, benchOptions, isWhole } from './harness/options.ts';
import { installPeers } from './harness/peers.ts';
import { writeReport } from './harness/report.ts';
import { roundsPerStart } from './harness/timed-rounds.ts';
import type { Contender } from './socket/contenders.ts';
import type { Part } from './socket/part.ts';

const titles = {
  echo: 'Echo: a JSON message of 100 bytes, validated, over 64 connections',
  idle: 'Memory of an idle connection',
  fanout: 'One event for 10,000 sockets',
  streams: 'One event for 10,000 event streams',
} as const;

type Scenario = keyof typeof titles;

/** Runs the benchmark. */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, { rounds: 9, seconds: 2 });
  installPeers();
  // The list asks for the peers' versions, so it can only be made once they are installed.
  const { contenders } = await import('./socket/contenders.ts');
  const chosen = choose(contenders(), options);
  const { echoPart } = await import('./socket/echo.ts');
  const { fanoutPart } = await import('./socket/fanout.ts');
  const { idlePart } = await import('./socket/idle.ts');
  const scenarios: Record<Scenario, () => Promise<Part>> = {
    echo: () => echoPart(chosen, options),
    idle: () => idlePart(chosen, options),
    fanout: () => fanoutPart('sockets', options),
    streams: () => fanoutPart('streams', options),
  };
  const parts = new Map<Scenario, Part>();
  for (const scenario of Object.keys(titles) as Scenario[]) {
    if (!(options.scenarios?.includes(scenario) ?? true)) continue;
    const part = await scenarios[scenario]();
    console.log(`\n${titles[scenario]}\n\n${part.table}`);
    parts.set(scenario, part);
  }
  if (isWhole(options)) console.log(`\nWritten to ${write(parts, options)}`);
}

// The base is always measured: without it there is no ratio.
function choose(all: readonly Contender[], { only }: BenchOptions): readonly Contender[] {
  const unknown = only?.find((name) => !all.some((contender) => contender.name === name));
  if (unknown !== undefined)
    throw new Error(`no contender "${unknown}"; there is ${all.map(({ name }) => name).join(', ')}`);
  return all.filter(({ name }, at) => at === 0 || (only?.includes(name) ?? true));
}

function write(parts: ReadonlyMap<Scenario, Part>, options: BenchOptions): string {
  const body = [...parts].map(([scenario, { table, chart }]) =>
    [
      `## ${titles[scenario]}`,
      ...(chart ? [`![${titles[scenario]}](socket-${scenario}.svg)`] : []),
      notes[scenario],
      table,
    ].join('\n\n'),
  );
  const charts = [...parts].flatMap(([scenario, { chart }]) => (chart ? [[scenario, chart(titles[scenario])]] : []));
  return writeReport({
    name: 'socket',
    title: 'Sockets',
    body: [introduction(options), ...body].join('\n\n'),
    charts: Object.fromEntries(charts),
    load: 'clients in a process of their own, servers and clients on a core of their own each',
  });
}

const notes: Record<Scenario, string> = {
  echo: [
    'Each connection sends a message, waits for its echo and sends the next. Whoever validates parses the message, checks it on its way in and on its',
    'way out (FastAPI: makes a model of it, and JSON of the model) and refuses a wrong one; bare ws has a listener that sends back the bytes that came.',
    '"Cortado × it" is the geometric mean of the slices\u2019 ratios. "CPU" is the processor time of the server per message. The last column is the share of',
    'their core that the clients used: below 100 it is the server that has no time left.',
  ].join('\n'),
  idle: [
    'The slope of memory over 0, 5,000 and 10,000 connections, after a forced collection each time, in KiB (1,024 bytes) each. "Live" is what is used of',
    'the heap, and outside of it; "resident" is what the system counts for the process, of which V8 keeps more or less for later. What the second half',
    'took of the resident memory tells whether the slope is one. A server is new in each round, and has had 500 connections before it is measured. The',
    'memory of the kernel for a connection is in none of it.',
  ].join('\n'),
  fanout: [
    'From the publishing of an event of 100 bytes, after which nothing is left to commit, to its last byte in the last of the clients, which are one',
    'process on a core of their own. Bare ws makes the bytes once, and sends them in a loop; Cortado validates, encodes and frames them once. Figures',
    'are medians of the rounds; a round is the median of 5 events. The clients take part of the time, the same on each side; the last column has their work.',
  ].join('\n'),
  streams:
    'The same for event streams, with the id of the event: a loop of `response.write` on bare node:http, a handler that returns the feed.',
};

function introduction({ rounds, seconds }: BenchOptions): string {
  return [
    'Each server runs in a process of its own on one core, the clients on the other; its answers are checked first. Bare ws validates nothing, has the',
    'same interval of pings, and comes twice: what the second one differs by is noise. No side compresses. Elysia\u2019s adapter for Node hands messages on as',
    'text unless a `parse` is given; with one it parses JSON as on Bun. Elysia and Hono send no pings by themselves, Socket.IO its own.',
    `For the echo all run side by side, and are loaded in turn: ${rounds} rounds of ${seconds} seconds each, in slices of a quarter of a second, all started afresh every`,
    `${roundsPerStart} rounds. Figures are medians of the slices, a ratio is the median of their ratios, both sides of which were measured within the same seconds.`,
  ].join('\n');
}
