import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { z } from 'zod';
import { column, createdAt, database, model, primaryKey, references, updatedAt } from '../../../src/db/index.ts';
import { App, type ErrorCode } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { makeDatabase, onEvery } from '../support/backends.ts';

const author = { id: primaryKey(), name: z.string(), born: z.date().nullable() };
class Author extends model('authors', author) {}
class Post extends model('posts', {
  id: primaryKey(),
  authorId: references(() => Author, { onDelete: 'cascade' }),
  title: column(z.string(), { unique: true }),
  views: z.int().default(0),
  score: z.number(),
  big: z.bigint(),
  live: z.boolean(),
  meta: z.object({ tags: z.array(z.string()) }).optional(),
  created: createdAt(),
  updated: updatedAt(),
}) {}
const models = { Post, Author };

onEvery('a new schema has no drift', async (backend) => {
  await using db = await makeDatabase(backend, models);
  assert.deepEqual(await db.drift(), []);
});

onEvery('drift names what differs, and a start reports it', async (backend) => {
  await using db = database({ url: await backend.url(), models });
  await db.open();
  await sql`create table authors (id integer primary key, name integer, secret text not null, note text)`.execute(
    db.kysely,
  );
  const expected = [
    'table "posts" is missing',
    '"authors"."born": column is missing',
    '"authors"."name": column takes NULL, its field does not',
    '"authors"."name": type differs: the model has text, the database ' +
      (backend.kind === 'sqlite' ? 'integer' : 'int4'),
    '"authors"."secret": column is unknown and required',
  ];
  assert.deepEqual((await db.drift()).sort(), expected.sort());
  const { logger, lines } = memoryLog();
  const app = new App({ logger });
  app.use(db);
  await (await testClient(app)).close();
  assert.ok(lines.some((line) => JSON.stringify(line).includes('column is unknown and required')));
  const strict = new App({ logger: false });
  strict.use(db, { drift: 'throw' });
  await assert.rejects(testClient(strict), { code: 'CORTADO_DB_DRIFT' });
});

