import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { model, noneOf, oneOf, primaryKey } from '../../../src/db/index.ts';
import { coded } from '../../support/coded.ts';
import { backends, makeDatabase, onEvery, postgres, sqliteFile, sqliteMemory } from '../support/backends.ts';

class Row extends model('rows', { id: primaryKey(), name: z.string().default('a') }) {}
class Big extends model('bigs', { id: primaryKey(z.bigint()), name: z.string().default('a') }) {}
class Other extends model('others', { id: primaryKey(), size: z.int().default(0) }) {}

const beyond = 2n ** 60n + 1n;
type Free = Kysely<Record<string, Record<string, unknown>>>;

for (const backend of backends)
  test(`${backend.name}: a key beyond 2^53 is stored as it is, and troubles nothing else`, async () => {
    await using db = await makeDatabase(backend, { Row, Big, Other });
    const free = db.kysely as unknown as Free;
    await Other.create({});
    const given = await free.insertInto('rows').values({ id: beyond, name: 'big' }).executeTakeFirst();
    if (backend.kind === 'sqlite') assert.equal(given.insertId, beyond);
    if (backend.kind === 'postgres')
      await sql`select setval(pg_get_serial_sequence('rows', 'id'), ${beyond})`.execute(db.kysely);
    // The next is numbered from it.
    await free.insertInto('rows').values({ name: 'next' }).execute();
    assert.deepEqual(await free.selectFrom('rows').select('id').orderBy('id').execute(), [
      { id: beyond },
      { id: beyond + 1n },
    ]);
    const here = (): Free => (db.current() as unknown as Free | undefined) ?? free;
    for (const inside of [false, true]) {
      const work = async (): Promise<void> => {
        const { numUpdatedRows } = await here().updateTable('others').set({ size: 1 }).executeTakeFirstOrThrow();
        assert.equal(numUpdatedRows, 1n);
        assert.equal(await Other.filter({ size: 1 }).update({ size: 2 }), 1);
        const { numDeletedRows } = await here().deleteFrom('others').where('id', '=', -1).executeTakeFirstOrThrow();
        assert.equal(numDeletedRows, 0n);
        assert.equal(await Other.filter({ size: 5 }).delete(), 0);
        const made = await Other.create({ size: 3 });
        assert.ok(made.id < 10);
        await made.delete();
      };
      await (inside ? db.transaction(work) : work());
    }
    // What a z.int() cannot hold is refused, and names its column.
    const refused = coded('CORTADO_DB_ROW_INVALID', '"id"', '"rows"', '115', 'z.bigint()');
    await assert.rejects(async () => Row.all(), refused);
    await assert.rejects(Row.create({ name: 'refused' }), refused);
    await assert.rejects(Row.create({ id: beyond as never }), { code: 'CORTADO_DB_ROW_INVALID' });
    assert.equal(Row.schema.safeParse({ id: beyond, name: 'a' }).success, false);
    const counted = await Row.count();
    await assert.rejects(
      db.transaction(async () => {
        await Row.create({ name: 'undone' });
      }),
      refused,
    );
    assert.equal(await Row.count(), counted);
    const big = await Big.create({ id: beyond });
    assert.equal(big.id, beyond);
    assert.equal((await Object.assign(big, { name: 'b' }).save()).name, 'b');
    assert.equal((await Big.get({ id: beyond })).name, 'b');
    await big.delete();
  });

onEvery(
  'a value that is none of its column fails its statement with the name of the column, and no process',
  async (backend) => {
    class Doc extends model('docs', {
      id: primaryKey(),
      data: z.object({ a: z.int() }).optional(),
      big: z.bigint().optional(),
    }) {}
    await using db = await makeDatabase(backend, { Doc });
    const isSqlite = backend.kind === 'sqlite';
    if (!isSqlite) await sql`alter table docs alter column big type numeric`.execute(db.kysely);
    const [column, value] = isSqlite ? ['data', 'no json'] : ['big', '1.5'];
    await sql`insert into docs (${sql.ref(column!)}) values (${sql.lit(value!)})`.execute(db.kysely);
    const wrong = { code: 'CORTADO_DB_QUERY', message: new RegExp(`^What column "${column}" holds cannot be read: `) };
    for (const _ of [1, 2]) await assert.rejects(async () => Doc.all(), wrong);
    await assert.rejects(db.kysely.selectFrom('docs').selectAll().execute(), wrong);
    await assert.rejects(async () => {
      for await (const _ of Doc.all());
    }, wrong);
    assert.equal(await Doc.count(), 1);
  },
);

