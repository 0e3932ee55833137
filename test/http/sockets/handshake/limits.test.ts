import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { App, dependency, HttpError, type RequestContext } from '../../../../src/index.ts';
import { SocketRefused, testClient } from '../../../../src/testing/index.ts';
import { memoryLog } from '../../../support/memory-log.ts';
import { until } from '../../../support/until.ts';

const statusOf = (opening: Promise<AsyncDisposable>): Promise<number> =>
  opening.then(
    () => 101,
    (error: unknown) => {
      if (error instanceof SocketRefused) return error.status;
      throw error;
    },
  );

const userOf = dependency((_: object, ctx: RequestContext) => String(ctx.headers['x-user']));

async function stay(_: object, socket: AsyncIterable<unknown>): Promise<void> {
  for await (const _message of socket);
}

test('more connections than a socket may have are refused with 503, and there is room again when one has left', async () => {
  const app = new App({ logger: false });
  const s = app.socket('/s', { maxConnections: 2 }, stay);
  const other = app.socket('/other', { maxConnections: 1 }, stay);
  await using client = await testClient(app);
  await using _first = await client.socket(s);
  const second = await client.socket(s);
  const refused = await client.socket(s).catch((error: unknown) => error);
  assert.ok(refused instanceof SocketRefused);
  assert.deepEqual([refused.status, refused.headers['retry-after']], [503, '1']);
  await using _other = await client.socket(other);
  await second.close();
  await until('it has left', () => assert.equal(app.openRequests, 2));
  await using _third = await client.socket(s);
});

test('handshakes at the same time are no more than a socket may have, however slow their guards are', async () => {
  const app = new App({ logger: false });
  const slow = dependency(() => pause(20));
  const s = app.socket('/s', { maxConnections: 2, guards: [slow], params: { late: dependency(() => pause(5)) } }, stay);
  await using client = await testClient(app);
  const opening = Array.from({ length: 6 }, () => client.socket(s));
  const statuses = await Promise.all(opening.map(statusOf));
  assert.deepEqual(statuses.sort(), [101, 101, 503, 503, 503, 503]);
  for (const one of await Promise.allSettled(opening)) if (one.status === 'fulfilled') await one.value.close();
});

test('a client has no more connections than it may have: by its address, or by who it is', async () => {
  const app = new App({ logger: false });
  const committed: string[] = [];
  const unit = dependency(async function* () {
    yield 1;
    committed.push('commit');
  });
  const byAddress = app.socket('/a', { maxPerClient: 1, guards: [unit] }, stay);
  const byUser = app.socket('/b', { maxPerClient: 2, client: userOf }, stay);
  await using client = await testClient(app);
  await using _a = await client.socket(byAddress);
  assert.equal(await statusOf(client.socket(byAddress)), 429);
  assert.deepEqual(committed, ['commit']);
  const open = (name: string) => client.socket(byUser, {}, { headers: { 'x-user': name } });
  await using _b = await open('ada');
  const last = await open('ada');
  assert.equal(await statusOf(open('ada')), 429);
  await using _c = await open('bob');
  await last.close();
  await until('it has left', () => assert.equal(app.openRequests, 3));
  await using _d = await open('ada');
});

test('a client that is no text is a fault of the server', async () => {
  const log = memoryLog();
  const app = new App({ logger: log.logger });
  const s = app.socket('/s', { maxPerClient: 1, client: dependency(() => 7) as never }, stay);
  await using client = await testClient(app);
  assert.equal(await statusOf(client.socket(s)), 500);
  assert.match(log.errors()[0]!.err!.message, /client must give a text/);
});

test('handshakes are refused when the app is over a limit, unless a socket has none; what is open does not count', async () => {
  const app = new App({ logger: false, limits: { inFlight: 2 } });
  const { promise, resolve } = Promise.withResolvers<void>();
  app.get('/hold', () => promise);
  const s = app.socket('/s', stay);
  const free = app.socket('/free', { limits: false }, stay);
  await using client = await testClient(app);
  await using _one = await client.socket(s);
  await using _two = await client.socket(s);
  await using _three = await client.socket(s);
  const held = [client.get('/hold'), client.get('/hold')];
  await until('two are in flight', () => assert.equal(app.openRequests, 5));
  assert.equal(await statusOf(client.socket(s)), 503);
  const refused = app.gauges().filter(({ name }) => name === 'cortado_sockets_refused_total');
  assert.deepEqual(
    refused.map(({ labels, value }) => [labels, value]),
    [[{ route: '/s', cause: '503' }, 1]],
  );
  await using _four = await client.socket(free);
  resolve();
  await Promise.all(held);
  await using _five = await client.socket(s);
});

