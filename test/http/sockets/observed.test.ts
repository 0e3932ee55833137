import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { SecretHeaders } from '../../../src/http/log/secret-headers.ts';
import { App, query, SocketError } from '../../../src/index.ts';
import { strictLoop } from '../../../src/loop/index.ts';
import { metrics } from '../../../src/metrics/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { block, heardLogger } from '../../loop/support.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { parseMetrics } from '../../support/parse-metrics.ts';
import { sendRequest } from '../../support/send-request.ts';
import { until } from '../../support/until.ts';

const Say = z.object({ type: z.literal('say'), text: z.string() });
const Leave = z.object({ type: z.literal('leave') });

test('the guard names the socket that blocks, and the kind of message', async () => {
  const log = heardLogger();
  const app = new App({ logger: log, loop: { watchdog: true } });
  const room = app.socket(
    '/rooms/{room}',
    { params: { room: z.string() }, incoming: z.discriminatedUnion('type', [Say, Leave]) },
    async (_, socket) => {
      for await (const { type } of socket) {
        block(400);
        await socket.send(type);
      }
    },
  );
  const plain = app.socket('/plain', async (_, socket) => {
    block(150);
    await socket.send('hi');
  });
  await using client = await testClient(app);
  await using socket = await client.socket(room, { room: 'a' });
  await pause(200);
  await socket.send({ type: 'say', text: 'hi' });
  assert.equal(await socket.receive(), 'say');
  await until('it is blamed', () => assert.notEqual(log.blames().length, 0), 4000);
  await using _other = await client.socket(plain);
  await until('both are blamed', () => assert.match(String(log.blames().at(-1)?.fields['owner']), /plain/), 4000);
  assert.deepEqual(
    [...new Set(log.blames().map(({ fields }) => `${fields['owner']}, ${fields['phase']}`))],
    ['SOCKET /rooms/{room} message "say", message', 'SOCKET /plain, handler'],
  );
});

test('strict mode refuses what blocks in a socket, and names it in the log', async () => {
  using _ = strictLoop({ longest: false });
  const log = heardLogger();
  const app = new App({ logger: log });
  const room = app.socket('/s', { incoming: z.discriminatedUnion('type', [Say, Leave]) }, async (_, socket) => {
    for await (const _message of socket) {
      await pause(1);
      existsSync(import.meta.filename);
    }
  });
  await using client = await testClient(app);
  const socket = await client.socket(room);
  await socket.send({ type: 'say', text: 'x' });
  assert.equal((await socket.closed).code, 1011);
  await client.idle();
  assert.match(log.errors.join('\n'), /SOCKET \/s message "say"/);
});

test('a socket has one line in the log at its end, without its query string and its subprotocols', async () => {
  const log = memoryLog();
  const app = new App({ logger: log.logger, accessLog: true });
  const s = app.socket(
    '/s/{n}',
    { params: { n: z.int(), token: query(z.string()) }, subprotocols: ['v1'] },
    async (_, socket) => {
      await socket.send('welcome');
      for await (const message of socket) {
        await socket.send(message);
        if (message === 'bye') throw new SocketError(4000, 'over');
      }
    },
  );
  await using client = await testClient(app);
  const socket = await client.socket(s, { n: 7, token: 'secret' }, { subprotocols: ['v1', 'bearer.secret'] });
  for (const text of ['a', 'b', 'bye']) await socket.send(text);
  await socket.closed;
  await until('it is logged', () => assert.equal(log.lines.length, 1), 2000);
  const { msg, ...line } = log.lines[0]! as unknown as Record<string, unknown> & { msg: string };
  assert.match(msg, /^SOCKET \/s\/7 4000 [\d.]+ ms, 3 in, 3 out$/);
  assert.deepEqual([line['received'], line['sent'], line['code'], line['status']], [3, 3, 4000, 101]);
  await assert.rejects(client.socket(s, { n: 'x', token: 'secret' } as never));
  await until('the refusal is logged', () => assert.equal(log.lines.length, 2, JSON.stringify(log.lines)), 2000);
  assert.match(log.lines[1]!.msg, /^GET \/s\/x 422 /);
  assert.doesNotMatch(JSON.stringify(log.lines), /secret/);
});

test('metrics: connections, messages, refusals by cause and waiting bytes, by route and never by path', async () => {
  const app = new App({ logger: false });
  app.use(metrics());
  const s = app.socket(
    '/rooms/{room}',
    { params: { room: z.int() }, incoming: Say, outgoing: 'json' },
    async (_, socket) => {
      for await (const message of socket) await socket.send(message);
    },
  );
  await using client = await testClient(app);
  for (let n = 0; n < 5; n++) {
    const socket = await client.socket(s, { room: n });
    await socket.send({ type: 'say', text: 'x' });
    await socket.receive();
    await socket.sendRaw('{}');
    await socket.receive();
    await socket.close();
    await assert.rejects(client.socket(s, { room: `x${n}` } as never));
  }
  await client.idle();
  await using _open = await client.socket(s, { room: 9 });
  const text = (await sendRequest(await app.listen({ port: 0 }), '/metrics')).text;
  parseMetrics(text);
  const lines = text.split('\n').filter((line) => /^cortado_socket/.test(line));
  assert.deepEqual(lines.sort(), [
    'cortado_socket_messages_invalid_total{route="/rooms/{room}"} 5',
    'cortado_socket_messages_total{route="/rooms/{room}",direction="in"} 10',
    'cortado_socket_messages_total{route="/rooms/{room}",direction="out"} 10',
    'cortado_socket_waiting_bytes{route="/rooms/{room}"} 0',
    'cortado_sockets_refused_total{route="/rooms/{room}",cause="422"} 5',
    'cortado_sockets{route="/rooms/{room}"} 1',
  ]);
  const durations = text
    .split('\n')
    .filter((line) => line.includes('http_request_duration') && line.includes('_count'));
  // Of handshakes, however long their sockets last.
  assert.deepEqual(
    durations.filter((line) => line.includes('rooms')).map((line) => line.replace(/^[^{]*/, '')),
    ['{method="GET",route="/rooms/{room}",status="101"} 6', '{method="GET",route="/rooms/{room}",status="422"} 5'],
  );
});

test('headers that are logged hide subprotocols, which may be credentials', () => {
  const shown = new SecretHeaders().hide({ 'sec-websocket-protocol': 'v1, secret', host: 'a' });
  assert.deepEqual(shown, { 'sec-websocket-protocol': '[Redacted]', host: 'a' });
});
