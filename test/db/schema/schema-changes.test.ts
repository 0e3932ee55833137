import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { z } from 'zod';
import { type AnyModel, column, database, model, primaryKey, references } from '../../../src/db/index.ts';
import { coded } from '../../support/coded.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { postgres, sqliteFile } from '../support/backends.ts';

const first = { id: primaryKey(), name: z.string() };
class Shop extends model('shops', { id: primaryKey() }) {}
class Street extends model('streets', { id: primaryKey() }) {}

interface Change {
  readonly name: string;
  readonly before: AnyModel;
  readonly after: AnyModel;
  readonly drift: readonly string[];
  /** A row as it is before, and its values after. */
  readonly row: string;
  readonly rowAfter: Record<string, unknown>;
  /** What SQLite leaves to be done by hand. */
  readonly byHandOnSqlite?: RegExp;
}

const changes: readonly Change[] = [
  {
    name: 'an index, and a unique key of two columns',
    before: model('bars', { ...first, city: z.string() }),
    after: model('bars', { ...first, city: column(z.string(), { index: true }) }, { unique: [['name', 'city']] }),
    drift: ['"bars": the unique key of name, city is missing', '"bars": the index of city is missing'],
    row: `insert into bars (name, city) values ('a', 'b')`,
    rowAfter: { id: 1, name: 'a', city: 'b' },
  },
  {
    name: 'a column with its index and its foreign key',
    before: model('bars', first),
    after: model('bars', { ...first, shop: references(() => Shop, z.int().nullable()) }),
    drift: ['"bars"."shop": column is missing', '"bars": the index of shop is missing'],
    row: `insert into bars (name) values ('a')`,
    rowAfter: { id: 1, name: 'a', shop: null },
  },
  {
    name: 'a field that may be empty now',
    before: model('bars', first),
    after: model('bars', { ...first, name: z.string().nullable() }),
    drift: ['"bars"."name": field may be empty, its column may not'],
    row: `insert into bars (name) values ('a')`,
    rowAfter: { id: 1, name: 'a' },
  },
  {
    name: 'a field that may not be empty any more',
    before: model('bars', { ...first, name: z.string().nullable() }),
    after: model('bars', first),
    drift: ['"bars"."name": column takes NULL, its field does not'],
    row: `insert into bars (name) values ('a')`,
    rowAfter: { id: 1, name: 'a' },
    byHandOnSqlite: /TODO by hand: "bars"\."name": column takes NULL.* since it must not be NULL/,
  },
  {
    name: 'another type',
    before: model('bars', { ...first, size: z.string().nullable() }),
    after: model('bars', { ...first, size: z.int().nullable() }),
    drift: ['"bars"."size": type differs: the model has integer, the database text'],
    row: `insert into bars (name, size) values ('a', '12')`,
    rowAfter: { id: 1, name: 'a', size: 12 },
  },
  {
    name: 'another type of a column with an index',
    before: model('bars', { ...first, size: column(z.string().nullable(), { index: true }) }),
    after: model('bars', { ...first, size: column(z.int().nullable(), { index: true }) }),
    drift: ['"bars"."size": type differs: the model has integer, the database text'],
    row: `insert into bars (name, size) values ('a', '12')`,
    rowAfter: { id: 1, name: 'a', size: 12 },
    byHandOnSqlite: /TODO by hand: .* since it has an index or a foreign key/,
  },
  {
    name: 'a foreign key of a column that is there',
    before: model('bars', { ...first, shop: z.int().nullable() }),
    after: model('bars', { ...first, shop: references(() => Shop, z.int().nullable(), { onDelete: 'set null' }) }),
    drift: [
      '"bars"."shop": foreign key is missing: the model has shops.id on delete set null',
      '"bars": the index of shop is missing',
    ],
    row: `insert into bars (name) values ('a')`,
    rowAfter: { id: 1, name: 'a', shop: null },
    byHandOnSqlite: /TODO by hand: .* since SQLite alters no foreign key/,
  },
  {
    name: 'another way of what happens on delete',
    before: model('bars', { ...first, shop: references(() => Shop, z.int().nullable()) }),
    after: model('bars', { ...first, shop: references(() => Shop, z.int().nullable(), { onDelete: 'cascade' }) }),
    drift: [
      '"bars"."shop": foreign key differs: the model has shops.id on delete cascade, the database shops.id on delete no action',
    ],
    row: `insert into bars (name) values ('a')`,
    rowAfter: { id: 1, name: 'a', shop: null },
    byHandOnSqlite: /TODO by hand: .* since SQLite alters no foreign key/,
  },
  {
    name: 'a foreign key to another table',
    before: model('bars', { ...first, shop: references(() => Street, z.int().nullable()) }),
    after: model('bars', { ...first, shop: references(() => Shop, z.int().nullable()) }),
    drift: [
      '"bars"."shop": foreign key differs: the model has shops.id on delete no action, the database streets.id on delete no action',
    ],
    row: `insert into bars (name) values ('a')`,
    rowAfter: { id: 1, name: 'a', shop: null },
    byHandOnSqlite: /TODO by hand: .* since SQLite alters no foreign key/,
  },
];

