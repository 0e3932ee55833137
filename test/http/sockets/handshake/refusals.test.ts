import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import {
  App,
  cookie,
  dependency,
  HttpError,
  header,
  query,
  type RequestContext,
  SocketError,
} from '../../../../src/index.ts';
import { apiKey, httpBearer } from '../../../../src/security/index.ts';
import { SocketRefused, testClient } from '../../../../src/testing/index.ts';
import { memoryLog } from '../../../support/memory-log.ts';
import { sendRaw } from '../../../support/raw-socket.ts';
import { handshake } from '../../../support/raw-web-socket.ts';
import { until } from '../../../support/until.ts';

async function refusal(opening: Promise<unknown>): Promise<SocketRefused> {
  const outcome = await opening.then(
    () => new Error('it was accepted'),
    (error: unknown) => error,
  );
  assert.ok(outcome instanceof SocketRefused, String(outcome));
  return outcome;
}

test('inputs come from the path, the query string, headers and cookies, and are what the function gets', async () => {
  const app = new App({ logger: false });
  const me = dependency({ id: cookie(z.int(), { alias: 'me' }) }, ({ id }) => `user ${id}`);
  const room = app.socket(
    '/rooms/{room}',
    { params: { room: z.string(), n: query(z.int().default(3)), lang: header(z.string()), me }, outgoing: 'json' },
    async (given, socket) => {
      await socket.send(given);
    },
  );
  await using client = await testClient(app);
  await using socket = await client.socket(room, { room: 'küche', lang: 'de', id: 7, n: 4 } as never);
  assert.deepEqual(await socket.receive(), { room: 'küche', n: 4, lang: 'de', me: 'user 7' });
  await using other = await client.socket(room, { room: 'a', lang: 'en', id: 1 } as never);
  assert.deepEqual(await other.receive(), { room: 'a', n: 3, lang: 'en', me: 'user 1' });
});

test('invalid inputs are a 422 with all that is wrong, of the messages’ dependencies as well', async () => {
  const app = new App({ logger: false });
  let ran = 0;
  const each = dependency({ tenant: header(z.string()) }, ({ tenant }) => tenant);
  const rooms = app.socket('/rooms/{room}', { params: { room: z.int(), n: query(z.int()) }, each: { each } }, () => {
    ran++;
  });
  await using client = await testClient(app);
  const { status, body } = await refusal(client.socket(rooms, { room: 'x', n: 'y' } as never));
  assert.equal(status, 422);
  assert.deepEqual(
    (body as { detail: { loc: string[] }[] }).detail.map(({ loc }) => loc),
    [
      ['path', 'room'],
      ['query', 'n'],
      ['header', 'tenant'],
    ],
  );
  assert.equal(ran, 0);
});

const guard = (error: Error): ReturnType<typeof dependency<void>> =>
  dependency(() => {
    throw error;
  });

const refusals = [
  ['an HttpError', new HttpError(403, 'not yours'), 403, 'not yours', undefined],
  ['one with headers', new HttpError(429, 'slow down', { headers: { 'retry-after': '7' } }), 429, 'slow down', '7'],
  ['a 503', new HttpError(503, 'later'), 503, 'later', undefined],
  ['a SocketError, which is 403', new SocketError(4000, 'the game is over'), 403, 'the game is over', undefined],
  ['what nobody expected', new Error('inside'), 500, 'Internal Server Error', undefined],
] as const;
for (const [what, error, status, detail, after] of refusals)
  for (const errorFormat of ['fastapi', 'problem'] as const)
    test(`${what}, of a guard, refuses the handshake as it does a request, in the format ${errorFormat}`, async () => {
      const app = new App({ logger: false, errors: errorFormat });
      const refused = app.socket('/s', { guards: [guard(error)] }, () => {});
      await using client = await testClient(app);
      const answer = await refusal(client.socket(refused));
      assert.equal(answer.status, status);
      assert.equal((answer.body as { detail: unknown }).detail, detail);
      assert.equal(answer.headers['retry-after'], after);
      const type = errorFormat === 'problem' ? 'application/problem+json' : 'application/json';
      assert.ok(String(answer.headers['content-type']).startsWith(type), String(answer.headers['content-type']));
    });

test('a scheme refuses with its challenge, and what it reads reaches the function', async () => {
  const app = new App({ logger: false });
  const token = httpBearer();
  const secret = apiKey({ in: 'query', name: 'key' });
  const by = app.socket('/bearer', { params: { token } }, ({ token: said }, socket) => socket.send(said));
  const key = app.socket('/key', { params: { secret } }, ({ secret: said }, socket) => socket.send(said));
  await using client = await testClient(app);
  const { status, headers } = await refusal(client.socket(by));
  assert.equal(status, 401);
  assert.match(String(headers['www-authenticate']), /^Bearer/);
  await using socket = await client.socket(by, {}, { headers: { authorization: 'Bearer abc' } });
  assert.equal(await socket.receive(), 'abc');
  assert.equal((await refusal(client.socket(key))).status, 401);
  assert.match((await sendRaw(await app.listen({ port: 0 }), handshake('/key?key=k1'), 300)).head, /^HTTP\/1.1 101/);
});

test('guards run before anything else is read, and a refused handshake commits nothing', async () => {
  const seen: string[] = [];
  const unit = dependency(
    async function* () {
      seen.push('open');
      try {
        yield 1;
        seen.push('commit');
      } catch (error) {
        seen.push('rollback');
        throw error;
      }
    },
    { name: 'unit' },
  );
  const last = dependency(() => {
    throw new HttpError(404, 'no such room');
  });
  const app = new App({ logger: false });
  const refused = app.socket('/late', { guards: [unit], params: { last } }, () => {});
  const accepted = app.socket('/fine', { guards: [unit] }, () => void seen.push('open socket'));
  await using client = await testClient(app);
  assert.equal((await refusal(client.socket(refused))).status, 404);
  assert.deepEqual(seen.splice(0), ['open', 'rollback']);
  await using socket = await client.socket(accepted);
  await socket.closed;
  assert.deepEqual(seen, ['open', 'commit', 'open socket']);
});

