import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, linkSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import type { Account } from './account.ts';
import { Clients } from './clients.ts';
import { integrityOf, readSqlite } from './read-names.ts';
import { Readiness } from './readiness.ts';
import type { Context, Scenario } from './scenario.ts';
import { checkLines, type ServedApp, type ServeOptions, serveDatabase } from './served-app.ts';
import { settle, type Told } from './settle.ts';
import { temporaryFolder } from './temporary-folder.ts';

// Once a second the file is looked at, and an answer may be on its way.
const untilNoticed = 2_500;
const untilServing = 10_000;
const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

/** The file of SQLite, its disk, and other processes get in the way. */
export const sqliteScenarios: readonly Scenario[] = [
  {
    name: 'sqlite-disk-full',
    promise:
      'the disk is full: 503 with Retry-After and not ready, reads go on, and writes as soon as there is room; the file is sound',
    skip: () => (canMount() ? undefined : 'only root may mount a small disk'),
    run: (context, account) =>
      inFolder(async (folder) => {
        mount(folder, context.size(16, 64));
        try {
          await withApp(context, account, { file: `${folder}/app.db` }, async (stage) => {
            for (let round = context.size(1, 5); round > 0; round--) await fillDisk(stage, `${folder}/ballast`);
          });
        } finally {
          unmount(folder);
        }
      }),
  },
  {
    name: 'sqlite-read-only',
    promise:
      'the file may not be written: 503 with Retry-After and not ready, reads go on; where tables are to be made at the start it does not start, and says so',
    run: (context, account) =>
      inFolder(async (folder) => {
        const file = `${folder}/app.db`;
        const options: ServeOptions = isRoot ? { user: nobody } : {};
        const told = await withApp(context, account, { file, options }, async () => {});
        chmodSync(file, 0o444);
        chmodSync(folder, 0o555);
        await refusesToStart(account, file, options);
        chmodSync(folder, 0o777);
        // Its tables are there, so that nothing is written at its start.
        await readOnly(context, account, file, { ...options, env: { CHAOS_PREPARED: '1' } });
        // SQLite gives the files beside it the rights that it has.
        for (const part of ['', '-wal', '-shm']) if (existsSync(file + part)) chmodSync(file + part, 0o644);
        await withApp(context, account, { file, options, told, prefix: 'again' }, async () => {});
      }),
  },
  {
    name: 'sqlite-file-gone',
    promise:
      'the file is moved away, or replaced by another: writes are refused and it is not ready; it serves again once the file is back, or after a new start',
    run: (context, account) => inFolder((folder) => fileGone(context, account, folder)),
  },
  {
    name: 'sqlite-locked',
    promise:
      'another process holds the lock: 503 with Retry-After once busyTimeout is over, reads go on, and writes as soon as it is free',
    run: (context, account) =>
      inFolder(async (folder) => {
        const file = `${folder}/app.db`;
        const busyTimeout = context.size(500, 5_000);
        await withApp(context, account, { file, database: { busyTimeout } }, async ({ app, clients }) => {
          await using reads = new Readiness(app.address, '/newest');
          await delay(300);
          using other = new DatabaseSync(file, { timeout: 30_000 });
          other.exec('begin immediate');
          const from = performance.now();
          await delay(context.size(2_000, 10_000));
          const { asked, slowest } = reads.since(from);
          const said = reads.between(from, performance.now());
          account.promise(said.join() === '200', `reads were answered with ${said.join(', ')}`);
          account.promise(account.refused > 0, 'no write was refused');
          other.exec('rollback');
          const back = performance.now();
          account.backAfter.push((await clients.nextSuccess(context.signal)) - back);
          account.figures.push(`${asked} reads meanwhile, the slowest ${Math.round(slowest)} ms`);
        });
      }),
  },
  {
    name: 'sqlite-log-grows',
    promise:
      'a reader that stays lets the write-ahead log grow; when it has left, the log is cut to 64 MiB by the writes that follow',
    run: (context, account) =>
      inFolder(async (folder) => {
        const file = `${folder}/app.db`;
        const stage = { file, filler: 200_000, orders: 0.05 };
        await withApp(context, account, stage, async ({ clients }) => {
          await clients.nextSuccess(context.signal);
          const sizeOf = (): number => statSync(`${file}-wal`).size / 2 ** 20;
          let most = 0;
          {
            using reader = new DatabaseSync(file, { timeout: 5_000 });
            reader.exec('begin');
            reader.prepare('select count(*) from notes').get();
            const end = performance.now() + context.size(0, 10_000);
            while (performance.now() < end || most < 80) {
              await delay(50, undefined, { signal: context.signal });
              most = Math.max(most, sizeOf());
            }
            reader.exec('rollback');
          }
          const left = performance.now();
          while (sizeOf() > 64 && performance.now() - left < untilServing) await delay(20);
          account.promise(sizeOf() <= 64, `the log still has ${Math.round(sizeOf())} MiB`);
          account.figures.push(
            `log ${Math.round(most)} MiB, and ${Math.round(sizeOf())} after ${Math.round(performance.now() - left)} ms`,
          );
        });
      }),
  },
];

