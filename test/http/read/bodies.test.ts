import assert from 'node:assert/strict';
import { Transform } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { App } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';

const Item = z.object({ id: z.int() });

function appWith(...plugins: ((server: FastifyInstance) => Promise<void>)[]): App {
  const app = new App({ logger: false });
  for (const plugin of plugins) app.use(plugin);
  app.post('/items', { params: { item: Item } }, ({ item }) => item);
  app.delete('/items', { params: { item: Item } }, ({ item }) => item);
  app.post('/raw', async (_values, { request }) => ({ text: await text(request.raw) }));
  return app;
}

async function echo(server: FastifyInstance): Promise<void> {
  server.post('/plugin', async (request) => ({ body: request.body }));
}

// As fastify-plugin marks a plugin whose hooks are for the whole server.
const everywhere = (plugin: (server: FastifyInstance) => Promise<void>): typeof plugin =>
  Object.assign(plugin, { [Symbol.for('skip-override')]: true });

for (const [with_, plugins] of [
  ['no plugin', []],
  ["a plugin's route", [echo]],
] as const) {
  test(`routes read their bodies themselves beside ${with_}`, async () => {
    await using client = await testClient(appWith(...plugins));
    assert.deepEqual(await (await client.post('/items', { json: { id: 1 } })).json(), { id: 1 });
    assert.deepEqual(await (await client.delete('/items', { json: { id: 2 } })).json(), { id: 2 });
    assert.equal((await client.post('/items', {})).status, 422);
  });
}

test("a plugin's route has its body parsed by Fastify", async () => {
  await using client = await testClient(appWith(echo));
  assert.deepEqual(await (await client.post('/plugin', { json: { a: [1] } })).json(), { body: { a: [1] } });
});

test('a route without body fields finds the body on the request', async () => {
  await using client = await testClient(appWith());
  assert.deepEqual(await (await client.post('/raw', { json: [1, 2] })).json(), { text: '[1,2]' });
});

test('a body that a plugin unpacks is read unpacked', async () => {
  const unpack = everywhere(async (server) => {
    server.addHook('preParsing', async (_request, _reply, payload) =>
      payload.pipe(
        new Transform({
          transform: (chunk: Buffer, _encoding, done) => done(null, chunk.toString().replace('packed', '1')),
        }),
      ),
    );
  });
  await using client = await testClient(appWith(unpack));
  const options = { body: '{"id":packed}', headers: { 'content-type': 'application/json' } };
  assert.deepEqual(await (await client.post('/items', options)).json(), { id: 1 });
});