for (const { name, before, after, drift, row, rowAfter, byHandOnSqlite } of changes)
  for (const backend of [sqliteFile, postgres])
    test(`${backend.name}: a migration is made for ${name}`, () =>
      withMigrations(async (folder) => {
        const url = await backend.url();
        {
          await using db = database({ url, models: { before, Shop, Street } });
          await db.createSchema();
          await sql.raw(row).execute(db.kysely);
        }
        await using db = database({ url, models: { after, Shop, Street } });
        assert.deepEqual(await db.drift(), drift);
        const migrations = db.migrations(folder);
        const text = await readFile(await migrations.make('change'), 'utf8');
        if (backend.kind === 'sqlite' && byHandOnSqlite !== undefined) {
          assert.match(text, byHandOnSqlite);
          await assert.rejects(migrations.latest(), coded('CORTADO_DB_MIGRATION', '"bars"'));
          assert.equal((await migrations.list())[0]!.executedAt, undefined);
          assert.deepEqual(await db.drift(), drift);
          return;
        }
        await migrations.latest();
        assert.deepEqual(await db.drift(), []);
        const [found] = (await sql.raw(`select * from bars`).execute(db.kysely)).rows as Record<string, unknown>[];
        assert.deepEqual({ ...found }, rowAfter);
        // And back, where all of it can be undone.
        if (backend.kind === 'sqlite' && text.includes('_new')) {
          await assert.rejects(migrations.down(), coded('CORTADO_DB_MIGRATION', '"bars"."'));
          assert.deepEqual(await db.drift(), []);
          return;
        }
        await migrations.down();
        assert.deepEqual(await db.drift(), drift);
      }));

