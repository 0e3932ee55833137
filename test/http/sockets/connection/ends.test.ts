import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { App, type Dependency, dependency, RequestAborted, type ServerSocket, sleep } from '../../../../src/index.ts';
import { SocketClosed, testClient } from '../../../../src/testing/index.ts';
import { coded } from '../../../support/coded.ts';
import { memoryLog } from '../../../support/memory-log.ts';
import { closing, frame, opcodes, openRaw } from '../../../support/raw-web-socket.ts';
import { until } from '../../../support/until.ts';

const { text, close, ping } = opcodes;

/** A unit that tells how it ended. */
function unitOf(seen: string[]): Dependency<number> {
  return dependency(async function* () {
    try {
      yield 1;
      seen.push('commit');
    } catch (error) {
      seen.push('rollback');
      throw error;
    }
  });
}

for (const [how, leave, isCommitted] of [
  ['says good-bye with 1000', frame(close, closing(1000)), true],
  ['says good-bye without a code', frame(close), true],
  ['goes away, with 1001', frame(close, closing(1001)), false],
  ['says that it failed', frame(close, closing(4000)), false],
  ['breaks the protocol', frame(3), false],
  ['is lost', undefined, false],
] as const)
  test(`a client that ${how} in the middle of a message has its work ${isCommitted ? 'done' : 'undone'}`, async () => {
    const log = memoryLog();
    await using app = new App({ logger: log.logger });
    const seen: string[] = [];
    let isAborted = false;
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    app.socket('/s', { each: { unit: unitOf(seen) } }, async (_, socket, { signal }) => {
      signal.addEventListener('abort', () => {
        isAborted = true;
      });
      for await (const { message } of socket) {
        begin();
        await sleep(120);
        await socket.send(message);
        seen.push(message);
      }
      seen.push('over');
    });
    using raw = await openRaw(await app.listen({ port: 0 }), '/s');
    raw.write(frame(text, 'a'), frame(text, 'b'));
    await begun;
    if (leave === undefined) raw.socket.destroy();
    else raw.write(leave);
    await until('all is over', () => assert.equal(app.openRequests, 0));
    assert.deepEqual(seen, isCommitted ? ['a', 'commit', 'b', 'commit', 'over'] : ['rollback']);
    if (!isCommitted) assert.ok(isAborted);
    assert.deepEqual(log.errors(), []);
  });

test('a function that waits for the next message ends when its client leaves, and knows how', async () => {
  const app = new App({ logger: false });
  const ends: unknown[] = [];
  const s = app.socket('/s', async (_, socket) => {
    assert.equal(socket.end, undefined);
    for await (const _message of socket);
    ends.push(socket.end);
    await assert.rejects(socket.send('nobody'), RequestAborted);
  });
  await using client = await testClient(app);
  await (await client.socket(s)).close(4001, 'mine');
  await (await client.socket(s)).drop();
  await client.idle();
  assert.deepEqual(ends, [
    { code: 4001, reason: 'mine' },
    { code: 1006, reason: '' },
  ]);
});

test('a function that only sends ends when its client leaves', async () => {
  const app = new App({ logger: false });
  let sent = 0;
  const s = app.socket('/s', async (_, socket) => {
    for (let n = 0; n < 100_000; n++) {
      sent = n;
      await socket.send(`tick ${sent}`);
      await sleep(2);
    }
  });
  await using client = await testClient(app);
  const socket = await client.socket(s);
  assert.equal(await socket.receive(), 'tick 0');
  await socket.drop();
  await client.idle();
  assert.ok(sent < 1000);
});

test('socket.close says why, and the loop is over; codes that mean nothing are refused', async () => {
  const app = new App({ logger: false });
  const s = app.socket('/s', async (_, socket) => {
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1.5, '1000'])
      assert.throws(() => socket.close(code as number), coded('CORTADO_OPTION_INVALID'));
    for await (const message of socket) {
      await socket.send(message);
      socket.close(4123, `bye ${'x'.repeat(200)}`);
      socket.close(1000, 'again');
    }
  });
  const plain = app.socket('/plain', async (_, socket) => {
    await socket.send('hi');
    socket.close();
    await assert.rejects(socket.send('more'), RequestAborted);
  });
  await using client = await testClient(app);
  const socket = await client.socket(s);
  await socket.send('a');
  await socket.send('b');
  assert.equal(await socket.receive(), 'a');
  await assert.rejects(socket.receive(), (error) => {
    assert.ok(error instanceof SocketClosed);
    assert.deepEqual([error.code, error.reason.slice(0, 7), Buffer.byteLength(error.reason)], [4123, 'bye xxx', 123]);
    return true;
  });
  const other = await client.socket(plain);
  assert.equal(await other.receive(), 'hi');
  assert.equal((await other.closed).code, 1000);
});

test('two loops over one socket are told', async () => {
  const log = memoryLog();
  const app = new App({ logger: log.logger });
  const read = async (socket: ServerSocket<string, string>): Promise<void> => {
    for await (const _message of socket);
  };
  const s = app.socket('/s', async (_, socket) => {
    await Promise.all([read(socket as never), read(socket as never)]);
  });
  await using client = await testClient(app);
  assert.equal((await (await client.socket(s)).closed).code, 1011);
  assert.match(log.errors()[0]!.err!.message, /Two loops/);
});

