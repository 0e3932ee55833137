import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { z } from 'zod';
import { App, dependency, type RequestContext, sleep } from '../../../src/index.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

let seen: WeakRef<RequestContext>[] = [];
const app = new App({ logger: false });
const see = (context: RequestContext): number => seen.push(new WeakRef(context));
const session = dependency(async function* () {
  yield {};
});
app.get('/sync', (_, context) => see(context));
app.get('/async', async (_, context) => {
  await sleep(1);
  return see(context);
});
app.get('/signal', async (_, context) => {
  await sleep(1, { signal: context.signal });
  return see(context);
});
app.get('/session', { params: { session } }, (_, context) => see(context));
app.post('/body', { params: { item: z.object({ a: z.int() }) } }, (_, context) => see(context));
app.get('/error', (_, context) => {
  see(context);
  throw new Error('expected by the test');
});

let socket: Socket;
before(async () => {
  await app.listen({ port: 0 });
  socket = connect((app.server.server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
});
after(() => {
  socket.destroy();
  return app.close();
});

const requests: readonly [string, string][] = [
  ...['/sync', '/async', '/signal', '/session', '/error'].map((path): [string, string] => [
    path,
    `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`,
  ]),
  ['/body', 'POST /body HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n{"a":1}'],
];

// Node's timer of an idle connection keeps the asynchronous context in which it was set.
for (const [path, request] of requests) {
  test(`nothing of a request to ${path} is held while its connection is idle`, async () => {
    seen = [];
    for (let sent = 0; sent < 3; sent++) {
      socket.write(request);
      await once(socket, 'data');
    }
    for (let tries = 0; tries < 20 && seen.some((one) => one.deref() !== undefined); tries++) {
      await pause(10);
      collect();
    }
    assert.deepEqual(
      seen.map((one) => one.deref() !== undefined),
      [false, false, false],
    );
  });
}
