import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { z } from 'zod';
import { column, type Database, model, primaryKey } from '../../src/db/index.ts';
import { until } from '../support/until.ts';
import { makeDatabase, onEvery } from './support/backends.ts';

class Cup extends model('cups', { id: primaryKey(), name: column(z.string(), { unique: true }) }) {}
type Cups = Database<{ cups: { id: number; name: string } }>;

const count = 1001;
const bad = 500;

/** Ways to ask for statements in one turn of the loop, of which the one of 500 fails. */
const ways: Readonly<
  Record<
    string,
    { readonly ask: (db: Cups, n: number) => Promise<unknown>; readonly reason: RegExp; readonly rows: number }
  >
> = {
  'statements that write': {
    ask: (_, n) => Cup.create({ name: n === bad ? 'taken' : `cup ${n}` }),
    reason: /unique|already/i,
    rows: count,
  },
  'statements that read': {
    ask: (db, n) =>
      sql.raw(n === bad ? 'select no_such_column from cups' : 'select 1 as one from cups').execute(db.kysely),
    reason: /no_such_column/,
    rows: 1,
  },
  'values that cannot be stored': {
    ask: (db, n) => sql`insert into cups (name) values (${n === bad ? Symbol('no') : `cup ${n}`})`.execute(db.kysely),
    reason: /symbol/i,
    rows: count,
  },
  'sessions that write': {
    ask: (db, n) => db.transaction(async () => Cup.create({ name: n === bad ? 'taken' : `cup ${n}` })),
    reason: /unique|already/i,
    rows: count,
  },
};

for (const [what, { ask, reason, rows }] of Object.entries(ways))
  onEvery(`of 1,001 ${what} in one turn, one fails`, async (backend) => {
    await using db = await makeDatabase(backend, { Cup });
    await Cup.create({ name: 'taken' });
    const settled = await Promise.allSettled(Array.from({ length: count }, (_, n) => ask(db, n)));
    const failed = settled.flatMap((one, n) => (one.status === 'rejected' ? [[n, one.reason as Error] as const] : []));
    assert.deepEqual(
      failed.map(([n]) => n),
      [bad],
      String(failed[0]?.[1]),
    );
    assert.match(failed[0]![1].message, reason);
    assert.equal(await Cup.all().count(), rows);
  });

onEvery('a listener that throws keeps none of 1,000 others from hearing, and is warned of', async (backend) => {
  await using db = await makeDatabase(backend, { Cup });
  const heard = Array.from({ length: count }, () => 0);
  const listen = (listener: () => void): Disposable =>
    backend.kind === 'postgres' ? db.listen('news', listener) : db.watchChanges(listener, { interval: 20 });
  const warnings: string[] = [];
  const keep = ({ message }: Error): void => void warnings.push(message);
  process.on('warning', keep);
  using _kept = { [Symbol.dispose]: () => void process.off('warning', keep) };
  using listeners = new DisposableStack();
  for (let n = 0; n < count; n++)
    listeners.use(
      listen(() => {
        heard[n]!++;
        if (n === bad) throw new Error('this one has no use for it');
      }),
    );
  await until('all listen', () => assert.ok(heard.every((times) => times > 0)));
  const before = [...heard];
  if (backend.kind === 'postgres') await sql`select pg_notify('news', 'hot')`.execute(db.kysely);
  else await Cup.create({ name: 'hot' });
  await until('all have heard', () => assert.ok(heard.every((times, n) => times > before[n]!)));
  assert.ok(warnings.includes('a listener failed: this one has no use for it'));
});