test('a handshake that takes longer than its timeout is 504, and does not open later', async () => {
  const app = new App({ logger: false });
  let opened = 0;
  const seen: string[] = [];
  const slow = dependency(async function* () {
    await pause(80);
    try {
      yield 1;
      seen.push('commit');
    } catch (error) {
      seen.push('rollback');
      throw error;
    }
  });
  const s = app.socket('/s', { timeout: 20, guards: [slow] }, () => void opened++);
  const fast = app.socket('/fast', { timeout: 40 }, async (_, socket) => {
    await pause(90);
    await socket.send('still here');
  });
  await using client = await testClient(app);
  assert.equal(await statusOf(client.socket(s)), 504);
  await using socket = await client.socket(fast);
  assert.equal(await socket.receive(), 'still here');
  await until('the guard is over', () => assert.equal(seen.length, 1));
  assert.deepEqual([opened, seen], [0, ['rollback']]);
});

const reasons = [
  ['a 401', new HttpError(401, 'who are you?'), 4401, 'who are you?'],
  ['a 403', new HttpError(403, 'not yours'), 4403, 'not yours'],
  ['a 429', new HttpError(429, 'slow down'), 4429, 'slow down'],
  ['a 503', new HttpError(503, 'later'), 1013, 'later'],
  ['a detail that is no text', new HttpError(400, { why: 'so' }), 4400, '{"why":"so"}'],
  ['a long reason', new HttpError(400, 'ü'.repeat(100)), 4400, `${'ü'.repeat(60)}…`],
  ['what nobody expected', new Error('inside'), 1011, 'Internal Error'],
] as const;
for (const [what, error, code, reason] of reasons)
  test(`refuseByClose: ${what} accepts and closes with ${code}`, async () => {
    const log = memoryLog();
    const app = new App({ logger: log.logger });
    const guard = dependency(() => {
      throw error;
    });
    const s = app.socket('/s', { refuseByClose: true, guards: [guard] }, () => assert.fail('it ran'));
    await using client = await testClient(app);
    const socket = await client.socket(s);
    const end = await socket.closed;
    assert.deepEqual([end.code, end.reason], [code, reason]);
    assert.ok(Buffer.byteLength(end.reason) <= 123);
    assert.equal(log.errors().length, code === 1011 ? 1 : 0);
    await client.idle();
    const refused = app.gauges().find(({ name }) => name === 'cortado_sockets_refused_total');
    assert.deepEqual([refused?.value, refused?.labels], [1, { route: '/s', cause: String(code) }]);
  });

test('refuseByClose: invalid input, a foreign origin, too many connections and those of a client have codes of their own', async () => {
  const app = new App({ logger: false });
  const s = app.socket(
    '/s/{n}',
    { refuseByClose: true, params: { n: z.int() }, maxConnections: 2, maxPerClient: 1, client: userOf },
    stay,
  );
  await using client = await testClient(app);
  const endOf = async (n: unknown, headers: Record<string, string> = {}): Promise<string> => {
    const { code, reason } = await (await client.socket(s, { n } as never, { headers })).closed;
    return `${code} ${reason}`;
  };
  assert.match(await endOf('x'), /^4422 path\.n: /);
  assert.equal(await endOf(1, { origin: 'http://evil.example' }), '4403 Pages of this origin may not connect');
  await using _a = await client.socket(s, { n: 1 }, { headers: { 'x-user': 'a' } });
  assert.equal(await endOf(1, { 'x-user': 'a' }), '4429 Too many connections');
  await using _b = await client.socket(s, { n: 1 }, { headers: { 'x-user': 'b' } });
  assert.match(await endOf(1, { 'x-user': 'c' }), /^1013 /);
});
