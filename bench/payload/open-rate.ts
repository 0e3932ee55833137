import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cores, onCore } from '../harness/cores.ts';
import type { LoadRequest } from '../harness/load.ts';
import { inTurn, median, type Rounds } from '../harness/rounds.ts';
import { run } from '../harness/run.ts';
import { ServerProcess } from '../harness/server-process.ts';
import { figure, markdownTable } from '../harness/table.ts';
import type { Contender } from './contenders.ts';

/** Milliseconds. */
interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly loopP99: number;
  readonly loopMax: number;
  /** Requests a second that came through. */
  readonly kept: number;
}

interface Report {
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly requests: { readonly average: number };
  readonly non2xx: number;
  readonly errors: number;
}

const rounds = 3;
const secondsPerRound = 20;

/**
 * Latency where requests come at a rate of their own, whether the server keeps up or not: autocannon corrects for those that it could not send
 * in time. Each server gets a minute, in three turns.
 */
export async function openRate(
  contenders: readonly Contender[],
  request: LoadRequest,
  perSecond: number,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'cortado-bench-'));
  try {
    const byName = new Map(contenders.map((contender) => [contender.name, contender]));
    const found = await inTurn([...byName.keys()], rounds, async (name) => {
      const file = join(folder, name);
      await using server = await ServerProcess.start({ ...byName.get(name)!.server, env: { LOOP_DELAY: file } });
      await send(server.url, request, perSecond, 5);
      process.kill(server.pid, 'SIGUSR2');
      const { latency, requests } = await send(server.url, request, perSecond, secondsPerRound);
      process.kill(server.pid, 'SIGUSR2');
      await pause(200);
      const loop = JSON.parse(readFileSync(file, 'utf8')) as { p99: number; max: number };
      console.error(`open rate ${name.padEnd(16)} p99 ${figure(latency.p99, 2)} ms`);
      return { ...latency, loopP99: loop.p99, loopMax: loop.max, kept: requests.average };
    });
    return tableOf(contenders, found, perSecond);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function send(url: string, request: LoadRequest, perSecond: number, seconds: number): Promise<Report> {
  const body = request.body === undefined ? [] : ['-H', 'content-type=application/json', '-b', request.body];
  const program = join(import.meta.dirname, '../node_modules/.bin/autocannon');
  const args = ['--json', '-c', '64', '-d', String(seconds), '-R', String(perSecond), '-m', request.method, ...body];
  const report = JSON.parse(await run(onCore(cores.load, { program, args: [...args, url + request.path] }))) as Report;
  if (report.errors + report.non2xx > 0) throw new Error(`${report.errors + report.non2xx} requests failed`);
  return report;
}

function tableOf(contenders: readonly Contender[], found: Rounds<Latency>, perSecond: number): string {
  const middle = (name: string, pick: keyof Latency): number => median(found.get(name)!.map((one) => one[pick]));
  const base = middle(contenders[0]!.name, 'p99');
  return markdownTable({
    columns: [
      'server',
      'median, ms',
      'p99, ms',
      'p99 × bare',
      'longest, ms',
      'loop late, p99 ms',
      'loop late, longest ms',
    ],
    rows: contenders.map(({ name, label }) => [
      middle(name, 'kept') < 0.98 * perSecond
        ? `${label}, which keeps up with ${figure(middle(name, 'kept'))} a second`
        : label,
      figure(middle(name, 'p50'), 2),
      figure(middle(name, 'p99'), 2),
      figure(middle(name, 'p99') / base, 2),
      figure(middle(name, 'max'), 1),
      figure(middle(name, 'loopP99'), 2),
      figure(middle(name, 'loopMax'), 1),
    ]),
  });
}
