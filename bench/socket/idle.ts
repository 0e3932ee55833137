import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { BenchOptions } from '../harness/options.ts';
import { inTurn, median, ratioTo } from '../harness/rounds.ts';
import { ServerProcess } from '../harness/server-process.ts';
import { figure, markdownTable } from '../harness/table.ts';
import { checkEcho } from './check.ts';
import type { Contender } from './contenders.ts';
import { LoadClients } from './load-clients.ts';
import type { Part } from './part.ts';

const levels = [0, 5_000, 10_000] as const;
const warmUp = 500;
/** Rounds in which the peers are measured, too: of memory they say the same each time. */
const peerRounds = 3;

interface Memory {
  /** Resident memory in bytes. */
  readonly rss: number;
  /** What is used of the heap, and outside of it, in bytes; `NaN` where the server does not run on Node. */
  readonly live: number;
}

/** Memory of one idle connection, in bytes. */
interface Slope extends Memory {
  /** What the second half of the connections took of the resident memory, each. */
  readonly secondHalf: number;
}

/** Connections that say nothing. */
export async function idlePart(contenders: readonly Contender[], { rounds }: BenchOptions): Promise<Part> {
  const all = new Map<string, Slope[]>();
  const inAll = ['bare', 'bare-again', 'cortado'];
  const measured = contenders.filter(({ name }) => inAll.includes(name));
  const others = contenders.filter(({ name }) => !inAll.includes(name));
  const few = Math.min(rounds, peerRounds);
  const byName = new Map(contenders.map((contender) => [contender.name, contender]));
  for (const [some, times] of [
    [[...measured, ...others], few],
    [measured, rounds - few],
  ] as const) {
    const found = await inTurn(
      some.map(({ name }) => name),
      times,
      (name) => slopeOf(byName.get(name)!),
    );
    for (const [name, slopes] of found) all.set(name, [...(all.get(name) ?? []), ...slopes]);
  }
  return { table: tableOf(contenders, all) };
}

async function slopeOf(contender: Contender): Promise<Slope> {
  const file = join(tmpdir(), `cortado-bench-memory-${process.pid}.json`);
  const { name, wire } = contender;
  await using server = await ServerProcess.start({ ...contender.server, env: { MEMORY_FILE: file } });
  await checkEcho(contender, server.url);
  const open = async (clients: LoadClients, count: number): Promise<void> => {
    await clients.open({ url: server.url + wire.path, count, ...(wire.greeting && { greeting: wire.greeting }) });
  };
  {
    // What the first connections compile is not theirs.
    await using clients = new LoadClients();
    await open(clients, warmUp);
  }
  await pause(500);
  await using clients = new LoadClients();
  const found: Memory[] = [];
  for (const [at, level] of levels.entries()) {
    await open(clients, level - (levels[at - 1] ?? 0));
    await pause(500);
    found.push(await memoryOf(contender, server, file));
  }
  const [none, half, full] = found as [Memory, Memory, Memory];
  const per = (from: number, to: number, count: number): number => (to - from) / count;
  const slope = {
    rss: per(none.rss, full.rss, levels[2]),
    live: per(none.live, full.live, levels[2]),
    secondHalf: per(half.rss, full.rss, levels[2] - levels[1]),
  };
  console.error(
    `idle   ${name.padEnd(16)} ${figure(slope.rss / 1024, 1)} KiB resident, ${figure(slope.live / 1024, 1)} KiB live`,
  );
  return slope;
}

async function memoryOf({ name, isNode }: Contender, server: ServerProcess, file: string): Promise<Memory> {
  if (!isNode) return { rss: server.residentBytes() ?? Number.NaN, live: Number.NaN };
  rmSync(file, { force: true });
  process.kill(server.pid, 'SIGUSR2');
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    await pause(50);
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as Memory;
    } catch {
      // Not written yet, or half.
    }
  }
  throw new Error(`${name} does not tell its memory`);
}

function tableOf(contenders: readonly Contender[], found: ReadonlyMap<string, readonly Slope[]>): string {
  const of = (name: string, key: keyof Slope): number[] => found.get(name)!.map((slope) => slope[key] / 1024);
  const base = contenders[0]!.name;
  const rows = contenders.map(({ name, label, isNode }) => {
    const ratio = (key: keyof Slope): string =>
      figure(ratioTo(of(base, key).slice(0, of(name, key).length), of(name, key)), 2);
    return [
      label,
      isNode ? figure(median(of(name, 'live')), 2) : '',
      isNode ? ratio('live') : '',
      figure(median(of(name, 'rss')), 2),
      ratio('rss'),
      figure(median(of(name, 'secondHalf')), 2),
      String(found.get(name)!.length),
    ];
  });
  return markdownTable({
    columns: ['server', 'live, KiB', '× bare', 'resident, KiB', '× bare', 'of the second half', 'rounds'],
    rows,
  });
}
