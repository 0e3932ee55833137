// What a POST through a session on SQLite is made of, measured part by part.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { timed } from './db/application.ts';
import { contenders } from './db/contenders.ts';
import { benchOptions, isWhole } from './harness/options.ts';
import { installPeers } from './harness/peers.ts';
import { writeReport } from './harness/report.ts';
import { median } from './harness/rounds.ts';
import type { ServerOptions } from './harness/server-process.ts';
import { figure, markdownTable } from './harness/table.ts';
import { timedRounds } from './harness/timed-rounds.ts';

interface Part {
  readonly name: string;
  readonly label: string;
  readonly server: ServerOptions;
}

const parts = {
  nothing: 'the request alone, checked and answered',
  message: 'and one message to a thread and back, one after the other',
  transaction: 'and BEGIN, INSERT … RETURNING and COMMIT in that thread, all in the one message',
} as const;

/** Runs the benchmark. */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, { rounds: 9, seconds: 2 });
  installPeers();
  const folder = mkdtempSync(join(tmpdir(), 'cortado-writes-'));
  let databases = 0;
  const onNode = (name: string, label: string, file: string, env: () => Record<string, string>): Part => ({
    name,
    label,
    server: {
      name,
      program: process.execPath,
      args: [file],
      // Each start has a database of its own.
      get env() {
        return env();
      },
    },
  });
  const database = (): string => join(folder, `${++databases}.db`);
  const all = [
    ...Object.entries(parts).map(([name, label]) =>
      onNode(name, label, join(import.meta.dirname, 'writes/server.ts'), () => ({ PART: name, DATABASE: database() })),
    ),
    ...contenders('sqlite')
      .filter(({ name }) => name === 'cortado' || name === 'fastify-kysely')
      .map(({ name, label, args: [file] }) =>
        onNode(name, label, file!, () => ({ DATABASE_URL: `sqlite:${database()}` })),
      ),
  ].filter(({ name }) => options.only?.includes(name) ?? true);
  try {
    const found = await timedRounds({ ...options, name: 'writes', contenders: all, request: timed.post, check });
    const of = (name: string, pick: 'perSecond' | 'p99' | 'cpuMicros'): number =>
      median(found.get(name)!.map((each) => each[pick]));
    const rows = all.map(({ name, label }) => [
      label,
      figure(of(name, 'perSecond')),
      figure(of(name, 'p99'), 2),
      figure(of(name, 'cpuMicros'), 1),
    ]);
    const table = markdownTable({ columns: ['what a POST does', 'requests/s', 'p99, ms', 'CPU, µs'], rows });
    console.log(`\n${table}`);
    if (isWhole(options)) {
      const body = [introduction(options.rounds), table, says].join('\n\n');
      console.log(`\nWritten to ${writeReport({ name: 'writes', title: 'What a write on SQLite is made of', body })}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function check(_part: Part, url: string): Promise<void> {
  const { method, path, body } = timed.post;
  const response = await fetch(url + path, { method, body, headers: { 'content-type': 'application/json' } });
  assert.equal(response.status, 201);
  const { id, ...user } = (await response.json()) as { id: number };
  assert.ok(id > 0);
  assert.deepEqual(user, JSON.parse(body));
}

function introduction(rounds: number): string {
  return `The POST of [the benchmark of databases](db.md) on SQLite, 64 connections, the server with its threads on one core. The first three rows are a server that does a part of it, each a part more than the row before. Medians of ${rounds} rounds.`;
}

const says = `SQLite lets one transaction write at a time, and a session's is a conversation: the handler gets what its INSERT returned, goes on, and only then is its COMMIT sent. Cortado sends it together with BEGIN and INSERT of the next one, so that a transaction is one message to the writing thread and one back, the fewest that a thread allows. With nothing else to wait for, each of the two wakes a sleeping thread: that is the second row, and no message of this kind can be cheaper on Node. The third row is the floor: all of a transaction in one message, which no handler can look into. What Cortado adds to it is the session: a unit for each request, statements made and read by Kysely, limits of time, and signals.`;
