import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import {
  contains,
  createdAt,
  endsWith,
  gt,
  gte,
  lt,
  lte,
  model,
  noneOf,
  not,
  oneOf,
  primaryKey,
  startsWith,
  updatedAt,
} from '../../../src/db/index.ts';
import { coded } from '../../support/coded.ts';
import { makeDatabase, onEvery } from '../support/backends.ts';

class User extends model('users', {
  id: primaryKey(),
  name: z.string().max(100),
  age: z.int(),
  nick: z.string().optional(),
}) {
  get label(): string {
    return `${this.name} (${this.age})`;
  }
}

const people = [
  { name: 'Ada', age: 36 },
  { name: 'Bob', age: 17, nick: 'bobby' },
  { name: 'Cleo', age: 70 },
  { name: 'ada_2%', age: 18 },
];

onEvery('creates a row and gives it back as an instance of its class', async (backend) => {
  await using _ = await makeDatabase(backend, { User });
  const user = await User.create({ name: 'Ada', age: 36 });
  assert.ok(user instanceof User);
  assert.equal(user.label, 'Ada (36)');
  assert.deepEqual({ ...user }, { id: 1, name: 'Ada', age: 36, nick: undefined });
});

onEvery('creates rows of which no column was given a value', async (backend) => {
  class Ticket extends model('tickets', { id: primaryKey() }) {}
  class Note extends model('notes', { id: primaryKey(), text: z.string().optional() }) {}
  await using _ = await makeDatabase(backend, { Ticket, Note });
  assert.deepEqual({ ...(await Ticket.create({})) }, { id: 1 });
  assert.deepEqual({ ...(await Note.create({})) }, { id: 1, text: undefined });
  assert.deepEqual(
    (await Ticket.createMany([{}, {}])).map(({ id }) => id),
    [2, 3],
  );
  assert.deepEqual(
    (await Note.createMany([{}, { text: 'tea' }, {}])).map(({ text }) => text),
    [undefined, 'tea', undefined],
  );
  await Note.all().delete();
  const [note, wasMade] = await Note.getOrCreate({});
  assert.deepEqual([note.text, wasMade], [undefined, true]);
});

onEvery('get finds one row; without a row it is a 404 that names nothing of the schema', async (backend) => {
  await using _ = await makeDatabase(backend, { User });
  await User.createMany(people);
  assert.equal((await User.get({ name: 'Cleo' })).age, 70);
  assert.equal(await User.getOrNull({ name: 'Dan' }), null);
  await assert.rejects(User.get({ name: 'Dan' }), { code: 'CORTADO_ROW_NOT_FOUND', status: 404, message: 'Not Found' });
  await assert.rejects(User.get({ age: gt(0) }), { code: 'CORTADO_ROW_AMBIGUOUS' });
});

const filters: [string, Parameters<typeof User.filter>[0], string[]][] = [
  ['equality', { age: 17 }, ['Bob']],
  ['null', { nick: null }, ['Ada', 'Cleo', 'ada_2%']],
  ['gt', { age: gt(36) }, ['Cleo']],
  ['gte and another column', { age: gte(18), nick: null }, ['Ada', 'Cleo', 'ada_2%']],
  ['lt', { age: lt(18) }, ['Bob']],
  ['lte', { age: lte(18) }, ['Bob', 'ada_2%']],
  ['not', { name: not('Ada') }, ['Bob', 'Cleo', 'ada_2%']],
  ['not, with rows that have no value', { nick: not('bobby') }, ['Ada', 'Cleo', 'ada_2%']],
  ['not null', { nick: not(null) }, ['Bob']],
  ['oneOf', { age: oneOf([17, 70]) }, ['Bob', 'Cleo']],
  ['oneOf nothing', { age: oneOf([]) }, []],
  ['noneOf', { nick: noneOf(['bobby']) }, ['Ada', 'Cleo', 'ada_2%']],
  ['noneOf nothing', { age: noneOf([]) }, ['Ada', 'Bob', 'Cleo', 'ada_2%']],
  ['contains', { name: contains('d') }, ['Ada', 'ada_2%']],
  ['contains a wildcard of LIKE', { name: contains('_2%') }, ['ada_2%']],
  ['contains a wildcard of GLOB', { name: contains('*') }, []],
  ['startsWith heeds case', { name: startsWith('ada') }, ['ada_2%']],
  ['startsWith without case', { name: startsWith('ADA', { ignoreCase: true }) }, ['Ada', 'ada_2%']],
  ['endsWith', { name: endsWith('o') }, ['Cleo']],
];
for (const [name, filter, expected] of filters) {
  onEvery(`filters by ${name}, and exclude is the opposite`, async (backend) => {
    await using _ = await makeDatabase(backend, { User });
    await User.createMany(people);
    const names = async (query: PromiseLike<User[]>): Promise<string[]> => (await query).map((user) => user.name);
    assert.deepEqual(await names(User.filter(filter).orderBy('id')), expected);
    const others = people.map((person) => person.name).filter((person) => !expected.includes(person));
    assert.deepEqual(await names(User.exclude(filter).orderBy('id')), others);
    assert.equal(await User.count(filter), expected.length);
    assert.equal(await User.exists(filter), expected.length > 0);
  });
}