test('PostgreSQL: elements of arrays are as values of their type are', async () => {
  await using db = await makeDatabase(postgres, { Other });
  await Other.createMany([{ size: 1 }, { size: 2 }]);
  const { rows } = await sql<Record<string, unknown>>`select
    array[1, 9007199254740993, null]::int8[] as bigs, 5::int8 as big, array[[1, 2], [3, 4]]::int8[] as nested, array[]::int8[] as none,
    '[0:1]={7,8}'::int8[] as bounds, (select array_agg(id order by id) from others) as ids,
    array[1.50, 9007199254740993, 'NaN']::numeric[] as numerics, 1.50::numeric as numeric,
    array[1, 2]::int4[] as ints, array[1.5, 2]::float8[] as floats, array[true, null]::bool[] as bools, array[1, 2]::oid[] as oids,
    array['a', 'b,"c"', 'null', null]::text[] as texts, array['{"a": [1]}']::jsonb[] as jsons, array['\\x0102']::bytea[] as bytes,
    array['10.0.0.1'::inet] as inets, array['[1,2)'::int4range] as ranges, array['1 day'::interval] as intervals, array['$1.50'::money] as moneys,
    array['2d1ba0b0-5d9b-4b5a-9f3e-3f2d6a0b7d11'::uuid] as uuids, array[b'101'] as bits`.execute(db.kysely);
  const row = rows[0]!;
  assert.deepEqual(
    {
      ...row,
      bytes: [...(row['bytes'] as Buffer[])[0]!],
      intervals: (row['intervals'] as { days: number }[])[0]!.days,
    },
    {
      bigs: [1, 9007199254740993n, null],
      big: 5,
      nested: [
        [1, 2],
        [3, 4],
      ],
      none: [],
      bounds: [7, 8],
      ids: [1, 2],
      numerics: ['1.50', '9007199254740993', 'NaN'],
      numeric: '1.50',
      ints: [1, 2],
      floats: [1.5, 2],
      bools: [true, null],
      oids: [1, 2],
      texts: ['a', 'b,"c"', 'null', null],
      jsons: [{ a: [1] }],
      bytes: [1, 2],
      inets: ['10.0.0.1'],
      ranges: ['[1,2)'],
      intervals: 1,
      moneys: ['$1.50'],
      uuids: ['2d1ba0b0-5d9b-4b5a-9f3e-3f2d6a0b7d11'],
      bits: ['101'],
    },
  );
});

test('PostgreSQL: a numeric column of a model is a number, and a whole one beyond 2^53 is not rounded', async () => {
  class Price extends model('prices', { id: primaryKey(), amount: z.number(), count: z.int(), big: z.bigint() }) {}
  const url = await postgres.url();
  const same = { ...postgres, url: async () => url };
  await using db = await makeDatabase(same, {});
  await sql`create table prices (id bigint primary key generated by default as identity, amount numeric not null, count numeric not null, big numeric not null)`.execute(
    db.kysely,
  );
  await using typed = await makeDatabase(same, { Price });
  const price = await Price.create({ amount: 1.5, count: 3, big: 9007199254740993n });
  assert.deepEqual({ ...price }, { id: price.id, amount: 1.5, count: 3, big: 9007199254740993n });
  assert.deepEqual({ ...(await Price.get({ amount: 1.5 })) }, { ...price });
  await price.save();
  await sql`update prices set amount = 9007199254740993`.execute(typed.kysely);
  await assert.rejects(
    async () => Price.all(),
    coded('CORTADO_DB_ROW_INVALID', '"amount"', '"prices"', '9007199254740993'),
  );
});

