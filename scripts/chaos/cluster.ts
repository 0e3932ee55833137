import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { type Database, database } from '../../src/db/index.ts';
import { freePort } from '../../test/support/free-port.ts';
import { type Program, startNode } from '../../test/support/program.ts';
import type { Account } from './account.ts';
import { sendBroken } from './broken-requests.ts';
import { KeptLoad } from './kept-load.ts';
import { PortWatch } from './port-watch.ts';
import type { Context, Scenario } from './scenario.ts';

const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const app = fileURLToPath(new URL('cluster-app.ts', import.meta.url));

/** What happens to the processes of `cortado run` while clients ask. */
export const clusterScenarios: readonly Scenario[] = [
  {
    name: 'cluster-reloads',
    promise: 'a reload of the workers resets no kept connection, refuses none, and breaks no stream off',
    limit: { short: 120_000, whole: 1_200_000 },
    run: reload,
  },
  {
    name: 'cluster-stops',
    promise: 'a stop under load answers what kept connections ask, breaks no answer off, and ends with code 0',
    run: stop,
  },
  {
    name: 'cluster-deaths',
    promise:
      'the port is refused for no more than a moment when workers are killed, and only what they had in hand breaks',
    run: killProcesses,
  },
  {
    name: 'broken-requests',
    promise: 'after 1,000 requests whose clients left on the way a stop ends at once, with code 0',
    run: stopAfterBroken,
  },
];

interface Served extends AsyncDisposable {
  readonly address: string;
  readonly program: Program;
  /** Milliseconds. */
  readonly startedIn: number;
  /** Names that are stored. */
  readonly notes: () => Promise<readonly string[]>;
}

