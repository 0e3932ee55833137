import { setTimeout as delay } from 'node:timers/promises';
import { type PostgresServer, startPostgres } from '../../test/support/postgres.ts';
import type { Account } from './account.ts';
import { Clients } from './clients.ts';
import { readPostgres } from './read-names.ts';
import { Readiness } from './readiness.ts';
import type { Context, Scenario } from './scenario.ts';
import { checkLines, type ServedApp, serveDatabase } from './served-app.ts';
import { settle } from './settle.ts';

// As a crash would, at once, and as its operators would.
const stops: readonly NodeJS.Signals[] = ['SIGKILL', 'SIGQUIT', 'SIGINT'];

// Until whoever writes in vain has told of it, or somebody has asked.
const untilNoticed = 1_500;
const untilServing = 5_000;

interface Stage {
  readonly context: Context;
  readonly account: Account;
  readonly server: PostgresServer;
  readonly url: string;
  readonly app: ServedApp;
  readonly clients: Clients;
}

/** PostgreSQL goes away under clients that write. */
export const postgresScenarios: readonly Scenario[] = [
  {
    name: 'postgres-goes-away',
    promise:
      'PostgreSQL is killed, stops at once, stops in order: 503 with Retry-After and not ready while it is away, a line a second, nothing lost',
    run: (context, account) =>
      onStage(context, account, async (stage) => {
        await using readiness = new Readiness(stage.app.address);
        for (let round = context.size(1, 3); round > 0; round--)
          for (const signal of stops) await goAway(stage, readiness, signal);
      }),
  },
  {
    name: 'postgres-ends-connections',
    promise: 'PostgreSQL ends all connections, again and again: 503 for what was in flight, nothing lost',
    run: (context, account) =>
      onStage(context, account, async ({ server, url, clients }) => {
        const all = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${new URL(url).pathname.slice(1)}'`;
        for (let round = context.size(4, 15); round > 0; round--) {
          await delay(context.random.between(200, 600));
          await server.run(all);
          const from = performance.now();
          account.backAfter.push((await clients.nextSuccess(context.signal)) - from);
        }
      }),
  },
];

/** Gives a scenario a server, an app and 20 clients, and looks what is left when it is over. */
async function onStage(context: Context, account: Account, act: (stage: Stage) => Promise<void>): Promise<void> {
  await using server = await startPostgres(['-c', 'max_connections=60']);
  const url = await server.newDatabase();
  await using app = await serveDatabase({ url });
  await using clients = new Clients([app.address], { account, random: context.random });
  await act({ context, account, server, url, app, clients });
  await clients.until(context.size(300, 11_000), context.size(30, 1_100), context.signal);
  await clients.stop();
  account.promise(account.resets === 0, `${account.resets} connections broke`);
  await settle(account, clients, readPostgres(url));
}

async function goAway(stage: Stage, readiness: Readiness, signal: NodeJS.Signals): Promise<void> {
  const { context, account, server, app, clients } = stage;
  await delay(context.random.between(300, 900));
  const wall = Date.now();
  await server.halt(signal);
  const from = performance.now();
  await delay(context.random.between(untilNoticed + 500, untilNoticed + context.size(1_000, 3_000)));
  const to = performance.now();
  await server.start();
  const back = performance.now();
  account.backAfter.push((await clients.nextSuccess(context.signal)) - back);
  const said = readiness.between(from + untilNoticed, to);
  account.promise(
    said.every((status) => status === 503) && readiness.between(from, back).includes(503),
    `ready or not, while it was away: ${said.join(', ')}`,
  );
  checkLines(account, app, wall);
  const served = Date.now();
  while (readiness.between(back, performance.now()).at(-1) !== 200)
    if (Date.now() - served > untilServing) return account.promise(false, 'not ready again');
    else await delay(20, undefined, { signal: context.signal });
}