onEvery('orders, limits and passes over rows', async (backend) => {
  await using _ = await makeDatabase(backend, { User });
  await User.createMany(people);
  const ages = async (query: PromiseLike<User[]>): Promise<number[]> => (await query).map((user) => user.age);
  assert.deepEqual(await ages(User.all().orderBy('-age').limit(2)), [70, 36]);
  assert.deepEqual(await ages(User.all().orderBy('age').offset(2)), [36, 70]);
  assert.deepEqual(await ages(User.all().orderBy('age').limit(1).offset(1)), [18]);
  assert.equal((await User.all().orderBy('-age').first())?.age, 70);
  assert.equal(await User.filter({ age: 1 }).first(), null);
});

onEvery('updates and deletes what matches', async (backend) => {
  await using _ = await makeDatabase(backend, { User });
  await User.createMany(people);
  assert.equal(await User.filter({ age: lt(18) }).update({ age: 18, nick: undefined }), 1);
  assert.deepEqual({ ...(await User.get({ name: 'Bob' })) }, { id: 2, name: 'Bob', age: 18, nick: undefined });
  assert.equal(await User.filter({ age: 18 }).delete(), 2);
  assert.equal(await User.all().count(), 2);
  await assert.rejects(async () => User.all().limit(1).delete(), { code: 'CORTADO_DB_FILTER' });
});

onEvery('saves, refreshes and deletes one row', async (backend) => {
  await using _ = await makeDatabase(backend, { User });
  const user = await User.create({ name: 'Ada', age: 36, nick: 'a' });
  Object.assign(user, { age: 37, nick: undefined });
  assert.equal((await user.save()).age, 37);
  await User.filter({ id: user.id }).update({ name: 'Ada L.' });
  assert.equal((await user.refresh()).name, 'Ada L.');
  assert.equal(user.nick, undefined);
  await user.delete();
  for (const gone of [() => user.save(), () => user.refresh(), () => user.delete()])
    await assert.rejects(gone, { code: 'CORTADO_ROW_NOT_FOUND' });
});

onEvery('a row that cannot be found again by its key is a mistake of the code, not a 404', async (backend) => {
  class Line extends model('lines', { text: z.string() }) {}
  await using _ = await makeDatabase(backend, { User, Line });
  for (const [row, names] of [
    [new User({ name: 'Ada', age: 36 } as never), ['"users"', '"id"', 'create()']],
    [await Line.create({ text: 'a' }), ['"lines"']],
  ] as const)
    for (const attempt of [() => row.save(), () => row.refresh(), () => row.delete()])
      await assert.rejects(attempt as () => Promise<unknown>, coded('CORTADO_DB_MODEL', ...names));
});

onEvery('gets or creates, updates or creates', async (backend) => {
  await using _ = await makeDatabase(backend, { User });
  const [ada, made] = await User.getOrCreate({ name: 'Ada' }, { age: 36 });
  assert.deepEqual([ada.age, made], [36, true]);
  assert.deepEqual((await User.getOrCreate({ name: 'Ada' }, { age: 1 }))[1], false);
  const [older, again] = await User.updateOrCreate({ name: 'Ada' }, { age: 37 });
  assert.deepEqual([older.id, older.age, again], [ada.id, 37, false]);
  assert.deepEqual((await User.updateOrCreate({ name: 'Bob' }, { age: 17 }))[1], true);
  assert.equal(await User.count(), 2);
});

onEvery('iterates over more rows than one chunk', async (backend) => {
  await using _ = await makeDatabase(backend, { User });
  await User.createMany(Array.from({ length: 250 }, (_, age) => ({ name: `n${age}`, age })));
  const seen: number[] = [];
  for await (const user of User.all().orderBy('id')) seen.push(user.age);
  assert.deepEqual(
    seen,
    Array.from({ length: 250 }, (_, age) => age),
  );
  for await (const user of User.all()) {
    assert.ok(user instanceof User);
    break;
  }
  assert.equal(await User.count(), 250);
});

