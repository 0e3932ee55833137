// A folder served by Cortado beside @fastify/static: ten thousand requests for a file of 10 KB, and a larger one.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchOptions, isWhole } from './harness/options.ts';
import { installPeers, peerVersion } from './harness/peers.ts';
import { writeReport } from './harness/report.ts';
import { median, ratioTo } from './harness/rounds.ts';
import { figure, markdownTable } from './harness/table.ts';
import { roundsPerStart, timedRounds } from './harness/timed-rounds.ts';

const sizes = { small: 10 * 1024, large: 1024 * 1024 } as const;
const titles = { small: 'A file of 10 KB', large: 'A file of 1 MB' } as const;

type Scenario = keyof typeof sizes;

/** Runs the benchmark. */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, { rounds: 9, seconds: 2 });
  installPeers();
  const folder = mkdtempSync(join(tmpdir(), 'cortado-files-'));
  try {
    const parts: string[] = [];
    for (const scenario of Object.keys(sizes) as Scenario[]) {
      if (!(options.scenarios?.includes(scenario) ?? true)) continue;
      const table = await timeFile(scenario, folder, options);
      console.log(`\n${titles[scenario]}\n\n${table}`);
      parts.push(`## ${titles[scenario]}\n\n${table}`);
    }
    if (isWhole(options)) console.log(`\nWritten to ${write(parts, options)}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Rounds {
  readonly rounds: number;
  readonly seconds: number;
}

async function timeFile(scenario: Scenario, folder: string, { rounds, seconds }: Rounds): Promise<string> {
  const bytes = randomBytes(sizes[scenario]);
  const path = `/files/${scenario}.bin`;
  writeFileSync(join(folder, `${scenario}.bin`), bytes);
  const labels = {
    'fastify-static': `@fastify/static ${peerVersion('@fastify/static')}`,
    cortado: 'Cortado, app.static',
  };
  const contenders = Object.entries(labels).map(([name, label]) => ({
    name,
    label,
    server: {
      name,
      program: process.execPath,
      args: [join(import.meta.dirname, `files/servers/${name}.ts`)],
      env: { BENCH_FOLDER: folder },
      probe: path,
    },
  }));
  const found = await timedRounds({
    name: scenario,
    contenders,
    request: { method: 'GET', path },
    rounds,
    seconds,
    check: async (_, url) => {
      const response = await fetch(url + path);
      assert.equal(response.status, 200);
      assert.ok(response.headers.has('etag') && response.headers.has('last-modified'));
      assert.ok(bytes.equals(await response.bytes()), 'the bytes of the file');
      assert.equal((await fetch(`${url}/files/none.bin`)).status, 404);
    },
  });
  const rates = (name: string): number[] => found.get(name)!.map(({ perSecond }) => perSecond);
  const of = (name: string, pick: 'p99' | 'cpuMicros'): number => median(found.get(name)!.map((round) => round[pick]));
  return markdownTable({
    columns: ['server', 'requests/s', '× @fastify/static', 'p99, ms', 'CPU, µs', 'requests'],
    rows: contenders.map(({ name, label }) => [
      label,
      figure(median(rates(name))),
      figure(ratioTo(rates('fastify-static'), rates(name)), 2),
      figure(of(name, 'p99'), 2),
      figure(of(name, 'cpuMicros'), 1),
      figure(rates(name).reduce((sum, rate) => sum + rate * seconds, 0)),
    ]),
  });
}

function write(parts: readonly string[], { rounds, seconds }: Rounds): string {
  const introduction = [
    'Both servers run in processes of their own on one core, the load on the other: 64 connections, one request at a time on each. What they answer',
    `is checked first. Then they are loaded in turn, ${rounds} rounds of ${seconds} s after a warm-up, afresh after every ${roundsPerStart}. Figures are medians; a`,
    "ratio is the median of the rounds' ratios. The file is looked up, opened and read for each request; nothing of it is kept.",
  ].join('\n');
  return writeReport({ name: 'files', title: 'Files', body: [introduction, ...parts].join('\n\n') });
}
