import assert from 'node:assert/strict';
import { connect as connectHttp2 } from 'node:http2';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { App, content, dependency, eventStream, type RequestAborted, sleep } from 'cortado';
import { z } from 'zod';
import { openSocket } from '../../support/raw-socket.ts';
import { until } from '../../support/until.ts';

const chunk = 'x'.repeat(256 * 1024);
const sendTimeout = 300;

function startApp(http2 = false) {
  const closed: (string | undefined)[] = [];
  const session = dependency(
    async function* () {
      try {
        yield 'session';
        closed.push('committed');
      } catch (error) {
        closed.push((error as RequestAborted).reason);
        throw error;
      }
    },
    { name: 'session' },
  );
  const app = new App({ logger: false, sendTimeout, ...(http2 && { server: { http2: true } }) });
  app.get('/stream', { params: { session }, response: content('text/plain') }, async function* () {
    for (;;) yield chunk;
  });
  app.get('/events', { params: { session }, response: eventStream(z.string()) }, async function* () {
    for (;;) yield chunk;
  });
  app.get('/quiet', { params: { session }, response: content('text/plain') }, async function* () {
    yield 'first';
    await sleep(3 * sendTimeout);
    yield 'last';
  });
  app.get('/large', () => chunk.repeat(64));
  app.get('/drip', { params: { session }, response: content('text/plain') }, async function* () {
    for (let count = 0; count < 40; count++) yield chunk;
  });
  return { app, closed };
}

async function ask(address: string, path: string): Promise<Socket> {
  const socket = await openSocket(address);
  socket.on('error', () => {});
  socket.pause();
  socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
  return socket;
}

for (const path of ['/stream', '/events'])
  test(`${path} is broken off, and rolled back, when its client takes nothing of it`, async () => {
    const { app, closed } = startApp();
    const address = await app.listen({ port: 0 });
    const sockets = await Promise.all(Array.from({ length: 5 }, () => ask(address, path)));
    await until('5 requests are open', () => assert.equal(app.openRequests, 5));
    const began = performance.now();
    await app.idle();
    assert.ok(performance.now() - began > sendTimeout / 2);
    assert.deepEqual(closed, Array(5).fill('client-stalled'));
    assert.equal(app.gauges().find(({ name }) => name === 'cortado_answers_stalled_total')?.value, 5);
    for (const socket of sockets) socket.destroy();
    assert.deepEqual((await app.close()).cut, []);
  });

test('over HTTP/2 too, and other streams of the connection go on', async () => {
  const { app, closed } = startApp(true);
  const address = await app.listen({ port: 0 });
  const session = connectHttp2(address);
  const stalled = session.request({ ':path': '/stream' });
  stalled.on('error', () => {});
  stalled.pause();
  await app.ready();
  await until('a request is open', () => assert.equal(app.openRequests, 1));
  await app.idle();
  assert.deepEqual(closed, ['client-stalled']);
  const other = session.request({ ':path': '/quiet' });
  other.setEncoding('utf8');
  let text = '';
  for await (const piece of other) text += piece;
  assert.equal(text, 'firstlast');
  session.destroy();
  await app.close();
});

test('a whole answer that its client does not take is broken off, too', async () => {
  const { app } = startApp();
  const address = await app.listen({ port: 0 });
  const socket = await ask(address, '/large');
  const { promise, resolve } = Promise.withResolvers<void>();
  app.server.server.getConnections((_, count) => assert.equal(count, 1));
  const look = setInterval(() => app.server.server.getConnections((_, count) => count === 0 && resolve()), 20);
  await promise;
  clearInterval(look);
  socket.destroy();
  await app.close();
});

test('an answer that says nothing for a while is not, nor one whose client takes it slowly', async () => {
  const { app, closed } = startApp();
  const address = await app.listen({ port: 0 });
  const quiet = await fetch(`${address}/quiet`);
  assert.equal(await quiet.text(), 'firstlast');
  const socket = await ask(address, '/drip');
  let taken = 0;
  socket.on('data', (piece: Buffer) => {
    taken += piece.length;
    socket.pause();
    // Some five times the limit in all, and never the whole limit without a byte.
    setTimeout(() => socket.resume(), 10);
  });
  socket.resume();
  const began = performance.now();
  await until('a request is open', () => assert.equal(app.openRequests, 1));
  await app.idle();
  assert.ok(performance.now() - began > 2 * sendTimeout, `${performance.now() - began} ms`);
  assert.ok(taken > 0);
  assert.deepEqual(closed, ['committed', 'committed']);
  socket.destroy();
  await app.close();
});
