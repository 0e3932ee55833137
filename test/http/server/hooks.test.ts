import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { App } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { memoryLog } from '../../support/memory-log.ts';

function appWith(addHooks?: (server: FastifyInstance) => void): App {
  const app = new App({ logger: false });
  if (addHooks !== undefined) app.use(global(async (server) => addHooks(server)));
  app.get('/items/{id}', { params: { id: z.int() }, response: z.object({ id: z.int() }) }, ({ id }) => ({ id }));
  app.post('/items', { params: { item: z.object({ id: z.int() }) }, status: 201 }, ({ item }) => item);
  app.get('/set', (_values, context) => {
    context.setHeader('x-set', 'yes');
    context.setCookie('a', '1');
    context.setStatus(202);
    return 'set';
  });
  app.delete('/items/{id}', { params: { id: z.int() }, status: 204 }, () => undefined);
  return app;
}

// As fastify-plugin marks a plugin whose hooks are for the whole server.
function global(plugin: (server: FastifyInstance) => Promise<void>): (server: FastifyInstance) => Promise<void> {
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true });
}

const requests = [
  ['GET', '/items/1', {}],
  ['HEAD', '/items/1', {}],
  ['GET', '/items/x', {}],
  ['POST', '/items', { json: { id: 1 } }],
  ['POST', '/items', { json: {} }],
  ['POST', '/items', { body: 'x', headers: { 'content-type': 'text/plain' } }],
  ['POST', '/items', { body: 'x', headers: { 'content-type': 'no type' } }],
  ['POST', '/items', {}],
  ['GET', '/set', {}],
  ['DELETE', '/items/1', {}],
  ['GET', '/nothing', {}],
] as const;

// One hook is enough for answers to go through Fastify; nobody may see which way they went.
for (const [method, url, options] of requests) {
  test(`${method} ${url} ${JSON.stringify(options)} is answered alike with and without hooks`, async () => {
    await using plain = await testClient(appWith());
    await using hooked = await testClient(appWith((server) => server.addHook('onSend', async () => {})));
    const [one, other] = await Promise.all([plain, hooked].map((client) => client.request(method, url, options)));
    const seen = async ({ status, headers, text }: NonNullable<typeof one>): Promise<object> => {
      const { date: _, ...rest } = Object.fromEntries(headers);
      return {
        status,
        text: await text(),
        headers: Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value)])),
      };
    };
    assert.deepEqual(await seen(one!), await seen(other!));
  });
}

const shaping: readonly [string, (server: FastifyInstance) => void][] = [
  [
    'onRequest',
    (server) => server.addHook('onRequest', async (_request, reply) => void reply.header('x-hook', 'seen')),
  ],
  [
    'preParsing',
    (server) => server.addHook('preParsing', async (_request, reply) => void reply.header('x-hook', 'seen')),
  ],
  [
    'preValidation',
    (server) => server.addHook('preValidation', async (_, reply) => void reply.header('x-hook', 'seen')),
  ],
  [
    'preHandler',
    (server) => server.addHook('preHandler', async (_request, reply) => void reply.header('x-hook', 'seen')),
  ],
  ['onSend', (server) => server.addHook('onSend', async (_request, reply) => void reply.header('x-hook', 'seen'))],
  [
    'onRoute',
    (server) =>
      server.addHook('onRoute', (route) => {
        route.onSend = async (_request, reply) => void reply.header('x-hook', 'seen');
      }),
  ],
];
for (const [name, addHooks] of shaping) {
  for (const [method, url, options] of requests.slice(0, 4)) {
    test(`a header set by ${name} is on the answer to ${method} ${url}`, async () => {
      await using client = await testClient(appWith(addHooks));
      assert.equal((await client.request(method, url, options)).headers.get('x-hook'), 'seen');
    });
  }
}

test('onSend can put another body in its place', async () => {
  await using client = await testClient(appWith((server) => server.addHook('onSend', async () => '{"other":true}')));
  const { text, headers } = await client.get('/items/1');
  assert.deepEqual([await text(), headers.get('content-length')], ['{"other":true}', '14']);
});

test('onResponse is told of every answer, with its status and time', async () => {
  const seen: [number, boolean][] = [];
  const app = appWith((server) =>
    server.addHook('onResponse', async (_request, reply) => void seen.push([reply.statusCode, reply.elapsedTime > 0])),
  );
  await using client = await testClient(app);
  await client.get('/items/1');
  await client.get('/set');
  await client.get('/items/x');
  assert.deepEqual(seen, [
    [200, true],
    [202, true],
    [422, true],
  ]);
});

test('a plugin inside a plugin reaches only its own routes', async () => {
  const app = appWith();
  app.use(async (server: FastifyInstance) => {
    server.addHook('onSend', async (_request, reply) => void reply.header('x-hook', 'seen'));
    server.get('/own', async () => 'own');
  });
  await using client = await testClient(app);
  assert.equal((await client.get('/own')).headers.get('x-hook'), 'seen');
  assert.equal((await client.get('/items/1')).headers.get('x-hook'), null);
});

test("a time limit that passes while a hook works on an answer leaves it as it is, and one of the handler's is a 504", async () => {
  const { logger, errors } = memoryLog();
  const app = new App({ logger });
  app.use(global(async (server) => void server.addHook('onSend', async () => pause(120))));
  app.get('/hook', { timeout: 60 }, () => ({ a: 1 }));
  app.get('/handler', { timeout: 60 }, async () => pause(90, { a: 1 }));
  await using client = await testClient(app);
  const { status, text } = await client.get('/hook');
  assert.deepEqual([status, await text()], [200, '{"a":1}']);
  assert.equal((await client.get('/handler')).status, 504);
  assert.deepEqual(errors(), []);
});
