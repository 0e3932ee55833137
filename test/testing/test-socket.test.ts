import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App } from '../../src/index.ts';
import { testClient } from '../../src/testing/index.ts';

test('each of those who wait for a message at once gets its own, in their order, or is told of the end', async () => {
  const app = new App({ logger: false });
  const s = app.socket('/s', async (_, socket) => {
    for await (const message of socket) await socket.send(message);
  });
  await using client = await testClient(app);
  const socket = await client.socket(s);
  const two = Promise.all([socket.receive(), socket.receive()]);
  await socket.send('a');
  await socket.send('b');
  assert.deepEqual(await two, ['a', 'b']);
  await assert.rejects(socket.receive(20), { code: 'CORTADO_TIMEOUT' });
  const others = [socket.receive(), socket.receive()];
  await socket.send('c');
  assert.equal(await others[0], 'c');
  const told = assert.rejects(others[1]!, { name: 'SocketClosed', code: 1000 });
  await socket.close(1000);
  await told;
});
