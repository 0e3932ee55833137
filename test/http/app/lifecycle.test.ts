import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { App, type CortadoError, component, dependency, health } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';
import { openSocket } from '../../support/raw-socket.ts';
import { sendRequest } from '../../support/send-request.ts';
import { until } from '../../support/until.ts';

const plugin = Object.assign(
  async (server: FastifyInstance) => {
    server.addHook('onSend', async (_request, reply) => void reply.header('x-plugin', 'here'));
  },
  { [Symbol.for('skip-override')]: true },
);

test('an app starts again after a stop: plugins, components, dependencies and routes', async () => {
  const seen: string[] = [];
  const pool = dependency(
    async function* () {
      seen.push('pool opens');
      yield 'pool';
      seen.push('pool closes');
    },
    { scope: 'app' },
  );
  const app = new App({ logger: false });
  app.use(plugin);
  app.use({
    [component]: () => ({
      name: 'bar',
      start: () => void seen.push('bar starts'),
      stop: () => void seen.push('bar stops'),
    }),
  });
  app.get('/', { params: { pool } }, ({ pool }) => pool);
  for (let round = 0; round < 3; round++) {
    await using client = await testClient(app);
    const response = await client.get('/');
    assert.equal(await response.json(), 'pool');
    assert.equal(response.headers.get('x-plugin'), 'here');
  }
  const address = await app.listen({ port: 0 });
  assert.equal((await sendRequest(address, '/')).text, '"pool"');
  await app.close();
  assert.deepEqual(seen, Array(4).fill(['bar starts', 'pool opens', 'bar stops', 'pool closes']).flat());
});

test('an app can start after a start that failed', async () => {
  let broken = true;
  const stopped: string[] = [];
  const app = new App({ logger: false });
  app.use({ [component]: () => ({ name: 'first', stop: () => void stopped.push('first') }) });
  app.use({
    [component]: () => ({
      name: 'second',
      start: () => {
        if (broken) throw new Error('no beans');
      },
    }),
  });
  app.get('/', () => 1);
  await assert.rejects(app.ready(), /no beans/);
  assert.deepEqual(stopped, ['first']);
  assert.deepEqual(app.notReady(), ['the app has not started']);
  broken = false;
  await using client = await testClient(app);
  assert.equal((await client.get('/')).status, 200);
});

test('an app that is asked to start while it stops starts after its stop', async () => {
  const seen: string[] = [];
  const app = new App({ logger: false });
  app.use({
    [component]: () => ({
      name: 'slow',
      start: () => void seen.push('start'),
      stop: async () => {
        await pause(30);
        seen.push('stop');
      },
    }),
  });
  app.get('/', () => 1);
  await app.ready();
  const stopping = app.close();
  await app.ready();
  await stopping;
  assert.deepEqual(seen, ['start', 'stop', 'start']);
  await app.close();
});

test('a stop lets requests in flight finish, refuses new ones, then closes what they used', async () => {
  const seen: string[] = [];
  const pool = dependency(
    async function* () {
      yield 'pool';
      seen.push('pool closes');
    },
    { scope: 'app' },
  );
  const app = new App({ logger: false });
  app.get('/slow', { params: { pool } }, async () => {
    await pause(100);
    seen.push('handler ends');
    return 'done';
  });
  const address = await app.listen({ port: 0 });
  const answer = sendRequest(address, '/slow');
  await until('the request is open', () => assert.equal(app.openRequests, 1));
  const closed = app.close();
  await until('nobody is let in', () => assert.rejects(sendRequest(address, '/'), /ECONNREFUSED|ECONNRESET|hang up/));
  assert.equal((await answer).text, '"done"');
  await closed;
  assert.deepEqual(seen, ['handler ends', 'pool closes']);
});

