import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CompiledQuery, sql } from 'kysely';
import { z } from 'zod';
import { model, primaryKey } from '../../../src/db/index.ts';
import { momentCondition } from '../../../src/db/model/conditions/moment-condition.ts';
import { momentOf } from '../../../src/db/model/table/moments.ts';
import { findDrift } from '../../../src/db/schema/drift.ts';
import { migrationText } from '../../../src/db/schema/migration-text.ts';
import { backends, makeDatabase, postgres, sqliteFile } from '../support/backends.ts';

const script = fileURLToPath(new URL('../support/times-in-zone.ts', import.meta.url));

async function inZone(zone: string, url: string): Promise<Record<string, unknown>> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, url], { env: { ...process.env, TZ: zone } });
  return JSON.parse(stdout) as Record<string, unknown>;
}

const sqliteMoments = [
  '2026-03-28T23:00:00.000Z',
  '2026-03-28T23:10:00.000Z',
  '2026-03-28T23:20:00.000Z',
  '2026-03-28T23:30:00.123Z',
  '2026-03-28T23:40:00.500Z',
  '2026-03-28T23:50:00.000Z',
  '2026-03-29T00:00:00.250Z',
  '2026-03-29T00:10:00.000Z',
  '2026-03-29T00:20:00.000Z',
  '2026-03-29T00:30:00.000Z',
];
const sqliteNames = [
  'cortado',
  'sqlite',
  'sqlalchemy',
  'sqlmodel',
  'django',
  'offset',
  'offset with a space',
  'isoformat',
  'minutes',
  'last',
];
const postgresMoments = Array.from({ length: 10 }, (_, at) =>
  new Date(Date.UTC(2026, 2, 28, 23, at * 10, 0, at)).toISOString(),
);
const postgresNames = Array.from({ length: 10 }, (_, at) => `e${at}`);

for (const backend of backends)
  for (const zone of ['Asia/Taipei', 'America/Los_Angeles', 'UTC'])
    test(`${backend.name}: moments without a zone are in UTC in ${zone}, read, compared, ordered, paged and written`, async () => {
      const found = await inZone(zone, await backend.url());
      const isSqlite = backend.kind === 'sqlite';
      const moments = isSqlite ? sqliteMoments : postgresMoments;
      const names = isSqlite ? sqliteNames : postgresNames;
      const down = names.toReversed();
      const { types, arrays, drift, ...rest } = found;
      assert.deepEqual(rest, {
        read: moments,
        day: '2026-03-29T00:00:00.000Z',
        kysely: moments,
        ordered: down,
        first: down[0],
        streamed: names,
        equal: names,
        after: names.slice(6),
        from: names.slice(5),
        before: names.slice(0, 5),
        to: names.slice(0, 6),
        between: 6,
        not: 9,
        'one of': [names[1], names[6]],
        'none of': 8,
        excluded: 9,
        exists: true,
        days: 10,
        'kysely after': names.slice(6),
        'kysely equal': [names[5], names[8], names[9]],
        'kysely updated': 6,
        'kysely deleted': 0,
        pages: down,
        json: moments,
        'saved beside': true,
        written: [
          ['2026-07-01 12:00:00', '2026-03-29'],
          ['2026-07-01 12:00:00', '2026-07-01'],
        ],
        default: true,
        own: '2026-03-29T02:30:00.000Z',
      });
      if (isSqlite) {
        const [at, ...others] = drift as string[];
        assert.equal(
          at,
          '"events"."at": moments are in another form, "2026-03-28 23:10:00", where the model writes "2026-01-02T03:04:05.678Z"',
        );
        assert.deepEqual(
          others.map((text) => text.slice(0, text.indexOf(','))),
          ['"events"."day"', '"own"."at"', '"own"."made"'].map((column) => `${column}: moments are in another form`),
        );
      } else {
        assert.deepEqual(drift, [
          '"events"."at": type differs: the model has timestamptz, the database timestamp',
          '"events"."day": type differs: the model has timestamptz, the database date',
        ]);
        assert.deepEqual(JSON.parse(types as string), {
          stamp: '2026-03-29T02:30:00.500Z',
          day: '2026-03-29T00:00:00.000Z',
          stamps: ['2026-03-29T02:30:00.000Z', null],
          days: ['2026-03-29T00:00:00.000Z'],
          time: '10:00:00',
          times: ['10:00:00'],
          zoned: '2026-03-29T00:30:00.000Z',
          zones: ['2026-03-29T00:30:00.000Z'],
          ides: '-000043-03-15T00:00:00.000Z',
          forever: 'inf',
          never: '-inf',
          late: '+012026-01-01T00:00:00.000Z',
        });
        const at = '2026-03-29T23:30:00.000Z';
        assert.deepEqual(JSON.parse(arrays as string), [
          { one: at, many: [at], days: ['2026-03-29T00:00:00.000Z'], zones: [at] },
        ]);
      }
    });

const texts: readonly (readonly [text: string, moment: string | null])[] = [
  ['2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05.678Z'],
  ['2026-01-02', '2026-01-02T00:00:00.000Z'],
  ['2026-01-02 03:04', '2026-01-02T03:04:00.000Z'],
  ['2026-01-02 03:04:05', '2026-01-02T03:04:05.000Z'],
  ['2026-01-02T03:04:05', '2026-01-02T03:04:05.000Z'],
  ['2026-01-02 03:04:05.678901', '2026-01-02T03:04:05.679Z'],
  ['2026-01-02 03:04:59.999999', '2026-01-02T03:05:00.000Z'],
  ['2026-01-02 03:04:05,5', '2026-01-02T03:04:05.500Z'],
  ['2026-01-02 03:04:05+00:00', '2026-01-02T03:04:05.000Z'],
  ['2026-01-02 03:04:05 +0530', '2026-01-01T21:34:05.000Z'],
  ['2026-01-02 03:04:05-08', '2026-01-02T11:04:05.000Z'],
  ['2026-01-02 03:04:05z', '2026-01-02T03:04:05.000Z'],
  ['+012026-01-02T03:04:05.000Z', '+012026-01-02T03:04:05.000Z'],
  ['Jan 2 2026', null],
  ['03:04:05', null],
  ['', null],
];
for (const [text, moment] of texts)
  test(`the text "${text}" means ${moment ?? 'no moment'}`, () => {
    const found = momentOf(text);
    assert.equal(Number.isNaN(found.getTime()) ? null : found.toISOString(), moment);
  });

