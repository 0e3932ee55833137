import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { gte, model, not, primaryKey } from '../../src/db/index.ts';
import { CompiledStatements } from '../../src/db/model/table/compiled-statements.ts';
import { makeDatabase, onEvery } from './support/backends.ts';

class Cup extends model('cups', {
  id: primaryKey(),
  size: z.int(),
  label: z.string().nullable().default(null),
  tags: z.array(z.string()).default([]),
}) {}

onEvery('queries of one shape keep their own values', async (backend) => {
  await using db = await makeDatabase(backend, { Cup });
  for (const size of [1, 2, 3]) await Cup.create({ size, ...(size === 2 && { label: 'b', tags: ['x'] }) });
  for (const id of [1, 2, 3]) assert.equal((await Cup.get({ id })).size, id);
  for (const label of [null, 'b', null]) assert.equal((await Cup.filter({ label })).length, label === null ? 2 : 1);
  assert.equal((await Cup.filter({ label: not(null) })).length, 1);
  assert.equal((await Cup.filter({ label: not('b') })).length, 2);
  const sizes = async (query: PromiseLike<Cup[]>): Promise<number[]> => (await query).map(({ size }) => size);
  for (const count of [1, 2]) {
    assert.deepEqual(await sizes(Cup.all().orderBy('-size').limit(count)), [3, 2].slice(0, count));
    assert.deepEqual(await sizes(Cup.all().orderBy('size').offset(count)), [2, 3].slice(count - 1));
    assert.deepEqual(
      await sizes(
        Cup.filter({ size: gte(count) })
          .orderBy('size')
          .limit(1)
          .offset(1),
      ),
      [count + 1],
    );
  }
  assert.deepEqual(await sizes(Cup.filter({ size: gte(2) }).filter({ label: null })), [3]);
  assert.deepEqual(await sizes(Cup.exclude({ size: 1 }).orderBy('size')), [2, 3]);
  assert.deepEqual(
    (await Cup.all().orderBy('id')).map(({ tags }) => tags),
    [[], ['x'], []],
  );
  await db.close();
});

test('a statement whose parameters are not its values is compiled each time', () => {
  const statements = new CompiledStatements();
  let compiled = 0;
  const build = (parameters: readonly unknown[]) => () => ({
    compile: () => ({ sql: `${++compiled}`, parameters, query: {} as never, queryId: {} as never }),
  });
  for (const value of [1, 2]) assert.deepEqual(statements.get('known', [value], build([value])).parameters, [value]);
  assert.equal(compiled, 1);
  for (const value of [1, 2]) statements.get('other', [value], build([value, 'more']));
  assert.equal(compiled, 3);
});
