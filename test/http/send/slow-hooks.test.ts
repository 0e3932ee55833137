import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { App, HttpError } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';

// A hook that waits, as one that packs or signs an answer does, and waits less each time: an answer that was sent twice would leave by its second.
for (const [method, path, status, body] of [
  ['GET', '/own', 200, '1'],
  ['GET', '/error', 409, '{"detail":"taken"}'],
  ['GET', '/nowhere', 404, '{"detail":"Not Found"}'],
  ['POST', '/own', 405, '{"detail":"Method Not Allowed"}'],
  ['GET', '/own/', 307, ''],
  ['GET', '/plugin', 200, 'own'],
  ['GET', '/broken', 500, '{"detail":"Internal Server Error"}'],
] as const)
  test(`${method} ${path} is whole where a hook takes its time with the answer`, async () => {
    const app = new App({ logger: false });
    let ms = 60;
    app.server.addHook('onSend', async (_request, _reply, payload) => pause((ms -= 30), payload));
    app.use(async (server) => {
      server.get('/plugin', async () => 'own');
      server.get('/broken', async () => {
        throw new Error('secret');
      });
    });
    app.get('/own', () => 1);
    app.get('/error', () => {
      throw new HttpError(409, 'taken');
    });
    await using client = await testClient(app);
    const response = await client.request(method, path);
    assert.deepEqual([response.status, await response.text()], [status, body]);
  });
