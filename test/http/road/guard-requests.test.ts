import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastifyPlugin from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { App, type AppOptions, dependency, HttpError, header, query } from '../../../src/index.ts';
import { apiKey } from '../../../src/security/index.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { sendRequest } from '../../support/send-request.ts';

const token = dependency({ x_token: header(z.string()) }, ({ x_token }) => {
  if (x_token !== 'let me in') throw new HttpError(401, 'Who are you?', { headers: { 'www-authenticate': 'Token' } });
});

/** A plugin as others write them: routes, a body that is parsed, a decorator, a hook. */
async function plugin(server: FastifyInstance): Promise<void> {
  server.decorateReply('shout', () => 'loud');
  server.get('/plugin', async () => 'from the plugin');
  server.post('/plugin', async ({ body }) => body);
  server.register(async (inner) => void inner.get('/inner', async () => 'from within'), { prefix: '/deep' });
}

async function start(options: AppOptions, add: (app: App) => void) {
  const { logger, lines } = memoryLog();
  const app = new App({ logger, ...options });
  add(app);
  const address = await app.listen({ port: 0 });
  return { app, address, lines, [Symbol.asyncDispose]: () => app.close().then(() => {}) };
}

test("guards stand before each route of a plugin, and before no other's", async () => {
  await using server = await start({}, (app) => {
    app.use(plugin, { prefix: '/p' }, { guards: [token] });
    app.use(async (other: FastifyInstance) => void other.get('/open', async () => 'open'));
    app.get('/own', () => 'own');
  });
  const ask = (path: string, headers = {}, body?: string) =>
    sendRequest(server.address, path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  for (const path of ['/p/plugin', '/p/deep/inner']) {
    const none = await ask(path);
    assert.deepEqual(
      [none.status, none.json<{ detail: { loc: string[] }[] }>().detail[0]!.loc],
      [422, ['header', 'x-token']],
    );
    const wrong = await ask(path, { 'x-token': 'x' });
    assert.deepEqual([wrong.status, wrong.json()], [401, { detail: 'Who are you?' }]);
    assert.equal(wrong.headers['www-authenticate'], 'Token');
    assert.match((await ask(path, { 'x-token': 'let me in' })).text, /^from/);
  }
  assert.equal((await ask('/p/plugin', { 'x-token': 'x' }, '{"a":1}')).status, 401);
  assert.deepEqual((await ask('/p/plugin', { 'x-token': 'let me in' }, '{"a":1}')).json(), { a: 1 });
  assert.equal((await ask('/open')).text, 'open');
  assert.equal((await ask('/own')).text, '"own"');
});

test('guards of the app come first; an empty list are these alone', async () => {
  const order: string[] = [];
  const named = (name: string) => dependency(() => void order.push(name), { name });
  await using server = await start({ guards: [named('app')] }, (app) => {
    app.use(plugin, { prefix: '/both' }, { guards: [named('own')] });
    app.use(plugin, { prefix: '/app' }, { guards: [] });
  });
  await sendRequest(server.address, '/both/plugin');
  await sendRequest(server.address, '/app/plugin');
  assert.deepEqual(order, ['app', 'own', 'app']);
  assert.deepEqual(
    server.lines.filter(({ level }) => level >= 40),
    [],
  );
});

test('what a guard opens closes before the plugin has the request; one that cannot fails it', async () => {
  const order: string[] = [];
  const opened = dependency(
    async function* () {
      order.push('open');
      yield 1;
      order.push('close');
    },
    { name: 'opened' },
  );
  const late = dependency(
    async function* () {
      yield 1;
      order.push('late');
    },
    { name: 'late', exit: 'after-send' },
  );
  const broken = dependency({ fails: query(z.boolean().default(false)) }, async function* ({ fails }) {
    yield 1;
    if (fails) throw new HttpError(409, 'no commit');
  });
  await using server = await start({}, (app) =>
    app.use(
      async (scope: FastifyInstance) =>
        void scope.get('/', async () => {
          order.push('plugin');
          return 'done';
        }),
      {},
      { guards: [opened, broken, late] },
    ),
  );
  assert.equal((await sendRequest(server.address, '/')).text, 'done');
  assert.deepEqual(order, ['open', 'close', 'plugin', 'late']);
  const failed = await sendRequest(server.address, '/?fails=true');
  assert.deepEqual([failed.status, failed.json()], [409, { detail: 'no commit' }]);
});

test('an override holds for them, also after a stop and a new start', async () => {
  const app = new App({ logger: false });
  app.use(plugin, {}, { guards: [token] });
  for (let turn = 0; turn < 2; turn++) {
    const address = await app.listen({ port: 0 });
    assert.equal((await sendRequest(address, '/plugin')).status, 422);
    {
      using _ = app.override(token, () => undefined);
      assert.equal((await sendRequest(address, '/plugin')).status, 200);
    }
    assert.equal((await sendRequest(address, '/plugin')).status, 422);
    await app.close();
  }
});

test('an error of a guard that nobody expected is a 500 with a line in the log, in the format of the app', async () => {
  const broken = dependency(() => {
    throw new Error('inside');
  });
  await using server = await start({ errors: 'problem' }, (app) => app.use(plugin, {}, { guards: [broken] }));
  const { status, headers, text } = await sendRequest(server.address, '/plugin');
  assert.deepEqual([status, headers['content-type']], [500, 'application/problem+json']);
  assert.doesNotMatch(text, /inside/);
  assert.equal(server.lines.find(({ level }) => level >= 50)!.err!.message, 'inside');
});

test('the keys that they read are left out of the log', async (t) => {
  const lines: string[] = [];
  t.mock.method(process.stdout, 'write', (line: string | Buffer) => lines.push(String(line)));
  const app = new App({ logger: { level: 'info' } });
  const keyed = dependency({ key: apiKey({ in: 'header', name: 'x-secret-key' }) }, () => undefined);
  const logging = async (scope: FastifyInstance): Promise<void> => {
    scope.get('/', async (request) => {
      request.log.info({ headers: request.headers }, 'seen');
      return 'done';
    });
  };
  app.use(logging, {}, { guards: [keyed] });
  await app.ready();
  assert.equal((await app.server.inject('/')).statusCode, 401);
  const { payload } = await app.server.inject({ url: '/', headers: { 'x-secret-key': 'mine' } });
  await app.close();
  t.mock.restoreAll();
  assert.equal(payload, 'done');
  assert.match(lines.join(''), /"x-secret-key":"\[Redacted\]"/);
  assert.doesNotMatch(lines.join(''), /mine/);
});

test('an app whose guards do not stand before routes of plugins says so, once, at its start', async () => {
  await using server = await start({ guards: [token] }, (app) => {
    app.use(plugin, { prefix: '/p' });
    app.use(fastifyPlugin, { origin: 'https://a.example' });
    app.use(plugin, { prefix: '/guarded' }, { guards: [] });
    app.get('/own', () => 1);
  });
  const said = server.lines.filter(({ level }) => level === 40).map(({ msg }) => msg);
  assert.deepEqual(said, [
    'the guards of the app do not stand before routes of plugins, GET /p/plugin, POST /p/plugin, GET /p/deep/inner: use the plugin behind them, app.use(plugin, options, { guards: [] })',
  ]);
});

test('an app without guards says nothing of plugins', async () => {
  await using server = await start({}, (app) => void app.use(plugin));
  assert.deepEqual(
    server.lines.filter(({ level }) => level >= 40),
    [],
  );
});

for (const [name, make, message] of [
  [
    'of what is no plugin',
    () => new App({ logger: false }).use({ [Symbol.dispose]() {} } as never, {}, { guards: [] }),
    /guards are for the routes of a Fastify plugin/,
  ],
  [
    'that are none',
    () => new App({ logger: false }).use(plugin, {}, { guards: [1 as never] }),
    /guards must be dependencies/,
  ],
  [
    'under another name',
    () => new App({ logger: false }).use(plugin, {}, { guard: [] } as never),
    /unknown option "guard".*Did you mean "guards"/,
  ],
] as const)
  test(`guards ${name} are told at once`, () => {
    assert.throws(make as () => unknown, { message });
  });
