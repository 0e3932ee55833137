import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { App, dependency, HttpError, SocketError, type SocketFormats } from '../../../../src/index.ts';
import { type TestSocket, testClient } from '../../../../src/testing/index.ts';
import { memoryLog } from '../../../support/memory-log.ts';

const Say = z.object({ type: z.literal('say'), text: z.string().max(5) });
const Leave = z.object({ type: z.literal('leave'), at: z.coerce.date().optional() });
const Message = z.discriminatedUnion('type', [Say, Leave]);

/** Opens a socket that tells what it got, and its client's end. */
async function echo(
  incoming: SocketFormats,
  options: { closeOnInvalid?: boolean } = {},
): Promise<{ app: App; socket: TestSocket<never, never>; got: unknown[] } & AsyncDisposable> {
  const app = new App({ logger: false });
  const got: unknown[] = [];
  const s = app.socket('/s', { incoming, outgoing: 'json', ...options }, async (_, socket) => {
    for await (const message of socket) {
      got.push(message);
      await socket.send({ got: got.length });
    }
  });
  const client = await testClient(app);
  const socket = (await client.socket(s)) as unknown as TestSocket<never, never>;
  return {
    app,
    socket,
    got,
    async [Symbol.asyncDispose]() {
      await socket.close();
      await client.close();
    },
  };
}

const bytes = new Uint8Array([1, 255, 0]);
for (const [what, incoming, sent, received] of [
  ['a text', 'text', 'hällo', 'hällo'],
  ['an empty text', 'text', '', ''],
  ['a text that looks like JSON', 'text', '{"a":1}', '{"a":1}'],
  ['bytes', 'bytes', bytes, Buffer.from(bytes)],
  ['any JSON', 'json', '{"a":[1,null]}', { a: [1, null] }],
  ['a number of JSON', 'json', '7', 7],
  ['what a schema describes', Say, '{"type":"say","text":"hi"}', { type: 'say', text: 'hi' }],
  [
    'one of a union',
    Message,
    '{"type":"leave","at":"2026-01-02T03:04:05Z"}',
    { type: 'leave', at: new Date('2026-01-02T03:04:05Z') },
  ],
  ['a text of two kinds', ['text', 'bytes'], 'hi', 'hi'],
  ['bytes of two kinds', [Say, 'bytes'], bytes, Buffer.from(bytes)],
  ['a bigint', z.object({ n: z.bigint() }), '{"n":12345678901234567890}', { n: 12345678901234567890n }],
] as const)
  test(`${what} is what the loop gets`, async () => {
    await using opened = await echo(incoming as SocketFormats);
    await opened.socket.sendRaw(sent);
    assert.deepEqual(await opened.socket.receive(), { got: 1 });
    assert.deepEqual(opened.got, [received]);
  });

for (const [what, incoming, sent, code, reason] of [
  ['bytes where texts are declared', 'text', bytes, 1003, 'Binary messages are not taken'],
  ['bytes where a schema is declared', Say, bytes, 1003, 'Binary messages are not taken'],
  ['a text where bytes are declared', 'bytes', 'hi', 1003, 'Text messages are not taken'],
] as const)
  test(`${what} closes with ${code}`, async () => {
    await using opened = await echo(incoming as SocketFormats);
    await opened.socket.sendRaw(sent);
    const end = await opened.socket.closed;
    assert.deepEqual([end.code, end.reason, opened.got], [code, reason, []]);
  });

