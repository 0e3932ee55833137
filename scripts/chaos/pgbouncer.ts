import { setTimeout as delay } from 'node:timers/promises';
import { pgBouncerMissing, startPgBouncer } from '../../test/support/pgbouncer.ts';
import { startPostgres } from '../../test/support/postgres.ts';
import { Clients } from './clients.ts';
import { readPostgres } from './read-names.ts';
import type { Scenario } from './scenario.ts';
import { serveDatabase } from './served-app.ts';
import { settle } from './settle.ts';

/** PgBouncer stands between, in transaction mode. */
export const pgBouncerScenarios: readonly Scenario[] = [
  {
    name: 'pgbouncer-breaks',
    promise:
      'PgBouncer in transaction mode, 20 connections on 5: its connections to the server are ended, PAUSE and RESUME, RECONNECT: answers or 503, nothing lost',
    skip: pgBouncerMissing,
    async run(context, account) {
      await using server = await startPostgres();
      const url = await server.newDatabase();
      await using bouncer = await startPgBouncer(url, 5);
      await using app = await serveDatabase({ url: bouncer.url, prepare: false, pool: { max: 20 } });
      await using clients = new Clients([app.address], { account, random: context.random });
      const ended = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${new URL(url).pathname.slice(1)}'`;
      const faults: readonly (() => Promise<void>)[] = [
        () => server.run(ended),
        async () => {
          await bouncer.order('PAUSE');
          await delay(context.random.between(100, 1_500));
          await bouncer.order('RESUME');
        },
        () => bouncer.order('RECONNECT'),
      ];
      for (let round = context.size(1, 8); round > 0; round--)
        for (const fault of faults) {
          await delay(context.random.between(100, 400));
          await fault();
          const back = performance.now();
          account.backAfter.push((await clients.nextSuccess(context.signal)) - back);
        }
      await clients.until(context.size(300, 20_000), context.size(30, 2_000), context.signal);
      await clients.stop();
      account.promise(account.resets === 0, `${account.resets} connections broke`);
      await settle(account, clients, readPostgres(url));
    },
  },
];