class Log extends model('logs', { id: primaryKey(), at: z.date() }) {}

test('SQLite: an index finds moments, whatever form they have', async () => {
  await using db = await makeDatabase(sqliteFile, { Log });
  await sql`create index logs_at on logs (at)`.execute(db.kysely);
  const value = new Date();
  for (const what of [
    { kind: 'equal', value },
    { kind: 'compare', operator: '>', value },
    { kind: 'compare', operator: '<=', value },
  ] as const) {
    const query = db.kysely.selectFrom('logs').select('id').where(momentCondition('at', what).expression);
    const { sql: text, parameters } = query.compile();
    const explained = CompiledQuery.raw(`explain query plan ${text}`, [...parameters]);
    const [plan] = (await db.kysely.executeQuery<{ detail: string }>(explained)).rows;
    assert.match(plan!.detail, /SEARCH logs USING COVERING INDEX logs_at \(at[<>]\?/);
  }
});

test('a migration brings moments of another form into that of the model, and gives them a zone', async () => {
  for (const backend of [sqliteFile, postgres]) {
    await using db = await makeDatabase(backend, {});
    const isSqlite = backend.kind === 'sqlite';
    await sql
      .raw(
        `create table logs (id ${isSqlite ? 'integer primary key' : 'bigint primary key generated by default as identity'} not null, at ${isSqlite ? 'datetime' : 'timestamp'} not null)`,
      )
      .execute(db.kysely);
    await sql`insert into logs (at) values ('2026-01-02 03:04:05')`.execute(db.kysely);
    if (!isSqlite) await sql`set timezone to 'Asia/Taipei'`.execute(db.kysely);
    const text = migrationText(await findDrift(db.kysely as never, [Log.definition], backend.kind), backend.kind);
    const body = /up\(db: Kysely<unknown>\): Promise<void> \{\n(.*?)\n\}/s.exec(text)![1]!;
    const up = new Function('db', 'sql', `return (async () => {${body}})()`) as (...parts: unknown[]) => Promise<void>;
    await up(db.kysely, sql);
    const { rows } = await sql<{ at: Date | string }>`select at from logs`.execute(db.kysely);
    assert.equal(new Date(rows[0]!.at).toISOString(), '2026-01-02T03:04:05.000Z');
    if (isSqlite) assert.equal(rows[0]!.at, '2026-01-02T03:04:05.000Z');
    Log.definition.otherMoments.clear();
    assert.deepEqual(await findDrift(db.kysely as never, [Log.definition], backend.kind), []);
  }
});

test('PostgreSQL: pages go by microseconds, which a JavaScript date has not', async () => {
  const url = await postgres.url();
  const same = { ...postgres, url: async () => url };
  await using db = await makeDatabase(same, {});
  for (const type of ['timestamptz', 'timestamp']) {
    await sql.raw(`drop table if exists logs`).execute(db.kysely);
    await sql
      .raw(`create table logs (id bigint primary key generated by default as identity, at ${type} not null)`)
      .execute(db.kysely);
    await sql`insert into logs (at) select '2026-01-02 03:04:05.123'::timestamp + n * interval '100 microseconds' from generate_series(0, 24) as n`.execute(
      db.kysely,
    );
    await using _ = await makeDatabase(same, { Log });
    for (const order of ['at', '-at'] as const) {
      const ids: number[] = [];
      for (let cursor: string | null | undefined; cursor !== null && ids.length < 100; ) {
        const page: { items: Log[]; next: string | null } = await Log.all()
          .orderBy(order)
          .pageAfter({ cursor, limit: 4 });
        ids.push(...page.items.map(({ id }) => id));
        cursor = page.next;
        assert.deepEqual(Object.keys(page.items[0]!), ['id', 'at']);
        assert.ok(ids.length <= 25, `a row comes twice: ${ids}`);
      }
      const all = Array.from({ length: 25 }, (__, at) => at + 1);
      assert.deepEqual(ids, order === 'at' ? all : all.toReversed(), `${type} ${order}`);
    }
    // A cursor of a moment in milliseconds is one as well, and others are none.
    const cursorOf = (at: unknown): string => Buffer.from(JSON.stringify(['at,id', at, 0])).toString('base64url');
    assert.equal(
      (
        await Log.all()
          .orderBy('at')
          .pageAfter({ cursor: cursorOf('2026-01-02T03:04:05.124Z') })
      ).items.length,
      15,
    );
    for (const at of [
      '2026-01-02 03:04:05.1234567',
      '2026-13-02 03:04:05',
      'now',
      '0000-01-01',
      '2026-01-02 25:04:05',
      '2026-02-30',
      '2026-02-30 03:04:05+00',
      '2026-02-02 03:04:05+16',
      '2026-02-02 03:04:05+00:60',
    ])
      await assert.rejects(
        Log.all()
          .orderBy('at')
          .pageAfter({ cursor: cursorOf(at) }),
        { code: 'CORTADO_DB_CURSOR', status: 422 },
        at,
      );
  }
});