const json = (value: unknown): string => JSON.stringify(value);
const invalid = [
  ['no JSON', 'json', '{', ['message', 1], 'json_invalid'],
  ['nothing', 'json', '', ['message', 0], 'json_invalid'],
  ['a missing member', Message, json({ type: 'say' }), ['message', 'say', 'text'], 'missing'],
  [
    'a text that is too long',
    Message,
    json({ type: 'say', text: 'too long' }),
    ['message', 'say', 'text'],
    'string_too_long',
  ],
  ['an unknown kind', Message, json({ type: 'x' }), ['message'], 'union_tag_invalid'],
  ['deep JSON', z.json(), `${'['.repeat(20_000)}${']'.repeat(20_000)}`, ['message'], undefined],
] as const;
for (const [what, incoming, sent, loc, type] of invalid) {
  test(`${what} is told in the words of a 422, and the loop goes on`, async () => {
    await using opened = await echo(incoming as SocketFormats);
    await opened.socket.sendRaw(sent);
    const { detail } = (await opened.socket.receive()) as { detail: { loc: unknown[]; type: string }[] };
    if (type !== undefined) assert.deepEqual([detail[0]!.loc, detail[0]!.type], [loc, type]);
    else assert.equal(detail[0]!.loc[0], 'message');
    await opened.socket.sendRaw(json({ type: 'say', text: 'ok' }));
    assert.deepEqual(await opened.socket.receive(), { got: 1 });
    const invalids = opened.app.gauges().find(({ name }) => name === 'cortado_socket_messages_invalid_total');
    assert.equal(invalids?.value, 1);
  });
  test(`${what} closes with 1007 where that is asked for`, async () => {
    await using opened = await echo(incoming as SocketFormats, { closeOnInvalid: true });
    await opened.socket.sendRaw(sent);
    const end = await opened.socket.closed;
    assert.equal(end.code, 1007);
    assert.match(end.reason, /^message/);
    assert.deepEqual(opened.got, []);
  });
}

test('in the format of problems, what is wrong with a message is one', async () => {
  const app = new App({ logger: false, errors: 'problem' });
  const s = app.socket('/s', { incoming: Say, outgoing: 'json' }, async (_, socket) => {
    for await (const _message of socket);
  });
  await using client = await testClient(app);
  await using socket = await client.socket(s);
  await socket.sendRaw('{}');
  const { status, title, errors } = (await socket.receive()) as { status: number; title: string; errors: unknown[] };
  assert.deepEqual([status, title, errors.length], [422, 'Unprocessable Entity', 2]);
});

test('keys of prototypes are members as any other, and change nothing', async () => {
  await using opened = await echo('json');
  await opened.socket.sendRaw('{"__proto__":{"admin":true},"constructor":{"prototype":1}}');
  const said = (await opened.socket.receive()) as { detail?: unknown };
  assert.equal(({} as { admin?: boolean }).admin, undefined);
  const got = opened.got[0] as { admin?: boolean } | undefined;
  assert.ok(said.detail !== undefined || got?.admin === undefined);
});

test('a schema that validates asynchronously keeps the order of messages', async () => {
  const Slow = z.object({ ms: z.number() }).refine(async ({ ms }) => {
    await pause(ms);
    return ms < 50;
  });
  const app = new App({ logger: false });
  const s = app.socket('/s', { incoming: Slow, outgoing: 'json' }, async (_, socket) => {
    for await (const { ms } of socket) await socket.send(ms);
  });
  await using client = await testClient(app);
  await using socket = await client.socket(s);
  for (const ms of [20, 60, 1]) await socket.send({ ms });
  assert.equal(await socket.receive(), 20);
  assert.ok('detail' in ((await socket.receive()) as object));
  assert.equal(await socket.receive(), 1);
});

test('a schema that throws closes with 1011, logged, and tells nothing of the inside', async () => {
  const log = memoryLog();
  const app = new App({ logger: log.logger });
  const Bad = z.object({ n: z.number() }).transform(() => {
    throw new Error('secret inside');
  });
  const s = app.socket('/s', { incoming: Bad }, async (_, socket) => {
    for await (const _message of socket);
  });
  await using client = await testClient(app);
  const socket = await client.socket(s);
  await socket.sendRaw('{"n":1}');
  const { code, reason } = await socket.closed;
  assert.deepEqual([code, reason], [1011, 'Internal Error']);
  assert.match(log.errors()[0]!.err!.message, /secret inside/);
});

const circle: Record<string, unknown> = {};
circle['self'] = circle;

