import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { App, dependency, sleep } from '../../../../src/index.ts';
import { SocketClosed, testClient } from '../../../../src/testing/index.ts';
import { coded } from '../../../support/coded.ts';
import { closing, frame, opcodes, openRaw } from '../../../support/raw-web-socket.ts';
import { until } from '../../../support/until.ts';

const { text, close } = opcodes;

test('a stop says 1001, and units that are open finish and are answered', async () => {
  const app = new App({ logger: false });
  const seen: string[] = [];
  const unit = dependency(async function* () {
    yield 1;
    seen.push('commit');
  });
  app.socket('/s', { each: { unit } }, async (_, socket) => {
    for await (const { message } of socket) {
      await pause(100);
      await socket.send(message);
    }
    seen.push('over');
  });
  const address = await app.listen({ port: 0 });
  const { port } = new URL(address);
  const clients = Array.from({ length: 20 }, () => {
    const ws = new WebSocket(`ws://127.0.0.1:${port}/s`);
    const got: string[] = [];
    ws.on('message', (data) => got.push(String(data)));
    const ended = new Promise<string>((resolve) =>
      ws.on('close', (code, reason) => resolve(`${got.join(',')} ${code} ${reason}`)),
    );
    ws.on('open', () => ws.send('hi'));
    return ended;
  });
  using idle = await openRaw(address, '/s');
  await until('all work', () => assert.equal(app.openRequests, 21));
  await pause(50);
  const stopping = app.close();
  const said = await idle.read();
  assert.deepEqual([said?.opcode, said?.code, said?.text], [close, 1001, 'The app stops']);
  idle.write(frame(close, closing(1001)));
  assert.deepEqual((await stopping).cut, []);
  for (const ended of clients) assert.equal(await ended, 'hi 1001 The app stops');
  assert.deepEqual(seen.filter((one) => one === 'commit').length, 20);
  assert.deepEqual(seen.filter((one) => one === 'over').length, 21);
});

test('a function outside of units has its signal at once, as its client leaves', async () => {
  const app = new App({ logger: false });
  app.socket('/s', async (_, socket) => {
    await socket.send('hi');
    await sleep(60_000);
  });
  const address = await app.listen({ port: 0 });
  const ws = new WebSocket(`${address.replace('http', 'ws')}/s`);
  await new Promise((resolve) => ws.once('message', resolve));
  const report = await app.close({ deadline: 5000 });
  assert.deepEqual(report.cut, []);
  assert.ok(report.ms < 2000, `${report.ms} ms`);
});

for (const [what, run, isHeeding] of [
  ['heeds its signal', (signal: AbortSignal) => sleep(60_000, { signal }), true],
  ['ignores its signal', () => pause(1500), false],
] as const)
  test(`what does not end until the deadline is cut and reported: a message whose function ${what}`, async () => {
    const app = new App({ logger: false });
    const seen: string[] = [];
    const unit = dependency(async function* () {
      try {
        yield 1;
        seen.push('commit');
      } catch (error) {
        seen.push('rollback');
        throw error;
      }
    });
    let isOver = false;
    app.socket('/rooms/{room}', { params: { room: z.string() }, each: { unit } }, async (_, socket, { signal }) => {
      try {
        for await (const _item of socket) await run(signal);
      } finally {
        isOver = true;
      }
    });
    using raw = await openRaw(await app.listen({ port: 0 }), '/rooms/a');
    raw.write(frame(text, 'work'));
    await pause(100);
    const report = await app.close({ deadline: 300 });
    assert.deepEqual(report.cut, [{ what: 'requests', name: 'SOCKET /rooms/{room}', count: 1 }]);
    assert.ok(report.ms < 1200, `${report.ms} ms`);
    const said = await raw.read();
    assert.deepEqual([said?.opcode, said?.code], [close, 1001]);
    await raw.over();
    await until('the function is over', () => assert.ok(isOver));
    await until('its unit is closed', () => assert.deepEqual(seen, ['rollback']));
    assert.ok(isHeeding || report.ms < 1000);
  });

test('a client that does not answer the good-bye of a stop holds it up no longer than its deadline', async () => {
  const app = new App({ logger: false });
  app.socket('/s', async (_, socket) => {
    for await (const _message of socket);
  });
  using raw = await openRaw(await app.listen({ port: 0 }), '/s');
  const stopping = app.close({ deadline: 300 });
  assert.equal((await raw.read())?.code, 1001);
  const report = await stopping;
  assert.ok(report.ms < 1500, `${report.ms} ms`);
  await raw.over();
});

test('a handshake whose guard is slow is answered after the stop has begun, and one that hangs is cut', async () => {
  const app = new App({ logger: false });
  const slow = dependency(() => pause(100));
  const hung = dependency(() => pause(1500));
  let opened = 0;
  app.socket('/slow', { guards: [slow] }, async (_, socket) => {
    opened++;
    for await (const _message of socket);
  });
  app.socket('/hung', { guards: [hung] }, () => void opened++);
  const address = await app.listen({ port: 0 });
  const first = openRaw(address, '/slow');
  const second = openRaw(address, '/hung');
  second.catch(() => {});
  await until('both are there', () => assert.equal(app.openRequests, 2));
  const stopping = app.close({ deadline: 400 });
  using slowly = await first;
  assert.match(slowly.head, /101/);
  const said = await slowly.read();
  assert.deepEqual([said?.opcode, said?.code], [close, 1001]);
  slowly.write(frame(close, closing(1001)));
  const report = await stopping;
  assert.deepEqual(report.cut, [{ what: 'requests', name: 'SOCKET /hung', count: 1 }]);
  using cut = await second;
  assert.equal(cut.head, '');
  assert.ok(cut.isOver);
  assert.equal(opened, 1);
  await pause(1300);
  assert.equal(opened, 1);
});

test('an app that was stopped serves its sockets again after the next start', async () => {
  const app = new App({ logger: false });
  app.socket('/s', async (_, socket) => {
    for await (const message of socket) await socket.send(message);
  });
  for (let n = 0; n < 3; n++) {
    using raw = await openRaw(await app.listen({ port: 0 }), '/s');
    raw.write(frame(text, `hi ${n}`));
    assert.equal((await raw.read())?.text, `hi ${n}`);
    const stopping = app.close();
    assert.equal((await raw.read())?.code, 1001);
    raw.write(frame(close, closing(1001)));
    assert.deepEqual((await stopping).cut, []);
  }
});

test('a socket is added before the start, and once', async () => {
  const app = new App({ logger: false });
  app.socket('/s', () => {});
  await app.ready();
  assert.throws(() => app.socket('/late', () => {}), coded('CORTADO_LIFECYCLE'));
  await app.close();
});

test('a test that leaves a socket open is told', async () => {
  const app = new App({ logger: false });
  const s = app.socket('/s', async (_, socket) => {
    for await (const _message of socket);
  });
  const client = await testClient(app);
  const socket = await client.socket(s);
  await assert.rejects(client.close(), coded('CORTADO_LEFT_OPEN'));
  await assert.rejects(socket.receive(), SocketClosed);
});
