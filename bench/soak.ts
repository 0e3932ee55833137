// Whether memory stays level and answers stay right: an app under half of the load that it can take, for minutes, with clients that leave, requests
// that fail, and bad inputs.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { writeReport } from './harness/report.ts';
import { ServerProcess } from './harness/server-process.ts';
import { figure, markdownTable } from './harness/table.ts';
import { kinds } from './soak/requests.ts';
import { SoakLoad } from './soak/soak-load.ts';
import { leastOf, type Trend, trendOf } from './soak/trend.ts';

interface State {
  readonly heapUsed: number;
  readonly rss: number;
  readonly external: number;
  readonly arrayBuffers: number;
  readonly handles: number;
  readonly openRequests: number;
  /** Address of the app that gets the bad inputs. */
  readonly corpus: string;
}

interface Sample extends State {
  /** Seconds since the steady load began. */
  readonly second: number;
  readonly answered: number;
}

// Samples of a run, and milliseconds between two: a long run needs no more, a short one would only measure its collections.
const samplesPerRun = 180;
const sampleEvery = { least: 2000, most: 10_000 };
// The judged part is cut into so many windows. Of each the least value counts: what was held for a request in flight is no growth.
const windows = 20;
const mostMinutes = 120;
// A run of so many minutes or more, at the load that was measured, is written down.
const wholeRun = 10;
const driver = "load from one process of Node's, on both cores as the server is";
// So many that those who wait, for SQLite's one writer above all, do not set the rate.
// The first part is not measured: code that has just started is still being compiled.
const saturating = { connections: 128, warmUpMs: 10_000, ms: 10_000 };
// Milliseconds until all that was open has ended.
const longestEnd = 10_000;

