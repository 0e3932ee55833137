import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { z } from 'zod';
import { runAsCommand } from '../../../src/base/process/process-settings.ts';
import { App } from '../../../src/index.ts';
import { anyOf, httpBearer, memoryTickets, type TicketStore, tickets } from '../../../src/security/index.ts';
import { type TestClient, testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';

interface Entry {
  readonly user: number;
  readonly at?: Date;
}

async function openApp(entry = tickets<Entry>()): Promise<TestClient> {
  const app = new App({ logger: false });
  app.post('/tickets', { params: { user: z.int() } }, async ({ user }) => ({ ticket: await entry.issue({ user }) }));
  app.get('/in', { params: { entry: entry.ticket } }, ({ entry }) => entry);
  return testClient(app);
}

const issued = async (client: TestClient): Promise<string> =>
  ((await (await client.post('/tickets?user=7')).json()) as { ticket: string }).ticket;

const refused = { detail: 'Not authenticated' };

test('a ticket lets in once, as what it stands for', async () => {
  await using client = await openApp();
  const ticket = await issued(client);
  assert.match(ticket, /^[\w-]{43}$/);
  const first = await client.get(`/in?ticket=${ticket}`);
  assert.deepEqual([first.status, await first.json()], [200, { user: 7 }]);
  const second = await client.get(`/in?ticket=${ticket}`);
  assert.deepEqual([second.status, await second.json()], [401, refused]);
});

test('no two tickets are the same', async () => {
  await using client = await openApp();
  const all = await Promise.all(Array.from({ length: 50 }, () => issued(client)));
  assert.equal(new Set(all).size, 50);
});

const unknown: readonly (readonly [string, string])[] = [
  ['none', '/in'],
  ['an empty one', '/in?ticket='],
  ['an unknown one', `/in?ticket=${'a'.repeat(43)}`],
  ['one of another length', '/in?ticket=abc'],
  ['one with other characters', `/in?ticket=${'%20'.repeat(43)}`],
  ['a very long one', `/in?ticket=${'a'.repeat(5000)}`],
];
for (const [what, path] of unknown)
  test(`${what} is answered as every ticket that is worth nothing`, async () => {
    await using client = await openApp();
    const answer = await client.get(path);
    assert.deepEqual(
      [answer.status, answer.headers.get('www-authenticate'), await answer.json()],
      [401, 'Ticket', refused],
    );
  });

test('of several tickets the last counts', async () => {
  await using client = await openApp();
  const [first, last] = [await issued(client), await issued(client)];
  assert.equal((await client.get(`/in?ticket=${first}&ticket=${last}`)).status, 200);
  assert.equal((await client.get(`/in?ticket=${first}`)).status, 200);
});

test('a ticket is worth nothing once its time is over', async () => {
  await using client = await openApp(tickets<Entry>({ ttl: 1000 }));
  const [soon, late] = [await issued(client), await issued(client)];
  const began = Date.now();
  mock.timers.enable({ apis: ['Date'], now: began + 900 });
  try {
    assert.equal((await client.get(`/in?ticket=${soon}`)).status, 200);
    mock.timers.setTime(began + 1001);
    assert.equal((await client.get(`/in?ticket=${late}`)).status, 401);
  } finally {
    mock.timers.reset();
  }
});

test('the store sees neither a ticket nor what kind it is of', async () => {
  const seen: unknown[][] = [];
  const memory = memoryTickets();
  const store: TicketStore = {
    put: (...all) => {
      seen.push(all);
      return memory.put(...all);
    },
    take: (...all) => {
      seen.push(all);
      return memory.take(...all);
    },
  };
  await using client = await openApp(tickets<Entry>({ store }));
  const ticket = await issued(client);
  await client.get(`/in?ticket=${ticket}`);
  const [[hash, value], taken] = seen as [[string, string, number], [string]];
  assert.match(hash, /^[\w-]{43}$/);
  assert.deepEqual([value, taken], ['{"user":7}', [hash]]);
  assert.equal(JSON.stringify(seen).includes(ticket), false);
});

test('a ticket of one kind is worth nothing in the place of another, in one store', async () => {
  const store = memoryTickets();
  await using readers = await openApp(tickets<Entry>({ store, name: 'Reader' }));
  await using writers = await openApp(tickets<Entry>({ store, name: 'Writer' }));
  const ticket = await issued(readers);
  assert.equal((await writers.get(`/in?ticket=${ticket}`)).status, 401);
  assert.equal((await readers.get(`/in?ticket=${ticket}`)).status, 200);
});

test('a value is given as JSON carries it', async () => {
  const entry = tickets<Entry>();
  const app = new App({ logger: false });
  let given: { readonly user: number; readonly at?: string | undefined } | undefined;
  app.get('/in', { params: { entry: entry.ticket } }, ({ entry }) => {
    given = entry;
  });
  await using client = await testClient(app);
  const at = new Date(0);
  const ticket = await entry.issue({ user: 1, at });
  await client.get(`/in?ticket=${ticket}`);
  assert.deepEqual(given, { user: 1, at: '1970-01-01T00:00:00.000Z' });
});

test('a value may be null or false', async () => {
  const flags = tickets<boolean | null>();
  const app = new App({ logger: false });
  app.get('/in', { params: { flag: flags.ticket } }, ({ flag }) => ({ flag }));
  await using client = await testClient(app);
  for (const flag of [null, false])
    assert.deepEqual(await (await client.get(`/in?ticket=${await flags.issue(flag)}`)).json(), { flag });
});

test('anyOf takes a ticket or another credential', async () => {
  const entry = tickets<string>();
  const app = new App({ logger: false });
  const who = anyOf(httpBearer(), entry.ticket);
  app.get('/in', { params: { who } }, ({ who }) => ({ who }));
  await using client = await testClient(app);
  const headers = { authorization: 'Bearer abc' };
  assert.deepEqual(await (await client.get('/in', { headers })).json(), { who: 'abc' });
  assert.deepEqual(await (await client.get(`/in?ticket=${await entry.issue('ada')}`)).json(), { who: 'ada' });
  assert.equal((await client.get('/in')).headers.get('www-authenticate'), 'Bearer, Ticket');
});

test('the document says where a ticket goes', () => {
  const app = new App({ logger: false });
  app.get('/in', { guards: [tickets({ name: 'Entry' }).ticket] }, () => 1);
  const { components, paths } = app.openapi();
  const { description, ...scheme } = components!.securitySchemes!['Entry']!;
  assert.deepEqual(scheme, { type: 'apiKey', in: 'query', name: 'ticket' });
  assert.match(String(description), /one use/);
  assert.deepEqual(paths['/in']!['get']!['security'], [{ Entry: [] }]);
});

const loop: { self?: unknown } = {};
loop.self = loop;
for (const [what, value] of [
  ['undefined', undefined],
  ['a function', () => 1],
  ['a bigint', 1n],
  ['a circle', loop],
] as const)
  test(`${what} is no value for a ticket`, async () => {
    await assert.rejects(tickets().issue(value), coded('CORTADO_OPTION_INVALID', 'must be JSON'));
  });

test('an app that runs in several processes needs a store that they share', () => {
  runAsCommand({ usual: { hasRelay: true } });
  try {
    assert.throws(() => tickets(), coded('CORTADO_OPTION_INVALID', 'several processes', 'sqlTickets(db)'));
    tickets({ store: memoryTickets() });
  } finally {
    runAsCommand(undefined);
  }
});

const mistakes: readonly (readonly [string, object, string])[] = [
  ['ttl 0', { ttl: 0 }, 'ttl must be milliseconds from 1 to 3600000, not 0'],
  ['a ttl of a day', { ttl: 86_400_000 }, 'ttl must be'],
  ['a store that is none', { store: {} }, 'store must be a store of tickets, sqlTickets(db) for example'],
  ['a name with a space', { name: 'a b' }, 'name must be letters'],
];
for (const [what, options, message] of mistakes)
  test(`tickets() refuses ${what}`, () => {
    assert.throws(() => tickets(options), coded('CORTADO_OPTION_INVALID', message));
  });

test('tickets() and memoryTickets() name unknown options', () => {
  assert.throws(() => tickets({ tll: 1 } as never), coded('CORTADO_OPTION_UNKNOWN', 'Did you mean "ttl"'));
  assert.throws(() => memoryTickets({ mx: 1 } as never), coded('CORTADO_OPTION_UNKNOWN', 'Known options: max'));
});
