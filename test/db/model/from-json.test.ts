import assert from 'node:assert/strict';
import { sql } from 'kysely';
import * as onPostgres from 'kysely/helpers/postgres';
import * as onSqlite from 'kysely/helpers/sqlite';
import { z } from 'zod';
import { model, primaryKey, references } from '../../../src/db/index.ts';
import { makeDatabase, onEvery } from '../support/backends.ts';

class Shelf extends model('shelves', { id: primaryKey(), name: z.string() }) {}
class Thing extends model('things', {
  id: primaryKey(),
  shelfId: references(() => Shelf),
  seen: z.date().nullable(),
  live: z.boolean(),
  big: z.bigint(),
  meta: z.object({ tags: z.array(z.string()) }).optional(),
}) {}

onEvery("rows of Kysely's JSON helpers become the model's values", async (backend) => {
  await using db = await makeDatabase(backend, { Shelf, Thing });
  const shelf = await Shelf.create({ name: 'top' });
  await Shelf.create({ name: 'empty' });
  const seen = new Date('2026-01-02T03:04:05.678Z');
  await Thing.create({ shelfId: shelf.id, seen, live: true, big: 2n ** 60n + 1n, meta: { tags: ['a'] } });
  await Thing.create({ shelfId: shelf.id, seen: null, live: false, big: -1n });
  const { jsonArrayFrom } = backend.kind === 'sqlite' ? onSqlite : onPostgres;
  const rows = await db.kysely
    .selectFrom('shelves')
    .select((outer) => [
      'name',
      jsonArrayFrom(
        outer
          .selectFrom('things')
          .select(['id', 'seen', 'live', 'meta', sql<string>`cast(big as text)`.as('big'), sql<number>`1`.as('other')])
          .whereRef('shelfId', '=', 'shelves.id')
          .orderBy('id'),
      ).as('things'),
    ])
    .orderBy('shelves.id')
    .execute();
  const shelves = rows.map(({ name, things }) => ({ name, things: Thing.fromJson(things) }));
  const first: Date | null | undefined = shelves[0]!.things[0]!.seen;
  assert.ok(first instanceof Date);
  assert.deepEqual(shelves, [
    {
      name: 'top',
      things: [
        { id: 1, seen, live: true, meta: { tags: ['a'] }, big: 2n ** 60n + 1n, other: 1 },
        { id: 2, seen: null, live: false, meta: undefined, big: -1n, other: 1 },
      ],
    },
    { name: 'empty', things: [] },
  ]);
});