for (const backend of [sqliteFile, postgres]) {
  test(`${backend.name}: a migration in which nothing is written yet does not count as done, up or down`, () =>
    withMigrations(async (folder) => {
      class Bar extends model('bars', first) {}
      await using db = database({ url: await backend.url(), models: { Bar } });
      await db.createSchema();
      const migrations = db.migrations(folder);
      const path = await migrations.make('first');
      const text = await readFile(path, 'utf8');
      assert.match(text, /The tables are as the models say.*\n.*createSchema/s);
      await assert.rejects(migrations.latest(), coded('CORTADO_DB_MIGRATION'));
      assert.equal((await migrations.list())[0]!.executedAt, undefined);
      await writeFile(path, text.replace(/throw new Error\('Write this by hand: what is to change'\);/, ''));
      // Node keeps a module that it has loaded, so as the next process would.
      const written = await mkdtemp(join(folder, 'again-'));
      await writeFile(join(written, basename(path)), await readFile(path));
      await db.migrations(written).latest();
      await assert.rejects(db.migrations(written).down(), coded('CORTADO_DB_MIGRATION'));
      assert.ok((await db.migrations(written).list())[0]!.executedAt instanceof Date);
    }));

  test(`${backend.name}: a column that is unknown and required has to be decided on`, () =>
    withMigrations(async (folder) => {
      const url = await backend.url();
      {
        class Bar extends model('bars', { ...first, city: z.string() }) {}
        await using db = database({ url, models: { Bar } });
        await db.createSchema();
      }
      class Bar extends model('bars', first) {}
      await using db = database({ url, models: { Bar } });
      await db.migrations(folder).make('drop');
      await assert.rejects(db.migrations(folder).latest(), coded('CORTADO_DB_MIGRATION', '"bars"."city"'));
    }));

  test(`${backend.name}: a migration that was made for the other kind of database says so when it is to be run`, () =>
    withMigrations(async (folder) => {
      const other = backend.kind === 'sqlite' ? postgres : sqliteFile;
      class Bar extends model('bars', { ...first, open: z.boolean() }) {}
      {
        await using db = database({ url: await other.url(), models: { Bar } });
        await db.migrations(folder).make('first');
        await db.migrations(folder).latest();
      }
      await using db = database({ url: await backend.url(), models: { Bar } });
      const migrations = db.migrations(folder);
      assert.equal((await migrations.list()).length, 1);
      await assert.rejects(migrations.latest(), {
        code: 'CORTADO_DB_MIGRATION',
        message: new RegExp(`_first was made for ${other.kind === 'sqlite' ? 'SQLite' : 'PostgreSQL'}, whose types`),
      });
      assert.equal((await migrations.list())[0]!.executedAt, undefined);
    }));

  test(`${backend.name}: a foreign key that refuses either way is what a model without onDelete asks`, async () => {
    class Bar extends model('bars', { id: primaryKey(), shop: references(() => Shop, z.int()) }) {}
    await using db = database({ url: await backend.url(), models: { Bar, Shop } });
    for (const statement of [
      'create table shops (id integer primary key)',
      'create table bars (id integer primary key, shop integer not null references shops on delete restrict)',
      'create index mine on bars (shop)',
    ])
      await sql.raw(statement).execute(db.kysely);
    assert.deepEqual(await db.drift(), []);
  });
}

const kept: readonly [string, string][] = [
  [
    'a constraint with its columns in another order',
    'create table cups (id integer primary key, a integer not null, b integer not null, unique (b, a))',
  ],
  [
    'an index under another name',
    'create table cups (id integer primary key, a integer not null, b integer not null); create unique index mine on cups (b, a)',
  ],
];
for (const backend of [sqliteFile, postgres])
  for (const [what, statements] of kept)
    test(`${backend.name}: drift takes ${what} for what the model asks`, async () => {
      const url = await backend.url();
      const Cup = model(
        'cups',
        { id: primaryKey(), a: z.int(), b: z.int() },
        { unique: [['a', 'b']], indexes: [['b']] },
      );
      await using db = database({ url, models: { Cup } });
      for (const statement of statements.split(';')) await sql.raw(statement).execute(db.kysely);
      assert.deepEqual(await db.drift(), []);
    });

for (const [what, index] of [
  ['one that holds some rows only', 'create unique index mine on cups (a) where a > 0'],
  ['one of an expression', 'create unique index mine on cups (abs(a))'],
  ['one that is not unique', 'create index mine on cups (a)'],
] as const)
  for (const backend of [sqliteFile, postgres])
    test(`${backend.name}: drift takes no index for a unique key that is ${what}`, async () => {
      const url = await backend.url();
      const Cup = model('cups', { id: primaryKey(), a: column(z.int(), { unique: true }) });
      await using db = database({ url, models: { Cup } });
      await sql.raw('create table cups (id integer primary key, a integer not null)').execute(db.kysely);
      await sql.raw(index).execute(db.kysely);
      assert.deepEqual(await db.drift(), ['"cups": the unique key of a is missing']);
    });

// What a migration imports is found where its project's modules are.
async function withMigrations(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = temporaryFolder('changes');
  try {
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await symlink(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(folder, 'node_modules'));
    await fn(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