class Everything extends model('everything', {
  id: primaryKey(),
  flag: z.boolean().default(false),
  at: z.date(),
  big: z.bigint(),
  ratio: z.number(),
  data: z.object({ list: z.array(z.number()), text: z.string() }),
  tags: z.array(z.string()).default(['new']),
  any: z.unknown().optional(),
  state: z.enum(['open', 'done']).default('open'),
  maybe: z.string().nullable().default(null),
  created: createdAt(),
  updated: updatedAt(),
}) {}

const everything = {
  flag: true,
  at: new Date('2026-02-03T04:05:06.789Z'),
  big: 9_223_372_036_854_775_807n,
  ratio: 5,
  data: { list: [1, 2.5], text: 'quote \' " \\ ? $1 -- ; \u0001 \\u0000 🙂 ü' },
  tags: ['a', 'b'],
  any: 'a string, not JSON',
  state: 'done' as const,
  maybe: 'x',
};

onEvery('keeps every type as it is, through the model and through Kysely', async (backend) => {
  const value = everything;
  await using db = await makeDatabase(backend, { Everything });
  const before = Date.now();
  const { created, updated, ...made } = await Everything.create(value);
  assert.deepEqual({ ...made }, { id: 1, ...value });
  assert.ok(created.getTime() >= before && created.getTime() === updated.getTime());
  const row = await db.kysely.selectFrom('everything').selectAll().executeTakeFirstOrThrow();
  assert.deepEqual(row, { id: 1, ...value, created, updated });
  const aliased = await db.kysely
    .selectFrom('everything as e')
    .select(['e.flag as f', 'e.at as a', 'e.big as b', 'e.data as d'])
    .executeTakeFirstOrThrow();
  assert.deepEqual(aliased, { f: true, a: value.at, b: value.big, d: value.data });
  assert.deepEqual(await Everything.count({ at: value.at, flag: true, big: value.big }), 1);
});

onEvery('fills in defaults and times, and moves the time of a change', async (backend) => {
  await using _ = await makeDatabase(backend, { Everything });
  const { id, updated, ...row } = await Everything.create({
    at: everything.at,
    big: 1n,
    ratio: 0.5,
    data: { list: [], text: '' },
  });
  assert.deepEqual(
    [row.flag, row.tags, row.any, row.state, row.maybe, row.big],
    [false, ['new'], undefined, 'open', null, 1n],
  );
  await pause(5);
  await Everything.filter({ id }).update({ flag: true });
  const later = await Everything.get({ id });
  assert.ok(later.updated > updated && later.created.getTime() === row.created.getTime());
});

onEvery('refuses values that do not fit, before the database sees them', async (backend) => {
  await using _ = await makeDatabase(backend, { User });
  const invalid = { code: 'CORTADO_DB_ROW_INVALID' };
  await assert.rejects(User.create({ name: 'x'.repeat(101), age: 1 }), invalid);
  await assert.rejects(User.create({ name: 'Ada', age: 1.5 }), invalid);
  // @ts-expect-error no such column
  await assert.rejects(User.create({ name: 'Ada', age: 1, role: 'admin' }), invalid);
  // @ts-expect-error age is missing
  await assert.rejects(User.create({ name: 'Ada' }), invalid);
  const user = await User.create({ name: 'Ada', age: 1 });
  await assert.rejects(User.filter({ id: user.id }).update({ age: 0.5 }), invalid);
  await assert.rejects(Object.assign(user, { name: 5 }).save(), invalid);
});

onEvery('never takes an operator from data', async (backend) => {
  await using _ = await makeDatabase(backend, { User });
  await User.createMany(people);
  const refused = { code: 'CORTADO_DB_FILTER' };
  for (const name of [{ not: null }, { $ne: null }, ['Ada'], 1, true, undefined]) {
    // @ts-expect-error not a string
    assert.throws(() => User.filter({ name }), refused);
  }
  assert.throws(() => User.filter(JSON.parse('{"name":{"kind":"not","value":null}}')), refused);
  assert.throws(() => User.filter(JSON.parse('{"password":"x"}')), refused);
  for (const nothing of ['2', '[]', 'null', '"a"', 'true'])
    assert.throws(() => User.filter(JSON.parse(nothing)), refused);
  assert.throws(() => User.all().orderBy(JSON.parse('"age; drop table users"')), refused);
  // @ts-expect-error wrong type for the operator
  assert.throws(() => User.filter({ age: gte('x') }), refused);
  assert.throws(() => User.all().limit(1.5), refused);
  assert.throws(() => User.all().limit('2' as never), coded('CORTADO_DB_FILTER', '"2"'));
  assert.equal(await User.count(), 4);
});