test('a flood at a function that never reads stays in the client, and its leaving is noticed all the same', async () => {
  await using app = new App({ logger: false });
  const gone = Promise.withResolvers<void>();
  app.socket('/s', { pingInterval: 500, pingTimeout: 1000 }, async (_, _socket, { signal }) => {
    await sleep(20_000, { signal }).catch(() => {});
    gone.resolve();
  });
  using raw = await openRaw(await app.listen({ port: 0 }), '/s');
  const one = Buffer.concat(Array.from({ length: 10 }, () => frame(text, Buffer.alloc(100_000, 'x'))));
  for (let n = 0; n < 40; n++) raw.socket.write(one);
  await pause(1500);
  assert.ok(raw.socket.writableLength > 20_000_000, `${raw.socket.writableLength} bytes still wait in the client`);
  raw.socket.resetAndDestroy();
  await gone.promise;
});

test('a client that takes nothing holds up its sender alone, and is left after sendTimeout', async () => {
  await using app = new App({ logger: false, sendTimeout: 600 });
  let sent = 0;
  const ended = Promise.withResolvers<unknown>();
  app.socket('/s', async (_, socket) => {
    try {
      for (let n = 0; n < 1000; n++) {
        sent = n;
        await socket.send('x'.repeat(100_000));
      }
    } catch (error) {
      ended.resolve(error);
    }
  });
  app.socket('/other', async (_, socket) => {
    for await (const message of socket) await socket.send(message);
  });
  const address = await app.listen({ port: 0 });
  using raw = await openRaw(address, '/s');
  raw.socket.pause();
  await pause(300);
  assert.ok(sent < 100, `${sent} messages were sent`);
  using other = await openRaw(address, '/other');
  other.write(frame(text, 'hi'));
  assert.equal((await other.read())?.text, 'hi');
  const before = sent;
  assert.ok((await ended.promise) instanceof RequestAborted);
  assert.ok(sent - before <= 1);
});

test('a sender that does not wait is stopped at maxWaiting, and its client is closed with 1013', async () => {
  await using app = new App({ logger: false, sendTimeout: 1000 });
  const outcome = Promise.withResolvers<unknown>();
  app.socket('/s', { maxWaiting: 1_000_000, pingTimeout: 1000 }, async (_, socket) => {
    const all = Array.from({ length: 200 }, () => socket.send('x'.repeat(100_000)));
    const settled = await Promise.allSettled(all);
    outcome.resolve(settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : [])));
    assert.ok(socket.waiting < 1_200_000, `${socket.waiting} bytes wait`);
  });
  using raw = await openRaw(await app.listen({ port: 0 }), '/s');
  raw.socket.pause();
  const errors = (await outcome.promise) as Error[];
  assert.ok(errors.length > 100);
  assert.ok(errors.some((error) => (error as { code?: string }).code === 'CORTADO_OVERLOADED'));
});

test('a reply of many pieces whose client is lost on the way ends its function, and nothing else', async () => {
  const log = memoryLog();
  await using app = new App({ logger: log.logger, sendTimeout: 1000 });
  const seen: string[] = [];
  app.socket('/s', { each: { unit: unitOf(seen) }, maxWaiting: 50_000_000 }, async (_, socket) => {
    for await (const _item of socket) for (let n = 0; n < 30; n++) await socket.send('x'.repeat(1_000_000));
  });
  using raw = await openRaw(await app.listen({ port: 0 }), '/s');
  raw.write(frame(text, 'go'));
  await until('it is committed', () => assert.deepEqual(seen, ['commit']));
  raw.socket.resetAndDestroy();
  await until('all is over', () => assert.equal(app.openRequests, 0));
  assert.deepEqual(log.errors(), []);
});

test('a client that does not answer pings is dropped, one that does stays', async () => {
  await using app = new App({ logger: false });
  const ends: unknown[] = [];
  app.socket('/s', { pingInterval: 300, pingTimeout: 300 }, async (_, socket) => {
    for await (const _message of socket);
    ends.push(socket.end?.code);
  });
  const address = await app.listen({ port: 0 });
  using silent = await openRaw(address, '/s');
  using polite = await openRaw(address, '/s');
  const end = performance.now() + 3500;
  while (performance.now() < end) {
    const said = await polite.read(Math.max(1, end - performance.now())).catch(() => undefined);
    if (said?.opcode === ping) polite.write(frame(opcodes.pong, said.payload));
  }
  await silent.over(100);
  assert.deepEqual(ends, [1006]);
  assert.equal(app.openRequests, 1);
});

test('a socket without messages in either direction is closed after idleTimeout, unless a message is worked on', async () => {
  await using app = new App({ logger: false });
  app.socket('/s', { idleTimeout: 700, pingInterval: 200 }, async (_, socket) => {
    for await (const message of socket) {
      await sleep(Number(message));
      await socket.send(message);
    }
  });
  app.socket('/sends', { idleTimeout: 700 }, async (_, socket) => {
    for (let n = 0; n < 8; n++) {
      await socket.send('tick');
      await sleep(300);
    }
  });
  const address = await app.listen({ port: 0 });
  using quiet = await openRaw(address, '/s');
  using slow = await openRaw(address, '/s');
  using told = await openRaw(address, '/sends');
  slow.write(frame(text, '2000'), frame(text, '1'));
  const read = async (raw: typeof quiet): Promise<string> => {
    const all: string[] = [];
    for (let n = 0; n < 30; n++) {
      const said = await raw.read();
      if (said === undefined) break;
      if (said.opcode === ping) raw.write(frame(opcodes.pong, said.payload));
      else all.push(said.opcode === close ? `${said.code} ${said.text}` : said.text);
      if (said.opcode === close) break;
    }
    return all.join('|');
  };
  const [first, second, third] = await Promise.all([read(quiet), read(slow), read(told)]);
  assert.equal(first, '1000 Nothing was said for too long');
  assert.equal(second, '2000|1|1000 Nothing was said for too long');
  assert.equal(third, `${'tick|'.repeat(8)}1000 `);
});
