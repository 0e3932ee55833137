import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { startPostgres } from '../../test/support/postgres.ts';
import type { Account } from './account.ts';
import { Clients } from './clients.ts';
import { integrityOf, type ReadNames, readPostgres, readSqlite } from './read-names.ts';
import type { Context, Scenario } from './scenario.ts';
import { serveDatabase } from './served-app.ts';
import { settle } from './settle.ts';
import { temporaryFolder } from './temporary-folder.ts';

const promise =
  'processes are killed as they write and run tasks, every other time two at once: nothing lost, and no effect twice';

/** The app itself is killed. */
export const killScenarios: readonly Scenario[] = [
  {
    name: 'sqlite-kills',
    promise: `SQLite: ${promise}; the file is sound`,
    limit: { short: 150_000, whole: 1_200_000 },
    async run(context, account) {
      const folder = await temporaryFolder();
      try {
        const file = `${folder}/app.db`;
        const rounds = context.size(2, 50);
        let sound = 0;
        await killAgainAndAgain(context, account, rounds, `sqlite:${file}`, readSqlite(file), () => {
          const verdict = integrityOf(file);
          account.promise(verdict === 'ok', `the file is not sound: ${verdict}`);
          sound++;
        });
        account.figures.push(`sound ${sound} times of ${sound} looks`);
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  },
  {
    name: 'postgres-kills',
    promise: `PostgreSQL: ${promise}`,
    limit: { short: 150_000, whole: 1_200_000 },
    async run(context, account) {
      await using server = await startPostgres();
      const url = await server.newDatabase();
      await killAgainAndAgain(context, account, context.size(1, 50), url, readPostgres(url));
    },
  },
];

async function killAgainAndAgain(
  context: Context,
  account: Account,
  rounds: number,
  url: string,
  read: ReadNames,
  look: () => void = () => {},
): Promise<void> {
  const told = { notes: new Set<string>(), orders: new Set<string>() };
  const each = Math.ceil(context.size(100, 20_000) / rounds);
  let killed = 0;
  let round = 0;
  // On a machine that is busy with other things a start may take many seconds.
  const end = performance.now() + context.size(40_000, 1_000_000);
  while (round < rounds && performance.now() < end) {
    round++;
    const apps = await Promise.all(Array.from({ length: 1 + (round % 2) }, () => serveDatabase({ url })));
    const addresses = apps.map(({ address }) => address);
    const clients = new Clients(addresses, { account, random: context.random, prefix: `${round}-` });
    await clients.until(each, Math.ceil(each / 10), context.signal);
    await delay(context.random.between(0, 200));
    for (const { program } of apps) program.child.kill('SIGKILL');
    killed += apps.length;
    await Promise.all([clients.stop(), ...apps.map(({ program }) => program.ended)]);
    for (const name of clients.notes) told.notes.add(name);
    for (const name of clients.orders) told.orders.add(name);
    if (round % 10 === 0 || context.isShort) look();
  }
  await using _ = await serveDatabase({ url });
  await settle(account, told, read);
  look();
  account.promise(context.isShort || round === rounds, `time was left for ${round} of ${rounds} rounds`);
  account.figures.push(`${killed} processes killed in ${round} rounds`);
}