interface Served {
  readonly file: string;
  readonly options?: ServeOptions;
  /** Options of `database()`. */
  readonly database?: object;
  readonly prefix?: string;
  /** What clients were told of this file before. */
  readonly told?: Told;
  readonly filler?: number;
  readonly orders?: number;
}

interface Stage {
  readonly context: Context;
  readonly account: Account;
  readonly app: ServedApp;
  readonly clients: Clients;
}

/** Serves a file to 20 clients while something goes wrong, looks what is left when it is over, and stops the app. */
async function withApp(
  context: Context,
  account: Account,
  { file, options, database, told, ...load }: Served,
  act: (stage: Stage) => Promise<void>,
): Promise<Told> {
  await using app = await serveDatabase({ url: `sqlite:${file}`, ...database }, options);
  await using clients = new Clients([app.address], { account, random: context.random, ...load });
  await clients.nextSuccess(context.signal);
  await act({ context, account, app, clients });
  const [writes, tasks] = load.filler === undefined ? [context.size(100, 5_000), context.size(10, 500)] : [100, 1];
  await clients.until(writes, tasks, context.signal);
  await clients.stop();
  account.promise(account.resets === 0, `${account.resets} connections broke`);
  const all = {
    notes: clients.notes.union(told?.notes ?? new Set<string>()),
    orders: clients.orders.union(told?.orders ?? new Set<string>()),
  };
  await settle(account, all, readSqlite(file));
  account.promise(integrityOf(file) === 'ok', 'the file is not sound');
  app.program.child.kill('SIGTERM');
  const end = await app.program.ended;
  account.promise(end === 0, `it ended with ${end}`);
  return all;
}

async function fillDisk({ context, account, app, clients }: Stage, ballast: string): Promise<void> {
  await using readiness = new Readiness(app.address);
  await using reads = new Readiness(app.address, '/newest');
  await delay(context.random.between(100, 500));
  const before = account.refused;
  const wall = Date.now();
  // To the last byte.
  spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4096'], { stdio: 'ignore' });
  // The log goes on in the room that it has.
  while (account.refused === before) await delay(20, undefined, { signal: context.signal });
  const from = performance.now();
  await delay(context.size(1_500, 3_000));
  account.promise(readiness.between(from, performance.now()).includes(503), 'it is ready while the disk is full');
  const said = reads.between(from, performance.now());
  account.promise(said.join() === '200', `reads were answered with ${said.join(', ')}`);
  rmSync(ballast);
  const back = performance.now();
  account.backAfter.push((await clients.nextSuccess(context.signal)) - back);
  checkLines(account, app, wall);
}