async function withFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = temporaryFolder('migrations');
  try {
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await fn(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

onEvery('the first migration makes all tables, and the next what is new', (backend) =>
  withFolder(async (folder) => {
    const url = await backend.url();
    {
      await using db = database({ url, models });
      const migrations = db.migrations(folder);
      assert.deepEqual(await migrations.list(), []);
      const path = await migrations.make('First: the tables!');
      assert.match(path, /\d{8}T\d{9}_first_the_tables\.ts$/);
      await assert.rejects(migrations.make('again'), { code: 'CORTADO_DB_MIGRATION' });
      const [step] = await migrations.latest();
      assert.equal(step?.direction, 'up');
      assert.deepEqual(await db.drift(), []);
      const ada = await Author.create({ name: 'Ada', born: null });
      await Post.create({ authorId: ada.id, title: 'x', score: 1, big: 1n, live: true });
      await assert.rejects(Post.create({ authorId: ada.id, title: 'x', score: 1, big: 1n, live: true }), {
        code: 'CORTADO_DB_UNIQUE',
      });
      assert.deepEqual(await migrations.latest(), []);
    }
    // What was in memory is gone.
    if (url.includes(':memory:')) return;
    class Renewed extends model('authors', { ...author, nick: z.string().optional() }) {}
    await using db = database({ url, models: { Renewed } });
    const migrations = db.migrations(folder);
    assert.match(await readFile(await migrations.make('nick'), 'utf8'), /addColumn\('nick', 'text'\)/);
    assert.equal((await migrations.up()).length, 1);
    assert.deepEqual(await db.drift(), []);
    assert.equal((await Renewed.get({ name: 'Ada' })).nick, undefined);
    assert.deepEqual(
      (await migrations.down()).map(({ direction }) => direction),
      ['down'],
    );
    assert.deepEqual(await db.drift(), ['"authors"."nick": column is missing']);
    const [first] = await migrations.list();
    assert.ok(first?.executedAt instanceof Date);
    assert.equal((await readdir(folder)).length, 3);
  }),
);

onEvery('rows that exist get the default of a new column where it is known', (backend) =>
  withFolder(async (folder) => {
    const url = await backend.url();
    if (url.includes(':memory:')) return;
    {
      class Bar extends model('bars', { id: primaryKey(), name: z.string() }) {}
      await using db = database({ url, models: { Bar } });
      await db.migrations(folder).make('bars');
      await db.migrations(folder).latest();
      await Bar.create({ name: 'Ada' });
    }
    const known = { seats: z.int().default(3), open: z.boolean().default(true), motto: z.string().default("it's on") };
    class Renewed extends model('bars', { id: primaryKey(), name: z.string(), ...known }) {}
    await using db = database({ url, models: { Renewed } });
    assert.doesNotMatch(await readFile(await db.migrations(folder).make('more'), 'utf8'), /TODO/);
    await db.migrations(folder).latest();
    const { seats, open, motto } = await Renewed.get({ name: 'Ada' });
    assert.deepEqual({ seats, open, motto }, { seats: 3, open: true, motto: "it's on" });
    assert.deepEqual(await db.drift(), []);
    class Keyed extends model('bars', {
      id: primaryKey(),
      name: z.string(),
      ...known,
      key: z.string().default(() => crypto.randomUUID()),
    }) {}
    await using keyed = database({ url, models: { Keyed } });
    assert.match(
      await readFile(await keyed.migrations(folder).make('key'), 'utf8'),
      /TODO rows that exist need a value/,
    );
  }),
);

onEvery('a migration that fails changes nothing, and is named', (backend) =>
  withFolder(async (folder) => {
    await using db = database({ url: await backend.url(), models });
    const up = `export async function up(db) {
      await db.schema.createTable('half').addColumn('id', 'integer').execute();
      throw new Error('no more');
    }`;
    await writeFile(join(folder, '001_half.js'), up);
    await assert.rejects(db.migrations(folder).latest(), coded('CORTADO_DB_MIGRATION', '001_half', 'no more'));
    assert.ok(!(await db.kysely.introspection.getTables()).some(({ name }) => name === 'half'));
    await writeFile(join(folder, '002_nothing.js'), 'export const down = 1;');
    await assert.rejects(db.migrations(folder).list(), coded('CORTADO_DB_MIGRATION', '002_nothing.js', '"up"'));
  }),
);

onEvery('apps that start at once make the tables and run the migrations once', (backend) =>
  withFolder(async (folder) => {
    await writeFile(
      join(folder, '001_log.js'),
      `export const up = async (db) => {
        await db.schema.createTable('log').ifNotExists().addColumn('id', 'integer').execute();
        await db.insertInto('log').values({ id: 1 }).execute();
      };`,
    );
    const url = await backend.url();
    const started = Array.from({ length: url.includes('memory') ? 1 : 4 }, () => {
      const app = new App({ logger: false });
      const db = database({ url });
      app.use(db, { migrations: folder, createSchema: true });
      return { app, db };
    });
    const apps = started.map(({ app }) => app);
    await Promise.all(apps.map((app) => app.ready()));
    assert.deepEqual((await sql`select * from log`.execute(started[0]!.db.kysely)).rows, [{ id: 1 }]);
    await Promise.all(apps.map((app) => app.close()));
  }),
);

const impossible: [string, () => unknown, ErrorCode, ...string[]][] = [
  ['a transform', () => model('t', { a: z.string().transform(Number) }), 'CORTADO_DB_MODEL', '"t"', '"a"'],
  ['a function', () => model('t', { a: z.custom(() => true) }), 'CORTADO_DB_MODEL', 'z.custom()'],
  ['mixed literals', () => model('t', { a: z.literal(['a', 1]) }), 'CORTADO_DB_MODEL', '"t"', '"a"'],
  ['two primary keys', () => model('t', { a: primaryKey(), b: primaryKey() }), 'CORTADO_DB_MODEL', '"t"'],
  ['no name', () => model('', {}), 'CORTADO_DB_MODEL', 'model()'],
  ['no fields', () => model('t', undefined as never), 'CORTADO_DB_MODEL', '"t"'],
  ['no schema', () => model('t', { a: String as never }), 'CORTADO_DB_MODEL', '"a"', 'Zod', 'String'],
  ['no schema in column()', () => column('text' as never, {}), 'CORTADO_DB_MODEL', 'column()', '"text"'],
  ['no schema in its key', () => primaryKey({} as never), 'CORTADO_DB_MODEL', 'primaryKey()'],
  // @ts-expect-error no such field
  ['an index on nothing', () => model('t', { a: z.string() }, { indexes: [['b']] }), 'CORTADO_DB_MODEL', '"b"'],
  ['an unknown option', () => column(z.string(), { uniq: true } as object), 'CORTADO_OPTION_UNKNOWN', '"uniq"'],
];
for (const [name, declare, code, ...names] of impossible) {
  test(`a model with ${name} is refused where it is declared`, () => {
    assert.throws(declare, coded(code, ...names));
  });
}

test('a reference to nothing names its table and field', async () => {
  class Post extends model('posts', { id: primaryKey(), author: references(() => undefined as never) }) {}
  await using db = database({ url: 'sqlite::memory:', models: { Post } });
  await assert.rejects(
    db.createSchema(),
    coded('CORTADO_DB_MODEL', '"posts"', '"author"', 'references()', 'undefined'),
  );
});

test('a model without a database says where to name it', async () => {
  class Lonely extends model('lonely', { id: primaryKey() }) {}
  await assert.rejects(async () => Lonely.all(), coded('CORTADO_DB_MODEL', '"lonely"', 'database({ models'));
});

test('a model belongs to one open database at a time', async () => {
  class Shared extends model('shared', { id: primaryKey() }) {}
  await using one = database({ url: 'sqlite::memory:', models: { Shared } });
  await one.open();
  assert.throws(() => database({ url: 'sqlite::memory:', models: { Shared } }), { code: 'CORTADO_DB_MODEL' });
  await one.close();
  await using two = database({ url: 'sqlite::memory:', models: { Shared } });
  await two.createSchema();
  assert.equal(await Shared.count(), 0);
});

test('two databases of one URL need names, which their figures have as well', async () => {
  const memory = (name?: string) => database({ url: 'sqlite::memory:', ...(name !== undefined && { name }) });
  const app = new App({ logger: false });
  const cache = memory('cache');
  app.use(memory());
  app.use(cache);
  assert.throws(
    () => app.use(memory()),
    coded('CORTADO_DEPENDENCY_NAME', "'database sqlite::memory:'", "{ name: '…' }"),
  );
  assert.throws(() => app.use(cache), coded('CORTADO_DEPENDENCY_NAME', "'database cache'"));
  assert.throws(() => memory(1 as never), coded('CORTADO_OPTION_INVALID', 'name', '1'));
  await using _ = await testClient(app);
  const limits = app.gauges().filter(({ name }) => name === 'cortado_db_limit');
  assert.deepEqual(
    limits.map(({ labels }) => labels?.['database']),
    ['sqlite::memory:', 'cache'],
  );
});