for (const [what, outgoing, message] of [
  ['a member that is missing', z.object({ id: z.int() }), {}],
  ['a text where JSON is declared', z.object({ id: z.int() }), 'id'],
  ['an object where texts are declared', 'text', { id: 1 }],
  ['a text where bytes are declared', 'bytes', 'hi'],
  ['bytes where texts are declared', 'text', bytes],
  ['what holds itself', 'json', circle],
  ['a promise', 'json', Promise.resolve(1)],
] as const)
  test(`${what} is not sent: 1011, logged, and nothing of the inside is told`, async () => {
    const log = memoryLog();
    const app = new App({ logger: log.logger });
    const s = app.socket('/s', { outgoing: outgoing as 'json' }, async (_, socket) => {
      await socket.send(message);
    });
    await using client = await testClient(app);
    const socket = await client.socket(s);
    const { code, reason } = await socket.closed;
    assert.deepEqual([code, reason], [1011, 'Internal Error']);
    assert.equal(log.errors().length, 1);
  });

test('what goes out is filtered by its schema, and dates and bigints are as in answers', async () => {
  const Said = z.object({ at: z.date(), n: z.bigint(), text: z.string() });
  const app = new App({ logger: false });
  const s = app.socket('/s', { outgoing: Said }, async (_, socket) => {
    const said = { at: new Date(0), n: 12345678901234567890n, text: 'hi', secret: 'x' };
    await socket.send(said);
  });
  const raw = app.socket('/raw', { outgoing: ['json', 'bytes'] }, async (_, socket) => {
    await socket.send(new Uint8Array([1]));
    await socket.send(null);
  });
  await using client = await testClient(app);
  await using socket = await client.socket(s);
  const said = (await socket.receive()) as object;
  assert.deepEqual(Object.keys(said), ['at', 'n', 'text']);
  assert.equal((said as { at: string }).at, '1970-01-01T00:00:00.000Z');
  await using other = await client.socket(raw);
  assert.deepEqual([await other.receive(), await other.receive()], [new Uint8Array([1]), null]);
});

for (const [what, thrown, code, reason, isLogged] of [
  ['an HttpError', new HttpError(404, 'no such room'), 4404, 'no such room', false],
  ['an HttpError of the server', new HttpError(502, 'upstream'), 1011, 'Internal Error', false],
  ['a 503', new HttpError(503, 'full'), 1013, 'full', false],
  ['a SocketError', new SocketError(4000, 'the game is over'), 4000, 'the game is over', false],
  ['a SocketError with a long reason', new SocketError(3000, '€'.repeat(60)), 3000, `${'€'.repeat(40)}…`, false],
  ['an Error', new Error('inside'), 1011, 'Internal Error', true],
  ['no error at all', 'inside', 1011, 'Internal Error', true],
  ['undefined', undefined, 1011, 'Internal Error', true],
  [
    'a proxy that throws',
    new Proxy({}, { get: () => assert.fail(), getPrototypeOf: () => assert.fail() }),
    1011,
    'Internal Error',
    true,
  ],
] as const)
  for (const when of ['first', 'in the loop'] as const)
    test(`${what}, thrown ${when}, closes with ${code}`, async () => {
      const log = memoryLog();
      const app = new App({ logger: log.logger });
      const s = app.socket('/s', async (_, socket) => {
        if (when === 'first') throw thrown;
        for await (const _message of socket) throw thrown;
      });
      await using client = await testClient(app);
      const socket = await client.socket(s);
      if (when === 'in the loop') await socket.send('hi');
      const end = await socket.closed;
      assert.deepEqual([end.code, end.reason], [code, reason]);
      assert.equal(log.errors().length, isLogged ? 1 : 0);
    });

test('a dependency of messages that refuses is told, and the next message is taken', async () => {
  const app = new App({ logger: false });
  let n = 0;
  const allowed = dependency(() => {
    n++;
    if (n === 1) throw new HttpError(409, 'taken');
    if (n === 3) throw new Error('inside');
    return n;
  });
  const s = app.socket('/s', { each: { allowed }, outgoing: 'json' }, async (_, socket) => {
    for await (const { message, allowed } of socket) await socket.send({ message, allowed });
  });
  await using client = await testClient(app);
  const socket = await client.socket(s);
  for (const text of ['a', 'b', 'c']) await socket.send(text);
  assert.deepEqual(await socket.receive(), { detail: 'taken' });
  assert.deepEqual(await socket.receive(), { message: 'b', allowed: 2 });
  assert.equal((await socket.closed).code, 1011);
});