test('a stop past its deadline fires the signals of what still runs', async () => {
  const app = new App({ logger: false });
  let reason: unknown;
  app.get('/stuck', async (_, { signal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    reason = signal.reason;
    return 'late';
  });
  const address = await app.listen({ port: 0 });
  const socket = await openSocket(address);
  socket.on('error', () => {});
  socket.write('GET /stuck HTTP/1.1\r\nhost: x\r\n\r\n');
  await until('the request is open', () => assert.equal(app.openRequests, 1));
  const before = performance.now();
  await app.close({ deadline: 50 });
  assert.ok(performance.now() - before < 5000);
  assert.match(String(reason), /The app stops/);
  socket.destroy();
});

test('routes and components cannot be added while the app runs', async () => {
  const app = new App({ logger: false });
  app.get('/', () => 1);
  await using _client = await testClient(app);
  assert.throws(
    () => app.get('/late', () => 1),
    (error: CortadoError) => error.code === 'CORTADO_LIFECYCLE' && /GET \/late/.test(error.message),
  );
  assert.throws(() => app.use({ [component]: () => ({ name: 'late' }) }), coded('CORTADO_LIFECYCLE', '"late"'));
});

test('a component that fails to stop does not keep the others open', async () => {
  const seen: string[] = [];
  const pool = dependency(
    async function* () {
      yield 1;
      seen.push('pool closes');
    },
    { scope: 'app' },
  );
  const app = new App({ logger: false });
  app.use({ [component]: () => ({ name: 'a', stop: () => void seen.push('a stops') }) });
  app.use({
    [component]: () => ({
      name: 'b',
      stop: () => {
        throw new Error('b is stuck');
      },
    }),
  });
  app.get('/', { params: { pool } }, () => 1);
  await app.ready();
  await assert.rejects(app.close(), /b is stuck/);
  assert.deepEqual(seen, ['a stops', 'pool closes']);
});

test('something disposable is disposed of at the stop', async () => {
  const app = new App({ logger: false });
  let disposed = 0;
  app.use({ [Symbol.asyncDispose]: async () => void disposed++ });
  app.use({ [Symbol.dispose]: () => void disposed++ });
  await app.ready();
  await app.close();
  assert.equal(disposed, 2);
});

test('a port in use is an error of listen, after which the app can listen elsewhere', async () => {
  const [first, second] = [new App({ logger: false }), new App({ logger: false })];
  second.get('/', () => 'second');
  const port = Number(new URL(await first.listen({ port: 0 })).port);
  await assert.rejects(second.listen({ port }), { code: 'EADDRINUSE' });
  const address = await second.listen({ port: 0 });
  assert.equal((await sendRequest(address, '/')).text, '"second"');
  await first.close();
  await second.close();
});

for (const [what, plugin] of [
  [
    'throws at once',
    (_server: unknown) => {
      throw new Error('no beans');
    },
  ],
  [
    'has a callback and throws',
    (_server: unknown, _options: unknown, _done: unknown) => {
      throw new Error('no beans');
    },
  ],
] as const)
  test(`a plugin that ${what} fails the start, and not the process`, async () => {
    const app = new App({ logger: false });
    app.use(plugin as never);
    await assert.rejects(app.ready(), { message: 'no beans' });
  });

test('a plugin keeps its name and its reach', async () => {
  const app = new App({ logger: false });
  const shared = Object.assign(async (server: FastifyInstance) => void server.decorate('beans', 3), {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('plugin-meta')]: { name: 'beans' },
    [Symbol.for('fastify.display-name')]: 'beans',
  });
  app.use(shared);
  app.use(async (server) => void server.decorate('hidden', 1));
  await using _ = app;
  await app.ready();
  assert.ok(app.server.hasPlugin('beans'));
  assert.deepEqual([app.server.hasDecorator('beans'), app.server.hasDecorator('hidden')], [true, false]);
});

test('a function that takes nothing is no plugin: most likely a call was forgotten', () => {
  assert.throws(() => new App({ logger: false }).use(health as never), {
    code: 'CORTADO_OPTION_INVALID',
    message: /the function health takes nothing.+app\.use\(health\(\)\)/,
  });
});

test('what Fastify plugins read of a route is handed on to them', async () => {
  const app = new App({ logger: false });
  const seen: unknown[] = [];
  app.server.addHook(
    'onRoute',
    ({ config, url }) => void (url === '/login' && seen.push((config as { rateLimit?: unknown }).rateLimit)),
  );
  app.post('/login', { config: { rateLimit: { max: 1 } } as object }, () => 1);
  await using client = await testClient(app);
  await client.post('/login');
  assert.deepEqual(seen, [{ max: 1 }]);
});
