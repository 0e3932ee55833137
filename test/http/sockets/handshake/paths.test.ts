import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { App, dependency, HttpError, type RequestContext, Router, type SocketEndpoint } from '../../../../src/index.ts';
import { testClient } from '../../../../src/testing/index.ts';
import { coded } from '../../../support/coded.ts';
import { openSocket, sendRaw } from '../../../support/raw-socket.ts';
import { frame, handshake, opcodes, openRaw, RawWebSocket } from '../../../support/raw-web-socket.ts';
import { sendRequest } from '../../../support/send-request.ts';

/** The status of a handshake, and the first message where it is accepted. */
async function knock(address: string, path: string): Promise<string> {
  using raw = await openRaw(address, path);
  const status = raw.head.slice(9, 12);
  return status === '101' ? `101 ${(await raw.read())?.text}` : status;
}

test('a plain GET of a socket’s path is 426, another method is 405', async () => {
  await using app = new App({ logger: false });
  app.socket('/rooms/{room}', { params: { room: z.string() } }, () => {});
  app.post('/rooms/{room}', { params: { room: z.string() } }, () => 1);
  const address = await app.listen({ port: 0 });
  const plain = await sendRequest(address, '/rooms/a');
  assert.deepEqual([plain.status, plain.headers.upgrade, plain.headers.connection], [426, 'websocket', 'Upgrade']);
  assert.deepEqual(JSON.parse(plain.text), { detail: 'A web socket is served here' });
  const head = await sendRaw(address, 'HEAD /rooms/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  assert.equal(head.status, 405);
  const other = await sendRequest(address, '/rooms/a', { method: 'DELETE' });
  assert.equal(other.status, 405);
  assert.deepEqual(other.headers.allow?.split(', ').sort(), ['GET', 'POST']);
  const asPost = handshake('/rooms/a').replace('GET', 'POST').replace('\r\n\r\n', '\r\nContent-Length: 0\r\n\r\n');
  assert.equal((await sendRaw(address, asPost)).status, 200);
  assert.equal((await sendRaw(address, handshake('/rooms/a').replace('GET', 'PUT'))).status, 405);
  const other2 = { Upgrade: 'h2c' };
  assert.equal((await sendRaw(address, handshake('/rooms/a', other2))).status, 426);
});

test('a handshake for a path without a socket is a plain request', async () => {
  await using app = new App({ logger: false });
  app.get('/page', () => 'page');
  app.socket('/s', (_, socket) => socket.send('socket'));
  const address = await app.listen({ port: 0 });
  assert.equal((await sendRaw(address, handshake('/page'))).json, 'page');
  assert.equal((await sendRaw(address, handshake('/none'))).status, 404);
  assert.equal((await sendRaw(address, handshake('/%zz'))).status, 400);
});

test('a GET and a socket share a path, and each of them may be more exact than the other', async () => {
  await using app = new App({ logger: false });
  const params = { room: z.string() };
  app.get('/both/{room}', { params }, ({ room }) => `page ${room}`);
  app.socket('/both/{room}', { params }, ({ room }, socket) => socket.send(`socket ${room}`));
  app.get('/a/list', () => 'the list');
  app.socket('/a/{room}', { params }, ({ room }, socket) => socket.send(`socket ${room}`));
  app.get('/b/{room}', { params }, ({ room }) => `page ${room}`);
  app.socket('/b/list', (_, socket) => socket.send('the socket'));
  app.socket('/c/{room}', { params }, ({ room }, socket) => socket.send(`any ${room}`));
  app.socket('/c/one', (_, socket) => socket.send('one'));
  app.socket('/d/{path:path}', { params: { path: z.string() } }, ({ path }, socket) => socket.send(path));
  const address = await app.listen({ port: 0 });
  const get = async (path: string): Promise<unknown> => JSON.parse((await sendRequest(address, path)).text);
  assert.deepEqual([await get('/both/x'), await knock(address, '/both/x')], ['page x', '101 socket x']);
  assert.deepEqual([await get('/a/list'), await knock(address, '/a/list')], ['the list', '101 socket list']);
  assert.deepEqual([await get('/b/list'), await knock(address, '/b/list')], ['page list', '101 the socket']);
  assert.equal(await knock(address, '/c/one'), '101 one');
  assert.equal(await knock(address, '/c/two'), '101 any two');
  assert.equal(await knock(address, '/d/x/y?z=1'), '101 x/y');
  assert.equal(await knock(address, '/c/k%C3%BCche'), '101 any küche');
});

test('a router gives its sockets its prefix, guards and tags, also below another router', async () => {
  const seen: string[] = [];
  const step = (name: string): ReturnType<typeof dependency> => dependency(() => void seen.push(name), { name });
  const inner = new Router({ prefix: '/rooms', guards: [step('inner')], tags: ['rooms'] });
  const room = inner.socket('/{room}', { params: { room: z.string() }, tags: ['own'] }, ({ room }, socket) =>
    socket.send(room),
  );
  const outer = new Router({ prefix: '/v1', guards: [step('outer')] }).include(inner, { prefix: '/chat' });
  const app = new App({ logger: false }).include(outer, { tags: ['all'] });
  assert.deepEqual(
    app.sockets.map(({ name, definition: { settings } }) => [name, settings.tags]),
    [['SOCKET /v1/chat/rooms/{room}', ['all', 'rooms', 'own']]],
  );
  assert.equal(app.urlFor(room, { room: 'a b' }), '/v1/chat/rooms/a%20b');
  await using client = await testClient(app);
  await using socket = await client.socket(room, { room: 'a' });
  assert.equal(await socket.receive(), 'a');
  assert.deepEqual(seen, ['outer', 'inner']);
});

for (const stripped of [true, false])
  test(`a socket lies below the root path, which a proxy has ${stripped ? 'taken away' : 'left'}`, async () => {
    await using app = new App({ logger: false, rootPath: '/api' });
    app.socket('/s', (_, socket, ctx): Promise<void> => socket.send(`${ctx.rootPath} ${ctx.url}`));
    const address = await app.listen({ port: 0 });
    assert.equal(await knock(address, stripped ? '/s' : '/api/s'), '101 /api /s');
  });

test('an app that is mounted has sockets, beside those of the outer one, and stops with it', async () => {
  const closed: string[] = [];
  const inner = new App({ logger: false });
  inner.socket('/s', async (_, socket, ctx) => {
    await socket.send(`inner ${ctx.rootPath}`);
    for await (const _message of socket);
    closed.push('inner');
  });
  inner.get('/plain', () => 1);
  const app = new App({ logger: false });
  app.socket('/s', (_, socket) => socket.send('outer'));
  app.mount('/sub', inner);
  const address = await app.listen({ port: 0 });
  assert.equal(await knock(address, '/s'), '101 outer');
  using raw = await openRaw(address, '/sub/s');
  assert.equal((await raw.read())?.text, 'inner /sub');
  assert.equal((await sendRequest(address, '/sub/s')).status, 426);
  assert.equal(await knock(address, '/sub/none'), '404');
  const stopping = app.close();
  const said = await raw.read();
  assert.deepEqual([said?.opcode, said?.code], [opcodes.close, 1001]);
  raw.socket.end();
  assert.deepEqual((await stopping).cut, []);
  assert.deepEqual(closed, ['inner']);
});

test('an app of which only what is mounted has sockets takes them', async () => {
  const inner = new App({ logger: false });
  inner.socket('/s', (_, socket) => socket.send('inner'));
  await using app = new App({ logger: false });
  app.mount('/sub', inner);
  assert.equal(await knock(await app.listen({ port: 0 }), '/sub/s'), '101 inner');
});

test('an overridden dependency is asked for by sockets and their messages', async () => {
  const name = dependency(() => 'real', { name: 'name' });
  const each = dependency(() => 'real each', { name: 'each' });
  const app = new App({ logger: false });
  const s = app.socket('/s', { params: { name }, each: { each } }, async ({ name }, socket) => {
    for await (const { each, message } of socket) await socket.send(`${name} ${each} ${message}`);
  });
  await using client = await testClient(app);
  const ask = async (): Promise<string | Uint8Array> => {
    await using socket = await client.socket(s);
    await socket.send('hi');
    return await socket.receive();
  };
  assert.equal(await ask(), 'real real each hi');
  {
    using _name = app.override(name, () => 'fake');
    using _each = app.override(each, () => 'fake each');
    assert.equal(await ask(), 'fake fake each hi');
  }
  assert.equal(await ask(), 'real real each hi');
});

test('hooks of plugins run before, and what they set reaches the 101 and a refusal', async () => {
  await using app = new App({ logger: false });
  const limiting = async (server: FastifyInstance): Promise<void> => {
    server.addHook('onRequest', async (request, reply) => {
      reply.header('x-ratelimit-remaining', '9');
      if (request.headers['x-blocked'] !== undefined) throw new HttpError(429, 'blocked');
    });
  };
  app.use(Object.assign(limiting, { [Symbol.for('skip-override')]: true }));
  app.socket('/s', { guards: [dependency((_: object, ctx: RequestContext) => void ctx.url)] }, () => {});
  const address = await app.listen({ port: 0 });
  const fine = await sendRaw(address, handshake('/s'), 300);
  assert.match(fine.head, /^HTTP\/1.1 101[\s\S]*x-ratelimit-remaining: 9/);
  const blocked = await sendRaw(address, handshake('/s', { 'x-blocked': '1' }));
  assert.equal(blocked.status, 429);
});

test('subprotocols: the first of the server’s that the client offers, else none, and nothing else is sent back', async () => {
  const app = new App({ logger: false });
  const run = (_: object, socket: { subprotocol: string; send: (text: string) => Promise<void> }): Promise<void> =>
    socket.send(`<${socket.subprotocol}>`);
  const s = app.socket('/s', { subprotocols: ['v2', 'v1'] }, run);
  const none = app.socket('/none', run);
  await using client = await testClient(app);
  for (const [endpoint, subprotocols, agreed] of [
    [s, ['v1', 'v2'], 'v2'],
    [s, ['x', 'v1'], 'v1'],
    [s, ['token.abc', 'v1'], 'v1'],
    [s, [], ''],
  ] as const) {
    await using socket = await client.socket(endpoint, {}, { subprotocols });
    assert.deepEqual([socket.subprotocol, await socket.receive()], [agreed, `<${agreed}>`]);
  }
  const address = await app.listen({ port: 0 });
  for (const [path, offered] of [
    ['/s', 'secret-token'],
    ['/none', 'v1'],
  ] as const) {
    const { head } = await sendRaw(address, handshake(path, { 'Sec-WebSocket-Protocol': offered }), 300);
    assert.match(head, /^HTTP\/1.1 101/);
    assert.doesNotMatch(head, /sec-websocket-protocol/i);
  }
  assert.ok(none);
});

test('what a client sends with its handshake waits until guards are through', async () => {
  await using app = new App({ logger: false });
  const slow = dependency(() => pause(50));
  app.socket('/s', { guards: [slow] }, async (_, socket) => {
    for await (const message of socket) await socket.send(message.toUpperCase());
  });
  const address = await app.listen({ port: 0 });
  const { hostname, port } = new URL(address);
  const ws = new WebSocket(`ws://${hostname}:${port}/s`);
  await once(ws, 'open');
  ws.send('hi');
  const [data] = (await once(ws, 'message')) as [Buffer];
  assert.equal(data.toString(), 'HI');
  ws.close();
  using raw = new RawWebSocket(await openSocket(address));
  raw.socket.write(Buffer.concat([Buffer.from(handshake('/s')), frame(opcodes.text, 'early')]));
  await raw.readHead();
  assert.equal((await raw.read())?.text, 'EARLY');
});

test('the signal of a guard fires when the client leaves during the handshake', async () => {
  await using app = new App({ logger: false });
  const left = Promise.withResolvers<void>();
  const began = Promise.withResolvers<void>();
  const guard = dependency(async (_: object, { signal }: RequestContext) => {
    signal.addEventListener('abort', () => left.resolve());
    began.resolve();
    await pause(5000, undefined, { signal });
  });
  app.socket('/s', { guards: [guard] }, () => assert.fail('it opened'));
  const address = await app.listen({ port: 0 });
  const { hostname, port } = new URL(address);
  const ws = new WebSocket(`ws://${hostname}:${port}/s`);
  ws.on('error', () => {});
  await began.promise;
  ws.terminate();
  await left.promise;
});

test('a socket that is none of the app’s is told', async () => {
  const other = new App({ logger: false }).socket('/x', () => {}) as SocketEndpoint<'/x', Record<never, never>>;
  const app = new App({ logger: false });
  assert.throws(() => app.urlFor(other), coded('CORTADO_LIFECYCLE', 'SOCKET /x'));
});