test('a failing commit of a guard refuses the handshake', async () => {
  const app = new App({ logger: false });
  const unit = dependency(async function* () {
    yield 1;
    throw new Error('the commit failed');
  });
  const refused = app.socket('/s', { guards: [unit] }, () => assert.fail('it opened'));
  await using client = await testClient(app);
  const { status, body } = await refusal(client.socket(refused));
  assert.deepEqual([status, body], [500, { detail: 'Internal Server Error' }]);
});

const malformed = [
  ['a key that is none', '/s', { 'Sec-WebSocket-Key': 'short' }, 400, 'sec-websocket-key'],
  ['no key', '/s', { 'Sec-WebSocket-Key': undefined }, 400, 'sec-websocket-key'],
  ['another version', '/s', { 'Sec-WebSocket-Version': '12' }, 426, 'version'],
  ['no version', '/s', { 'Sec-WebSocket-Version': undefined }, 426, 'version'],
  ['subprotocols that are no list', '/s', { 'Sec-WebSocket-Protocol': 'a,,b' }, 400, 'sec-websocket-protocol'],
  ['a subprotocol twice', '/s', { 'Sec-WebSocket-Protocol': 'a, a' }, 400, 'sec-websocket-protocol'],
  ['extensions that are none', '/z', { 'Sec-WebSocket-Extensions': ';;' }, 400, 'sec-websocket-extensions'],
  [
    'an extension with a parameter that it has not',
    '/z',
    { 'Sec-WebSocket-Extensions': 'permessage-deflate; nonsense=1' },
    400,
    'sec-websocket-extensions',
  ],
] as const;
for (const [what, path, headers, status, named] of malformed)
  test(`a handshake with ${what} is answered ${status}, before any code of the app runs`, async () => {
    const app = new App({ logger: false });
    let ran = 0;
    const counted = dependency(() => void ran++);
    app.socket('/s', { guards: [counted] }, () => {});
    app.socket('/z', { guards: [counted], perMessageDeflate: true }, () => {});
    const address = await app.listen({ port: 0 });
    const answer = await sendRaw(address, handshake(path, headers));
    const { detail } = answer.json as { detail: string };
    assert.equal(answer.status, status, answer.head);
    assert.ok(detail.toLowerCase().includes(named), detail);
    if (status === 426) {
      assert.match(answer.head, /^sec-websocket-version: 13/im);
      assert.match(answer.head, /^upgrade: websocket/im);
    }
    assert.equal(ran, 0);
    await app.close();
  });

test('headers and cookies that are set before the handshake is answered reach the 101, those after it warn', async () => {
  const { logger, lines } = memoryLog();
  const app = new App({ logger });
  const set = dependency((_: object, ctx: RequestContext) => {
    ctx.setCookie('seen', '1');
    ctx.setHeader('x-from', 'guard');
    ctx.setHeader('connection', 'close');
    ctx.setStatus(299);
  });
  app.socket('/s', { guards: [set] }, (_, _socket, ctx) => {
    ctx.setHeader('x-late', '1');
    ctx.setCookie('late', '1');
  });
  const address = await app.listen({ port: 0 });
  const { head } = await sendRaw(address, handshake('/s'), 300);
  assert.match(head, /^HTTP\/1.1 101 /);
  assert.match(head, /^x-from: guard$/im);
  assert.match(head, /^set-cookie: seen=1;/im);
  assert.equal(head.match(/^connection: /gim)?.length, 1, head);
  assert.doesNotMatch(head, /late/);
  await app.close();
  const warned = lines.filter(({ level }) => level === 40).map(({ msg }) => msg);
  assert.deepEqual(warned, ['ctx.setHeader() came too late', 'ctx.setCookie() came too late']);
});

test('what a guard defers runs once the handshake is answered, and not when it is refused; in the socket it is too late', async () => {
  const { logger, lines } = memoryLog();
  const app = new App({ logger });
  const ran: string[] = [];
  const deferring = dependency((_: object, ctx: RequestContext) => ctx.defer(() => void ran.push(ctx.path)));
  const brief = app.socket('/brief', { guards: [deferring] }, (_, _socket, ctx) => ctx.defer(() => assert.fail()));
  const long = app.socket('/long', { guards: [deferring] }, async (_, socket) => {
    for await (const _message of socket);
  });
  const refused = app.socket('/refused', { guards: [deferring, guard(new HttpError(403))] }, () => {});
  await using client = await testClient(app);
  await (await client.socket(brief)).closed;
  await using _open = await client.socket(long);
  await refusal(client.socket(refused));
  await until('both have run', () => assert.deepEqual(ran, ['/brief', '/long']));
  assert.deepEqual(
    lines.filter(({ level }) => level === 40).map(({ msg }) => msg),
    ['ctx.defer() came too late'],
  );
});

test('handlers of errors answer for a handshake that is refused', async () => {
  class Closed extends Error {}
  const app = new App({ logger: false });
  app.onError(Closed, () => Response.json({ closed: true }, { status: 418, headers: { 'x-why': 'late' } }));
  const s = app.socket('/s', { guards: [guard(new Closed())] }, () => {});
  await using client = await testClient(app);
  const { status, body, headers } = await refusal(client.socket(s));
  assert.deepEqual([status, body, headers['x-why']], [418, { closed: true }, 'late']);
});