async function readOnly(context: Context, account: Account, file: string, options: ServeOptions): Promise<void> {
  await using app = await serveDatabase({ url: `sqlite:${file}` }, options);
  const wall = Date.now();
  const from = performance.now();
  await using readiness = new Readiness(app.address);
  await using reads = new Readiness(app.address, '/newest');
  await using clients = new Clients([app.address], { account, random: context.random, prefix: 'never' });
  await delay(context.size(1_500, 4_000));
  await clients.stop();
  account.promise(clients.lastSuccess === 0, 'a write was acknowledged');
  account.promise(readiness.between(from, performance.now()).includes(503), 'it is ready');
  const said = reads.between(from, performance.now());
  account.promise(said.join() === '200', `reads were answered with ${said.join(', ')}`);
  checkLines(account, app, wall);
}

async function refusesToStart(account: Account, file: string, options: ServeOptions): Promise<void> {
  const failure = await serveDatabase({ url: `sqlite:${file}` }, options).then(
    async (app) => {
      await app[Symbol.asyncDispose]();
      return undefined;
    },
    (error: Error) => error.message,
  );
  account.promise(failure !== undefined, 'it started all the same');
  if (failure !== undefined)
    account.promise(/CORTADO_DB_UNREACHABLE/.test(failure), `it does not say why it did not start: ${failure}`);
}

async function fileGone(context: Context, account: Account, folder: string): Promise<void> {
  const file = `${folder}/app.db`;
  await using app = await serveDatabase({ url: `sqlite:${file}` });
  await using clients = new Clients([app.address], { account, random: context.random });
  await using readiness = new Readiness(app.address);
  const away = async (what: string): Promise<void> => {
    const gone = performance.now();
    const wall = Date.now();
    await delay(untilNoticed + context.random.between(500, context.size(600, 3_000)));
    account.promise(
      clients.lastSuccess < gone + untilNoticed,
      `writes were acknowledged long after the file was ${what}`,
    );
    account.promise(readiness.between(gone, performance.now()).includes(503), `it is ready while the file is ${what}`);
    checkLines(account, app, wall);
  };
  for (let round = context.size(1, 5); round > 0; round--) {
    await clients.nextSuccess(context.signal);
    await delay(context.random.between(100, 1_200));
    renameSync(file, `${file}.away`);
    await away('moved away');
    renameSync(`${file}.away`, file);
    const back = performance.now();
    account.backAfter.push((await clients.nextSuccess(context.signal)) - back);
  }
  await clients.until(context.size(100, 5_000), context.size(10, 500), context.signal);
  // Its other name keeps what it holds, for a look at it afterwards.
  linkSync(file, `${folder}/kept.db`);
  writeFileSync(`${folder}/other.db`, '');
  renameSync(`${folder}/other.db`, file);
  await away('replaced');
  await clients.stop();
  account.promise(account.resets === 0, `${account.resets} connections broke`);
  await app[Symbol.asyncDispose]();
  // The log of the file that was there goes with that.
  for (const part of ['-wal', '-shm'])
    if (existsSync(file + part)) renameSync(`${file}${part}`, `${folder}/kept.db${part}`);
  account.promise(integrityOf(`${folder}/kept.db`) === 'ok', 'the file is not sound');
  await using kept = await serveDatabase({ url: `sqlite:${folder}/kept.db` });
  await settle(account, clients, readSqlite(`${folder}/kept.db`));
  await kept[Symbol.asyncDispose]();
  await withApp(context, account, { file, prefix: 'new' }, async () => {});
}

async function inFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = await temporaryFolder();
  try {
    await act(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function canMount(): boolean {
  return (
    isRoot &&
    process.platform === 'linux' &&
    spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0
  );
}

const mount = (folder: string, megabytes: number): void => {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=777`, 'cortado-chaos', folder]);
};

const unmount = (folder: string): void => {
  execFileSync('umount', [folder]);
};