async function serve(...flags: readonly string[]): Promise<Served> {
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'cortado-chaos-'));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const url = `sqlite:${join(folder, 'notes.db')}`;
  const port = await freePort();
  const began = performance.now();
  const args = ['run', app, '--host', '127.0.0.1', '--port', String(port), ...flags];
  const program = stack.use(
    startNode([cli, ...args], {
      env: {
        DATABASE_URL: url,
        CORTADO_LOG: 'json',
        LOG_LEVEL: 'info',
        CORTADO_ACCESS_LOG: '0',
        PORT: undefined,
        NODE_ENV: undefined,
      },
    }),
  );
  await program.until(flags.length > 0 ? /workers serve/ : /Server listening/, 60_000);
  const startedIn = Math.round(performance.now() - began);
  const owned = stack.move();
  return {
    startedIn,
    address: `http://127.0.0.1:${port}`,
    program,
    notes: async () => {
      const db = database({ url }) as unknown as Database<unknown>;
      try {
        return (await sql<{ name: string }>`select name from notes`.execute(db.kysely)).rows.map(({ name }) => name);
      } finally {
        await db.close();
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function reload({ random, size, signal }: Context, account: Account): Promise<void> {
  const times = size(2, 100);
  const wanted = size(300, 26_000);
  await using served = await serve('--workers', '2');
  const { program, address } = served;
  await using load = new KeptLoad(address, random);
  for (let time = 1; time <= times || load.counts.kept < wanted; time++) {
    signal.throwIfAborted();
    program.child.kill('SIGHUP');
    while (program.output().split('"reloaded"').length <= time) await wait(20, undefined, { signal });
  }
  const { length: reloads } = program
    .output()
    .matchAll(/"msg":"reloaded"/g)
    .toArray();
  await load.stop();
  await putDown(account, served, load);
  const { counts } = load;
  account.promise(counts.reset === 0, `${counts.reset} connections reset: ${load.samples.join('; ')}`);
  account.promise(counts.refused === 0, `${counts.refused} connections refused`);
  account.promise(counts.half === 0, `${counts.half} answers broken off`);
  account.figures.push(`${reloads} reloads`);
}

async function stop({ random, size }: Context, account: Account): Promise<void> {
  const codes: (number | string)[] = [];
  const took: number[] = [];
  for (let time = 0; time < size(1, 3); time++) {
    await using served = await serve('--workers', '2');
    const { program, address } = served;
    await using load = new KeptLoad(address, random);
    await wait(random.between(1500, 2500));
    const began = performance.now();
    program.child.kill('SIGTERM');
    codes.push(await program.ended);
    took.push(Math.round(performance.now() - began));
    await load.stop();
    await putDown(account, served, load);
    const { keptReset, reset, half } = load.counts;
    // The system resets new connections that it finds in the queue of a port as that is closed: nobody had let them in.
    account.promise(keptReset === 0, `${keptReset} kept connections reset: ${load.samples.join('; ')}`);
    account.promise(half === 0, `${half} answers broken off`);
    if (reset > keptReset) account.figures.push(`${reset - keptReset} new connections reset as the port closed`);
  }
  account.promise(
    codes.every((code) => code === 0),
    `exit codes ${codes.join(', ')}`,
  );
  account.figures.push(`ended with 0 after ${took.join(', ')} ms`);
}

async function killProcesses({ random, size }: Context, account: Account): Promise<void> {
  await using served = await serve('--workers', '2');
  const { program, address } = served;
  await using load = new KeptLoad(address, random);
  await using door = new PortWatch(address);
  let deaths = 0;
  const kill = async (): Promise<void> => {
    const answer = await fetch(`${address}/`).catch(() => undefined);
    if (!answer?.ok) return;
    process.kill(((await answer.json()) as { readonly pid: number }).pid, 'SIGKILL');
    deaths++;
  };
  const [apart, quickly] = [size(1, 6), size(3, 10)];
  for (let turn = 0; turn < apart; turn++) {
    await wait(random.between(2000, size(2500, 6000)));
    await kill();
  }
  await wait(1000);
  // Ten within 15 s: they die faster than anything that served for a while.
  for (let turn = 0; turn < quickly; turn++) {
    await kill();
    await wait(random.between(500, 2000));
  }
  await wait(2000);
  await load.stop();
  await door[Symbol.asyncDispose]();
  await putDown(account, served, load, deaths);
  // With all workers dead, nobody listens until one of the next has started.
  account.promise(door.longest < 1000 + 2 * served.startedIn, `the port was refused for ${door.longest} ms`);
  account.figures.push(
    `${deaths} deaths`,
    `the port refused for ${door.longest} ms at most, where a start takes ${served.startedIn} ms`,
  );
  program.child.kill('SIGTERM');
  account.promise((await program.ended) === 0, 'the stop after it does not end with 0');
}

async function stopAfterBroken({ random, size }: Context, account: Account): Promise<void> {
  await using served = await serve();
  const { program, address } = served;
  await sendBroken(address, size(300, 1000), random);
  const began = performance.now();
  program.child.kill('SIGTERM');
  const code = await program.ended;
  const whole = Math.round(performance.now() - began);
  const ms = Number(/stopped in order in (\d+) ms/.exec(program.output())?.[1] ?? Number.NaN);
  account.promise(code === 0, `exit code ${code}`);
  // What was left open would hold the stop for its whole deadline; a machine that does other things holds it for some time as well.
  account.promise(ms < size(2000, 100), `the stop took ${ms} ms`);
  account.figures.push(`stopped in ${ms} ms, the process ended after ${whole} ms`);
}

// Node (26.10, lib/internal/cluster/round_robin_handle.js) keeps a connection that it has handed to a worker until that says so: of one that is
// killed at that very moment nobody hears, and the client waits for a time limit of its own.
async function putDown(account: Account, served: Served, { counts, notes }: KeptLoad, mostUnheard = 0): Promise<void> {
  const stored = await served.notes();
  const names = new Set(stored);
  account.acknowledged += notes.length;
  account.lost += notes.filter((name) => !names.has(name)).length;
  account.twice += stored.length - names.size;
  account.resets += counts.reset + counts.half;
  account.promise(counts.wrong === 0, `${counts.wrong} answers are not what they should be`);
  account.promise(counts.never <= mostUnheard, `${counts.never} requests were never answered`);
  if (counts.never > 0)
    account.figures.push(`${counts.never} that Node had handed to a worker as it was killed never heard of it`);
  account.figures.push(`${counts.answered} answered, ${counts.kept} over kept connections`);
}
