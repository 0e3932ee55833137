import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { App, component, dependency, HttpError, health } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';
import { sendRequest } from '../../support/send-request.ts';

test('an app that can serve is live and ready, and no cache keeps that', async () => {
  const app = new App({ logger: false });
  app.use(health());
  await using client = await testClient(app);
  for (const [path, status] of [
    ['/livez', 'live'],
    ['/readyz', 'ready'],
  ] as const) {
    const response = await client.get(path);
    assert.deepEqual([response.status, await response.json()], [200, { status }]);
    assert.equal(response.headers.get('cache-control'), 'no-store');
  }
  assert.equal(app.openapi().paths['/livez'], undefined);
});

test('a component that cannot serve makes the app not ready for as long, and the app stays live', async () => {
  let reason: string | undefined;
  const app = new App({ logger: false });
  app.use({ [component]: () => ({ name: 'beans', notReady: () => reason }) });
  app.use(health());
  await using client = await testClient(app);
  assert.equal((await client.get('/readyz')).status, 200);
  reason = 'no beans';
  const response = await client.get('/readyz');
  assert.deepEqual([response.status, await response.json()], [503, { status: 'not ready', reasons: ['no beans'] }]);
  assert.equal(response.headers.get('retry-after'), '1');
  assert.equal((await client.get('/livez')).status, 200);
  reason = undefined;
  assert.equal((await client.get('/readyz')).status, 200);
});

test('while a stop drains, the app says over a real socket that it is not ready', async () => {
  const app = new App({ logger: false });
  app.use(health());
  const address = await app.listen({ port: 0 });
  assert.equal((await sendRequest(address, '/readyz')).status, 200);
  const closed = app.close({ drain: 400 });
  await pause(20);
  const response = await sendRequest(address, '/readyz');
  assert.deepEqual(
    [response.status, await response.json()],
    [503, { status: 'not ready', reasons: ['the app stops'] }],
  );
  assert.equal((await sendRequest(address, '/livez')).status, 200);
  await closed;
  await assert.rejects(sendRequest(address, '/readyz'), /ECONNREFUSED|ECONNRESET/);
  await app
    .listen({ port: 0 })
    .then((again) => sendRequest(again, '/readyz'))
    .then(({ status }) => assert.equal(status, 200));
  await app.close();
});

test('paths and guards are those that it is told, and unknown options are refused', async () => {
  const friends = dependency(() => {
    throw new HttpError(403, 'Not for you');
  });
  const app = new App({ logger: false });
  app.use(health({ live: '/up', ready: '/health/ready', guards: [friends] }));
  await using client = await testClient(app);
  assert.deepEqual([(await client.get('/up')).status, (await client.get('/health/ready')).status], [403, 403]);
  assert.equal((await client.get('/livez')).status, 404);
  assert.throws(() => health({ path: '/x' } as never), coded('CORTADO_OPTION_UNKNOWN', '"path"'));
});