onEvery('oneOf and noneOf take any number of values', async (backend) => {
  class Item extends model('items', {
    id: primaryKey(),
    name: z.string().nullable(),
    big: z.bigint(),
    at: z.date(),
    flag: z.boolean(),
    size: z.number(),
  }) {}
  await using _ = await makeDatabase(backend, { Item });
  const at = new Date('2026-01-02T03:04:05.678Z');
  const name = `it's "1",\\ 🙂`;
  await Item.createMany([
    { name, big: beyond, at, flag: true, size: 1.5 },
    { name: null, big: 0n, at: new Date(0), flag: false, size: 2 },
  ]);
  const many = <T>(make: (at: number) => T, own: T): T[] => [
    ...Array.from({ length: 70_000 }, (__, n) => make(n)),
    own,
  ];
  const lists = {
    id: many((n) => n + 100, 1),
    name: many((n) => `n${n}`, name),
    big: many((n) => BigInt(n) + 5n, beyond),
    at: many((n) => new Date(n + 1), at),
    size: many((n) => n + 0.25, 1.5),
  };
  for (const [column, values] of Object.entries(lists)) {
    const ids = async (operator: object): Promise<number[]> =>
      (await Item.filter({ [column]: operator } as never).orderBy('id')).map(({ id }) => id);
    assert.deepEqual(await ids(oneOf(values as number[])), [1], column);
    assert.deepEqual(await ids(noneOf(values as number[])), [2], column);
    assert.deepEqual(await ids(oneOf(values.slice(0, -1) as number[])), [], column);
  }
  assert.equal(await Item.filter({ flag: oneOf(many(() => true, true)) }).count(), 1);
  assert.equal(await Item.exclude({ id: oneOf(lists.id) }).count(), 1);
  assert.equal(await Item.filter({ id: oneOf(lists.id) }).update({ size: 3 }), 1);
});

const long = 'x'.repeat(100_000);
const manyIds = Array.from({ length: 70_000 }, (_, at) => at);
const failing: readonly (readonly [what: string, run: (db: Free) => Promise<unknown>])[] = [
  ['too many values', (db) => db.selectFrom('rows').selectAll().where('id', 'in', manyIds).execute()],
  ['a long name', (db) => sql.raw(`select 1 from rows where ${long} = 1`).execute(db)],
  ['a text without an end', (db) => sql.raw(`select '${long}`).execute(db)],
  ['a statement of a long text', (db) => sql.raw(`selekt '${long}'`).execute(db)],
  ['a value of another type', (db) => sql`select cast(${long} as ${sql.raw('integer')}) + json(${long})`.execute(db)],
  [
    'a unique value',
    (db) =>
      db
        .insertInto('rows')
        .values([
          { id: 1, name: long },
          { id: 1, name: long },
        ])
        .execute(),
  ],
  ['a row of the model', () => Row.create({ name: 5 as never, [long]: 1 } as never)],
  ['a filter by a long name', async () => Row.filter({ [long]: 1 } as never)],
  [
    'a statement that nothing awaits',
    (db) => db.transaction().execute(async (trx) => void (await sql.raw(`select '${long}`).execute(trx))),
  ],
];
for (const backend of [sqliteFile, sqliteMemory, postgres])
  for (const [what, run] of failing)
    test(`${backend.name}: an error is short, whatever the statement and its values are: ${what}`, async () => {
      await using db = await makeDatabase(backend, { Row });
      const error = await run(db.kysely as never).then(
        () => undefined,
        (failure: Error) => failure,
      );
      assert.ok(error !== undefined, 'it fails');
      for (let at: Error | undefined = error; at instanceof Error; at = at.cause as Error | undefined)
        for (const name of new Set([...Object.getOwnPropertyNames(at), 'message', 'stack'])) {
          const told: unknown = (at as unknown as Record<string, unknown>)[name];
          if (typeof told === 'string')
            assert.ok(told.length < 6_000, `${name} of ${at.name} has ${told.length} characters`);
        }
    });

onEvery('a statement that was not awaited is named shortly', async (backend) => {
  await using db = await makeDatabase(backend, { Row });
  const work = db.transaction(async (session) => {
    const values = Array.from({ length: 5_000 }, () => ({ name: 'a' }));
    (session as unknown as Free)
      .insertInto('rows')
      .values(values)
      .execute()
      .catch(() => {});
  });
  await assert.rejects(
    work,
    (error: Error & { sql: string }) => error.message.length < 1_000 && error.sql.length < 3_000,
  );
});
