import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, mock, test } from 'node:test';
import { gather } from '../../../src/concurrency/gather.ts';
import { type Database, database } from '../../../src/db/index.ts';
import { memoryTickets, sqlTickets, type TicketStore } from '../../../src/security/index.ts';
import { coded } from '../../support/coded.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { startProgram } from '../../support/program.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

let server: Promise<PostgresServer> | undefined;
after(async () => (await server)?.stop());

const folder = temporaryFolder('tickets');
let files = 0;
const urls: Readonly<Record<string, () => Promise<string>>> = {
  SQLite: async () => `sqlite:${join(folder, `${++files}.db`)}`,
  PostgreSQL: async () => (await (server ??= startPostgres())).newDatabase(),
};

type Tables = ReturnType<typeof database> extends Database<infer DB> ? DB : never;

interface Opened extends AsyncDisposable {
  readonly store: TicketStore;
}

async function openDatabase(url: string): Promise<Opened & { readonly db: Database<Tables> }> {
  const db = database({ url });
  return { db, store: sqlTickets(db), [Symbol.asyncDispose]: () => db.close() };
}

const stores: readonly (readonly [string, () => Promise<Opened>])[] = [
  ['memory', async () => ({ store: memoryTickets(), [Symbol.asyncDispose]: async () => {} })],
  ...Object.entries(urls).map(([name, url]) => [name, async () => openDatabase(await url())] as const),
];

const soon = (): number => Date.now() + 60_000;

for (const [name, open] of stores) {
  test(`${name}: a ticket is taken once`, async () => {
    await using opened = await open();
    const { store } = opened;
    await store.put('a', '{"user":1}', soon());
    await store.put('b', 'null', soon());
    assert.equal(await store.take('a'), '{"user":1}');
    assert.equal(await store.take('a'), undefined);
    assert.equal(await store.take('b'), 'null');
  });

  test(`${name}: there is no ticket that nobody put there`, async () => {
    await using opened = await open();
    assert.equal(await opened.store.take('a'), undefined);
  });

  test(`${name}: a ticket that has expired is worth nothing, and is forgotten`, async () => {
    await using opened = await open();
    const { store } = opened;
    await store.put('now', '1', Date.now());
    await store.put('later', '2', soon());
    assert.equal(await store.take('now'), undefined);
    mock.timers.enable({ apis: ['Date'], now: Date.now() + 60_001 });
    try {
      assert.equal(await store.take('later'), undefined);
    } finally {
      mock.timers.reset();
    }
    assert.equal(await store.take('later'), undefined);
  });

  test(`${name}: of a hundred that ask at once one gets the ticket`, async () => {
    await using opened = await open();
    const { store } = opened;
    await store.put('a', '1', soon());
    const taken = await Promise.all(Array.from({ length: 100 }, () => store.take('a')));
    assert.deepEqual(
      taken.filter((value) => value !== undefined),
      ['1'],
    );
  });

  test(`${name}: a value is given as it was put`, async () => {
    await using opened = await open();
    const text = JSON.stringify({ name: 'пароль 🔑', quote: `'";--`, long: 'x'.repeat(100_000) });
    await opened.store.put('a', text, soon());
    assert.equal(await opened.store.take('a'), text);
  });
}

test('memory: a store that is full refuses with a 503 until something of it is used or expires', async () => {
  const store = memoryTickets({ max: 2 });
  await store.put('a', '1', soon());
  await store.put('b', '1', soon());
  await assert.rejects(store.put('c', '1', soon()), { ...coded('CORTADO_OVERLOADED'), status: 503 });
  await store.take('a');
  await store.put('c', '1', soon());
  mock.timers.enable({ apis: ['Date'], now: Date.now() + 60_001 });
  try {
    await store.put('d', '1', soon());
    await store.put('e', '1', soon());
  } finally {
    mock.timers.reset();
  }
});

for (const [name, url] of Object.entries(urls)) {
  test(`${name}: a ticket that is issued in a session is there once that has committed`, async () => {
    await using opened = await openDatabase(await url());
    const { db, store } = opened;
    const issue = async (hash: string, outcome: () => void): Promise<void> => {
      await db.transaction(async () => {
        await store.put(hash, '1', soon());
        outcome();
      });
    };
    const fail = (): void => {
      throw new Error('no');
    };
    await assert.rejects(
      issue('first', fail),
      { message: 'no' },
      'also where the table was made in what is rolled back',
    );
    assert.equal(await store.take('first'), undefined);
    await issue('a', () => {});
    await assert.rejects(issue('b', fail), { message: 'no' });
    assert.deepEqual([await store.take('a'), await store.take('b')], ['1', undefined]);
  });

  test(`${name}: what has expired is swept, at most once a minute`, async () => {
    await using opened = await openDatabase(await url());
    const { db, store } = opened;
    const count = async (): Promise<number> =>
      (
        await (db as unknown as Database<{ cortado_tickets: object }>).kysely
          .selectFrom('cortado_tickets')
          .selectAll()
          .execute()
      ).length;
    for (const hash of ['a', 'b', 'c']) await store.put(hash, '1', Date.now());
    await store.take('none');
    assert.equal(await count(), 0);
    await store.put('d', '1', Date.now());
    await store.take('none');
    assert.equal(await count(), 1);
  });

  test(`${name}: of two processes that race for each of 100 tickets one gets it`, async () => {
    const place = await url();
    await using opened = await openDatabase(place);
    const { store } = opened;
    const hashes = Array.from({ length: 100 }, (_, at) => `ticket ${at}`);
    await gather(hashes.map((hash) => () => store.put(hash, '1', soon())));
    const racer = `
      import { database } from './src/db/index.ts';
      import { sqlTickets } from './src/security/index.ts';
      const db = database({ url: ${JSON.stringify(place)} });
      const store = sqlTickets(db);
      await store.take('none');
      process.stdout.write('ready\\n');
      process.stdin.once('data', async () => {
        const won = [];
        for (const hash of ${JSON.stringify(hashes)}) if (await store.take(hash) !== undefined) won.push(hash);
        process.stdout.write('won ' + JSON.stringify(won) + '\\n');
        await db.close();
        process.exit(0);
      });`;
    const args = ['--conditions=cortado-source', '--input-type=module-typescript', '--eval', racer];
    await using one = startProgram(process.execPath, args, { stdin: 'pipe' });
    await using other = startProgram(process.execPath, args, { stdin: 'pipe' });
    await Promise.all([one, other].map((program) => program.until(/ready/)));
    for (const { child } of [one, other]) child.stdin!.write('go\n');
    const won = await Promise.all(
      [one, other].map(async (program) => JSON.parse((await program.until(/won (.*)/))[1]!) as string[]),
    );
    assert.deepEqual(won.flat().toSorted(), hashes.toSorted());
  });
}
