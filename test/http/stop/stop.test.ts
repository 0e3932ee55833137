import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { App, component, dependency, jsonLines, sleep } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { sendRequest } from '../../support/send-request.ts';
import { until } from '../../support/until.ts';

test('stops in order: requests, what they deferred, components, app-scoped dependencies', async () => {
  const seen: string[] = [];
  const pool = dependency(
    async function* () {
      yield 1;
      seen.push('pool');
    },
    { scope: 'app' },
  );
  const app = new App({ logger: false });
  app.use({ [component]: () => ({ name: 'database', stop: () => void seen.push('database') }) });
  app.use({ [component]: () => ({ name: 'queue', stop: () => void seen.push('queue') }) });
  app.get('/slow', { params: { pool } }, async (_, context) => {
    context.defer(async () => {
      await pause(60);
      seen.push('deferred');
    });
    await pause(100);
    seen.push('request');
    return 1;
  });
  const address = await app.listen({ port: 0 });
  const answer = sendRequest(address, '/slow');
  await until('the request is open', () => assert.equal(app.openRequests, 1));
  const report = await app.close();
  assert.equal((await answer).status, 200);
  assert.deepEqual(seen, ['request', 'deferred', 'queue', 'database', 'pool']);
  assert.deepEqual(report.cut, []);
  assert.ok(report.ms >= 100, `${report.ms} ms`);
});

test('says that it is not ready from the first moment of a stop, and serves again after the next start', async () => {
  const app = new App({ logger: false });
  app.get('/slow', async () => pause(80, 'done'));
  await app.listen({ port: 0 });
  assert.deepEqual(app.notReady(), []);
  const stopping = app.close({ drain: 30 });
  assert.deepEqual(app.notReady(), ['the app stops']);
  await stopping;
  assert.deepEqual(app.notReady(), ['the app has not started']);
  const address = await app.listen({ port: 0 });
  assert.equal((await sendRequest(address, '/slow')).text, '"done"');
  await app.close();
});

test('lets connections in while it drains, and closes each after its answer', async () => {
  const app = new App({ logger: false });
  app.get('/', () => 1);
  const address = await app.listen({ port: 0 });
  const stopping = app.close({ drain: 200 });
  const { status, headers } = await sendRequest(address, '/');
  assert.deepEqual([status, headers.connection], [200, 'close']);
  await stopping;
  await assert.rejects(sendRequest(address, '/'), /ECONNREFUSED/);
});

test('cuts what is not done at the deadline, answers 503, and reports it by name', async () => {
  const { logger, lines, errors } = memoryLog();
  const app = new App({ logger });
  app.use({ [component]: () => ({ name: 'stubborn', stop: () => new Promise<void>(() => {}) }) });
  let sleeping = 0;
  app.get('/sleep', () => {
    sleeping++;
    return sleep(60_000);
  });
  app.get('/defer', (_, context) => {
    context.defer((signal) => sleep(60_000, { signal }));
    return 1;
  });
  const address = await app.listen({ port: 0 });
  const answers = [sendRequest(address, '/sleep'), sendRequest(address, '/sleep')];
  await sendRequest(address, '/defer');
  await until('both sleep', () => assert.equal(sleeping, 2));
  const report = await app.close({ deadline: 100 });
  for (const answer of answers) {
    const { status, headers } = await answer;
    assert.deepEqual([status, headers['retry-after']], [503, '1']);
  }
  assert.deepEqual(report.cut, [
    { what: 'requests', name: 'GET /sleep', count: 2 },
    { what: 'deferred work', name: 'GET /defer', count: 1 },
    { what: 'component', name: 'stubborn', count: 1 },
  ]);
  // Nothing of the app failed.
  assert.deepEqual(errors(), []);
  assert.equal(lines.filter(({ msg }) => msg === 'GET /sleep was cut by the stop').length, 2);
});

test('ends a stop although a handler heeds nothing', async () => {
  const app = new App({ logger: false });
  app.get('/deaf', () => new Promise(() => {}));
  const address = await app.listen({ port: 0 });
  const answer = sendRequest(address, '/deaf').catch((error: Error) => error);
  await until('the request is open', () => assert.equal(app.openRequests, 1));
  const report = await app.close({ deadline: 50 });
  assert.deepEqual(report.cut, [{ what: 'requests', name: 'GET /deaf', count: 1 }]);
  assert.ok(report.ms < 5000, `${report.ms} ms`);
  assert.ok((await answer) instanceof Error);
});

test('a stop that nothing holds up is quick, kept connections or not', async () => {
  const app = new App({ logger: false });
  app.get('/', () => 1);
  const address = await app.listen({ port: 0 });
  await fetch(address);
  const report = await app.close();
  // The server itself would keep the connection for more than a minute.
  assert.ok(report.ms < 5000, `${report.ms} ms`);
});

test('a connection that was let in before a stop may still send its request', async () => {
  const app = new App({ logger: false });
  app.get('/', () => 'here');
  const { port } = new URL(await app.listen({ port: 0 }));
  const socket = connect(Number(port), '127.0.0.1');
  const arrived = once(app.server.server, 'connection');
  await Promise.all([once(socket, 'connect'), arrived]);
  const stopping = app.close();
  await pause(200);
  socket.end('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  const chunks = await socket.setEncoding('utf8').toArray();
  assert.match(chunks.join(''), /^HTTP\/1.1 200 OK[\s\S]*"here"$/);
  assert.deepEqual((await stopping).cut, []);
});

test('a connection that sends nothing does not hold a stop up for long', async () => {
  const app = new App({ logger: false });
  const { port } = new URL(await app.listen({ port: 0 }));
  const socket = connect(Number(port), '127.0.0.1');
  await Promise.all([once(socket, 'connect'), once(app.server.server, 'connection')]);
  const ended = once(socket.resume(), 'close');
  const { ms, cut } = await app.close({ deadline: 10_000 });
  assert.deepEqual(cut, []);
  assert.ok(ms < 3000, `${ms} ms`);
  await ended;
});

test('can start, stop, start and stop', async () => {
  const app = new App({ logger: false });
  app.get('/', () => 1);
  for (let round = 0; round < 3; round++) {
    await using client = await testClient(app);
    assert.equal((await client.get('/')).status, 200);
  }
});

test('a client that keeps its connection does not hold up the stop: the answer in flight ends it', async () => {
  const app = new App({ logger: false });
  app.get('/slow', async () => {
    await pause(100);
    return 1;
  });
  app.get('/stream', { response: jsonLines() }, async function* () {
    yield 1;
    await pause(200);
    yield 2;
  });
  const address = await app.listen({ port: 0 });
  const agent = new Agent({ keepAlive: true });
  const ask = async (path: string): Promise<[string | undefined, string]> => {
    const [response] = (await once(get(`${address}${path}`, { agent }), 'response')) as [IncomingMessage];
    return [response.headers.connection, await text(response)];
  };
  const asked = [ask('/slow'), ask('/stream')];
  await until('2 requests are open', () => assert.equal(app.openRequests, 2));
  await pause(50);
  const { ms, cut } = await app.close({ deadline: 10_000 });
  assert.deepEqual(await Promise.all(asked), [
    ['close', '1'],
    ['keep-alive', '1\n2\n'],
  ]);
  assert.deepEqual(cut, []);
  assert.ok(ms < 5000, `${ms} ms`);
  agent.destroy();
});
