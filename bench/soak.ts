// Whether memory stays level: an app under half of the load that it can take, for minutes, with clients that leave and requests that fail.
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
import { type Trend, trendOf } from './soak/trend.ts';

interface State {
  readonly heapUsed: number;
  readonly rss: number;
  readonly external: number;
  readonly arrayBuffers: number;
  readonly handles: number;
}

interface Sample extends State {
  /** Seconds since the steady load began. */
  readonly second: number;
  readonly answered: number;
}

const sampleEvery = 10_000;
const mostMinutes = 120;
// A run of so many minutes or more, at the load that was measured, is written down.
const wholeRun = 10;
const saturating = { connections: 32, ms: 6000 };
// Growth over the judged part, as a share of the mean: what noise of a collector looks like.
const allowed = { heap: 0.03, rss: 0.05 };

/** Runs the soak: `--minutes 10`, and `--rate N` requests a second where half of what was measured is not wanted. */
export async function run(args: readonly string[]): Promise<void> {
  const { minutes, rate } = soakOptions(args);
  const folder = mkdtempSync(join(tmpdir(), 'cortado-soak-'));
  try {
    await using server = await startServer(join(folder, 'soak.db'));
    await using load = new SoakLoad(server.url);
    const most = await load.saturate(saturating.connections, saturating.ms);
    const perSecond = rate ?? Math.max(1, Math.round(most / 2));
    console.log(`${figure(most)} answers a second at most; ${figure(perSecond)} a second for ${minutes} minutes.`);
    const samples = await soak(server, load, perSecond, minutes);
    const { report, isLevel } = describe(samples, load, { most, perSecond, minutes });
    console.log(`\n${report}`);
    if (!isLevel || load.faulty > 0) process.exitCode = 1;
    if (minutes < wholeRun || rate !== undefined) return;
    console.log(
      `\nWritten to ${writeReport({ name: 'soak', title: 'A soak: memory under steady load', body: report })}`,
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
    args: ['--expose-gc', join(import.meta.dirname, 'soak/server.ts')],
    env: { SOAK_DATABASE: file },
    probe: '/ping',
    core: 'all',
  });
}

async function soak(server: ServerProcess, load: SoakLoad, perSecond: number, minutes: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  const began = performance.now();
  const paced = load.pace(perSecond);
  const sampling = Math.floor((minutes * 60_000) / sampleEvery);
  for (let n = 1; n <= sampling; n++) {
    await pause(Math.max(0, began + n * sampleEvery - performance.now()));
    samples.push({ ...(await stateOf(server)), second: n * (sampleEvery / 1000), answered: load.answered });
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

interface Run {
  readonly most: number;
  readonly perSecond: number;
  readonly minutes: number;
}

function describe(samples: readonly Sample[], load: SoakLoad, run: Run): { report: string; isLevel: boolean } {
  const judged = samples.slice(Math.floor(samples.length / 3));
  const seconds = judged.map(({ second }) => second);
  const window = seconds.at(-1)! - seconds[0]!;
  const verdicts = [
    judge(
      'heap',
      trendOf(
        seconds,
        judged.map(({ heapUsed }) => heapUsed),
      ),
      window,
      allowed.heap,
    ),
    judge(
      'resident memory',
      trendOf(
        seconds,
        judged.map(({ rss }) => rss),
      ),
      window,
      allowed.rss,
    ),
  ];
  const isLevel = verdicts.every(({ isFine }) => isFine);
  const { most, perSecond, minutes } = run;
  const intro = `An app with SQLite, a queue, threads, metrics and limits, ${figure(minutes)} minutes at ${figure(perSecond)} requests a second: half of the ${figure(most)} that it answered at most, on loopback, beside the load. Heap after a forced collection. Judged are the last two thirds, by the line of least squares.`;
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
  const report = `${intro}\n\n${words}\n\n${memory}\n\n${answers}\n\n${figure(load.answered)} answers, ${figure(load.faulty)} of them wrong or failed.${late}${faults}`;
  return { report, isLevel };
}

function judge(
  what: string,
  { mean, slope, error }: Trend,
  window: number,
  share: number,
): { text: string; isFine: boolean } {
  const growth = slope * window;
  // Level, or not distinguishable from level.
  const isFine = growth < share * mean || slope - 2 * error <= 0;
  const line = `${megabytes(growth, true)} MB over the last ${Math.round(window / 60)} minutes at a mean of ${megabytes(mean)} MB (${megabytes(slope * 3600, true)} ± ${megabytes(2 * error * 3600)} MB an hour)`;
  return { text: `${what}: **${isFine ? 'level' : 'grows'}**, ${line}`, isFine };
}

const sampleColumns = ['minutes', 'heap MB', 'resident MB', 'external MB', 'handles', 'answers'];

function rowOf({ second, heapUsed, rss, external, handles, answered }: Sample): string[] {
  return [
    (second / 60).toFixed(1),
    megabytes(heapUsed),
    megabytes(rss),
    megabytes(external),
    figure(handles),
    figure(answered),
  ];
}

function megabytes(bytes: number, signed = false): string {
  const text = figure(bytes / 1e6, 1);
  return signed && bytes >= 0 ? `+${text}` : text;
}
