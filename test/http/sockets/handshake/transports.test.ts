import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { App, type ServerOptions } from '../../../../src/index.ts';
import { testClient } from '../../../../src/testing/index.ts';
import { certificate as https, trusting } from '../../../support/tls.ts';

for (const [what, server] of [
  ['TLS', { https }],
  ['TLS with HTTP/2 beside', { http2: true, https: { ...https, allowHTTP1: true } }],
] as const)
  test(`a socket is served over ${what}, to clients of the network and in memory`, async () => {
    await using app = new App({ logger: false, server: server as ServerOptions });
    app.get('/page', () => 'page');
    const s = app.socket('/s/{n}', { params: { n: z.int() }, outgoing: 'json' }, async ({ n }, socket, ctx) => {
      for await (const message of socket) await socket.send([n, message, ctx.request.protocol]);
    });
    const address = await app.listen({ port: 0 });
    const ws = new WebSocket(`${address.replace('https', 'wss')}/s/7`, trusting);
    await once(ws, 'open');
    ws.send('hi');
    const [data] = (await once(ws, 'message')) as [Buffer];
    assert.deepEqual(JSON.parse(String(data)), [7, 'hi', 'https']);
    const closed = once(ws, 'close');
    ws.close(1000);
    assert.equal((await closed)[0], 1000);
    const refused = new WebSocket(`${address.replace('https', 'wss')}/s/x`, trusting);
    const [error] = (await once(refused, 'error')) as [Error];
    assert.match(error.message, /422/);
    const client = await testClient(app);
    await using socket = await client.socket(s, { n: 8 });
    await socket.send('yo');
    assert.deepEqual(await socket.receive(), [8, 'yo', 'https']);
  });

test('messages are compressed where both ends want it, and a message that unpacks to too much closes with 1009', async () => {
  await using app = new App({ logger: false });
  app.socket('/s', { perMessageDeflate: true, maxMessage: 100_000 }, async (_, socket) => {
    for await (const message of socket) await socket.send(message);
  });
  app.socket('/plain', async (_, socket) => socket.send('hi'));
  const address = (await app.listen({ port: 0 })).replace('http', 'ws');
  const ws = new WebSocket(`${address}/s`);
  await once(ws, 'open');
  assert.match(ws.extensions, /permessage-deflate/);
  const text = 'abc'.repeat(10_000);
  ws.send(text);
  const [data] = (await once(ws, 'message')) as [Buffer];
  assert.equal(String(data), text);
  ws.send('x'.repeat(100_001));
  assert.equal((await once(ws, 'close'))[0], 1009);
  const plain = new WebSocket(`${address}/plain`);
  await once(plain, 'open');
  assert.equal(plain.extensions, '');
  await pause(1);
  plain.terminate();
});