/** Runs the soak: `--minutes 10`, and `--rate N` requests a second where half of what was measured is not wanted. */
export async function run(args: readonly string[]): Promise<void> {
  const { minutes, rate } = soakOptions(args);
  const folder = mkdtempSync(join(tmpdir(), 'cortado-soak-'));
  try {
    await using server = await startServer(join(folder, 'soak.db'));
    await using load = new SoakLoad(server.url, (await stateOf(server)).corpus);
    await load.saturate(saturating.connections, saturating.warmUpMs);
    const most = await load.saturate(saturating.connections, saturating.ms);
    const perSecond = rate ?? Math.max(1, Math.round(most / 2));
    console.log(`${figure(most)} answers a second at most; ${figure(perSecond)} a second for ${minutes} minutes.`);
    const samples = await soak(server, load, perSecond, minutes);
    const left = await openAtTheEnd(server);
    const { report, isLevel } = describe(samples, load, { most, perSecond, minutes, left });
    console.log(`\n${report}`);
    if (!isLevel || load.faulty > 0 || left > 0) process.exitCode = 1;
    if (minutes < wholeRun || rate !== undefined) return;
    console.log(
      `\nWritten to ${writeReport({ name: 'soak', title: 'A soak: memory under steady load', body: report, load: driver })}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function soakOptions(args: readonly string[]): { minutes: number; rate: number | undefined } {
  const { values } = parseArgs({ args: [...args], options: { minutes: { type: 'string' }, rate: { type: 'string' } } });
  const minutes = Number(values.minutes ?? wholeRun);
  const rate = values.rate === undefined ? undefined : Number(values.rate);
  if (!(minutes >= 1 && minutes <= mostMinutes)) throw new Error(`--minutes must be from 1 to ${mostMinutes}`);
  if (rate !== undefined && !(rate >= 1)) throw new Error('--rate must be requests per second from 1');
  return { minutes, rate };
}

// Its database and its threads are threads of its own: it has all cores, beside the load.
function startServer(file: string): Promise<ServerProcess> {
  return ServerProcess.start({
    name: 'the soaked app',
    program: process.execPath,
    args: ['--expose-gc', '--conditions=cortado-source', join(import.meta.dirname, 'soak/server.ts')],
    env: { SOAK_DATABASE: file },
    probe: '/ping',
    core: 'all',
  });
}

async function soak(server: ServerProcess, load: SoakLoad, perSecond: number, minutes: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  const began = performance.now();
  const paced = load.pace(perSecond);
  const every = Math.min(Math.max((minutes * 60_000) / samplesPerRun, sampleEvery.least), sampleEvery.most);
  for (let n = 1; n * every <= minutes * 60_000; n++) {
    await pause(Math.max(0, began + n * every - performance.now()));
    samples.push({ ...(await stateOf(server)), second: n * (every / 1000), answered: load.answered });
    console.log(rowOf(samples.at(-1)!).join('  '));
  }
  await load.stop();
  await paced;
  return samples;
}

async function stateOf({ url }: ServerProcess): Promise<State> {
  const response = await fetch(`${url}/state`, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`the app does not tell its state: ${response.status}`);
  return (await response.json()) as State;
}

/** Requests that are open though nobody waits for an answer any more. */
async function openAtTheEnd(server: ServerProcess): Promise<number> {
  for (const end = performance.now() + longestEnd; ; await pause(100)) {
    const { openRequests } = await stateOf(server);
    if (openRequests === 0 || performance.now() > end) return openRequests;
  }
}

interface Run {
  readonly most: number;
  readonly perSecond: number;
  readonly minutes: number;
  /** Requests that never ended. */
  readonly left: number;
}

function describe(samples: readonly Sample[], load: SoakLoad, run: Run): { report: string; isLevel: boolean } {
  const judged = samples.slice(Math.floor(samples.length / 3));
  const verdicts = [
    judge('heap', judged, ({ heapUsed }) => heapUsed),
    judge('resident memory', judged, ({ rss }) => rss),
  ];
  const isLevel = verdicts.every(({ isFine }) => isFine);
  const { most, perSecond, minutes, left } = run;
  const intro = `An app with SQLite, a queue, threads, metrics and limits, and in its process another one that has all that bad inputs aim at, ${figure(minutes)} minutes at ${figure(perSecond)} requests a second: half of the ${figure(most)} that it answered at most, on loopback, beside the load. One request of a hundred is a bad input; the answers of all others are checked. Memory is read after a forced collection, which leaves what something still holds, so that a small leak shows within minutes. Judged are the last two thirds, the least value of each of ${windows} windows: level is what the test of Mann and Kendall does not call rising at 2.5 %, values hanging together accounted for (Yue and Wang); the slope is Theil and Sen's, with its 95 % interval.`;
  const shown = samples.filter((_, at) => samples.length <= 20 || (at + 1) % Math.ceil(samples.length / 20) === 0);
  const memory = markdownTable({ columns: sampleColumns, rows: shown.map(rowOf) });
  const rows = kinds.map(({ name }) => {
    const { right, wrong, failed } = load.answers.get(name)!;
    return [name, figure(right), figure(wrong), figure(failed)];
  });
  const answers = markdownTable({ columns: ['request', 'as expected', 'otherwise', 'failed'], rows });
  const faults = load.faults.length === 0 ? '' : `\n\nWhat went wrong first: ${load.faults.join('; ')}.`;
  const words = verdicts.map(({ text }) => `- ${text}`).join('\n');
  const late = load.late === 0 ? '' : ` ${figure(load.late)} requests were not sent, because 256 were open already.`;
  const report = `${intro}\n\n${words}\n\n${memory}\n\n${answers}\n\n${figure(load.answered)} requests, ${figure(load.faulty)} of them wrong or failed; ${figure(left)} open at the end.${late}${faults}`;
  return { report, isLevel };
}

function judge(
  what: string,
  samples: readonly Sample[],
  of: (sample: Sample) => number,
): { text: string; isFine: boolean } {
  const seconds = samples.map(({ second }) => second);
  const values = leastOf(samples.map(of), windows);
  const trend = trendOf(leastOf(seconds, windows), values);
  const span = seconds.at(-1)! - seconds[0]!;
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  const verdict = trend.isRising ? 'grows' : 'level';
  const text = `${what}: **${verdict}**, ${slopeOf(trend)} over the last ${(span / 60).toFixed(1)} minutes, at a mean of ${megabytes(mean)} MB`;
  return { text, isFine: !trend.isRising };
}

function slopeOf({ slope, lower, upper, p }: Trend): string {
  const [most, from, to] = [slope, lower, upper].map((bytes) => megabytes(bytes * 3600, true));
  return `${most} MB an hour (${from} to ${to}, p = ${p.toFixed(3)})`;
}

const sampleColumns = ['minutes', 'heap MB', 'resident MB', 'external MB', 'handles', 'open', 'requests'];

function rowOf({ second, heapUsed, rss, external, handles, openRequests, answered }: Sample): string[] {
  return [
    (second / 60).toFixed(1),
    megabytes(heapUsed),
    megabytes(rss),
    megabytes(external),
    figure(handles),
    figure(openRequests),
    figure(answered),
  ];
}

function megabytes(bytes: number, signed = false): string {
  const text = figure(bytes / 1e6, 1);
  return signed && bytes >= 0 ? `+${text}` : text;
}
