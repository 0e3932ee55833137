import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { type Feed, feed } from '../../../../src/declare/feed.ts';
import { App, dependency, type SocketFormats } from '../../../../src/index.ts';
import { memoryLog } from '../../../support/memory-log.ts';
import { closing, frame, opcodes, openRaw } from '../../../support/raw-web-socket.ts';
import { until } from '../../../support/until.ts';

const { text, close } = opcodes;

const unheard: unknown[] = [];
const hear = (reason: unknown): void => void unheard.push(reason);
process.on('unhandledRejection', hear);
after(() => process.off('unhandledRejection', hear));

const late = z.string().refine(async (value) => {
  await pause(1);
  return value !== '';
});

for (const [what, outgoing] of [
  ['a text', 'text'],
  ['a message whose schema waits', late],
] as const satisfies readonly (readonly [string, SocketFormats])[])
  test(`${what} that nobody waits for ends nothing but its sending when the client has left`, async () => {
    const log = memoryLog();
    await using app = new App({ logger: log.logger });
    let failed = 0;
    app.socket('/s', { outgoing }, async (_, socket) => {
      for (let n = 0; n < 20; n++) {
        const sending = socket.send('tick');
        void sending;
        if (n === 15) await sending.catch(() => failed++);
        await pause(5);
      }
    });
    using raw = await openRaw(await app.listen({ port: 0 }), '/s');
    await raw.read();
    raw.socket.destroy();
    await until('all is over', () => assert.equal(app.openRequests, 0));
    assert.equal(failed, 1);
    assert.deepEqual(unheard, []);
    assert.deepEqual(log.errors(), []);
  });

test('a loop that sends without an end lets other code run when its client has said good-bye', async () => {
  await using app = new App({ logger: false });
  // One that is never let go of would hang the test as well.
  const most = 5_000_000;
  let sent = 0;
  let isOver = false;
  app.socket('/s', async (_, socket) => {
    for await (const _message of socket)
      for (; !isOver && sent < most; sent++) await socket.send('tick', { now: true });
  });
  using raw = await openRaw(await app.listen({ port: 0 }), '/s');
  raw.write(frame(text, 'go'), frame(close, closing(1000)));
  await until('it has sent', () => assert.ok(sent > 0));
  await pause(20);
  assert.ok(sent < most);
  isOver = true;
  await until('all is over', () => assert.equal(app.openRequests, 0));
});

for (const how of ['break', 'return'] as const)
  test(`the work on a message of a client that was lost is undone, though its loop ends by ${how}`, async () => {
    await using app = new App({ logger: false });
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
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    app.socket('/s', { each: { unit } }, async (_, socket, { signal }) => {
      for await (const _message of socket) {
        begin();
        await until('its client has left', () => assert.ok(signal.aborted));
        if (how === 'return') return;
        break;
      }
    });
    using raw = await openRaw(await app.listen({ port: 0 }), '/s');
    raw.write(frame(text, 'a'));
    await begun;
    raw.socket.destroy();
    await until('all is over', () => assert.equal(app.openRequests, 0));
    assert.deepEqual(seen, ['rollback']);
  });

for (const [what, opens, closes] of [
  ['opens what it needs', 20, 0],
  ['is committed', 0, 20],
] as const)
  test(`a second loop is told while a message ${what}, and nothing stays open`, async () => {
    const log = memoryLog();
    await using app = new App({ logger: log.logger });
    let open = 0;
    const unit = dependency(async function* () {
      await pause(opens);
      open++;
      try {
        yield 1;
      } finally {
        await pause(closes);
        open--;
      }
    });
    app.socket('/s', { each: { unit } }, async (_, socket) => {
      const loop = async (): Promise<void> => {
        for await (const _message of socket) await pause(1);
      };
      await Promise.all([loop(), pause(10).then(loop)]);
    });
    using raw = await openRaw(await app.listen({ port: 0 }), '/s');
    raw.write(...['a', 'b', 'c', 'd'].map((one) => frame(text, one)));
    assert.equal((await raw.read())?.code, 1011);
    raw.socket.destroy();
    await until('all is over', () => assert.equal(app.openRequests, 0));
    assert.match(JSON.stringify(log.errors()), /Two loops take the messages of one socket/);
    await pause(50);
    assert.equal(open, 0);
  });

test('what a message opens is closed though its function did not wait for it', async () => {
  await using app = new App({ logger: false });
  const seen: string[] = [];
  const unit = dependency(async function* () {
    await pause(50);
    seen.push('open');
    yield 1;
    seen.push('closed');
  });
  app.socket('/s', { each: { unit } }, async (_, socket) => {
    await Promise.race([socket[Symbol.asyncIterator]().next(), pause(20)]);
  });
  using raw = await openRaw(await app.listen({ port: 0 }), '/s');
  raw.write(frame(text, 'a'));
  assert.equal((await raw.read())?.code, 1000);
  raw.socket.destroy();
  await until('all is over', () => assert.equal(app.openRequests, 0));
  assert.deepEqual(seen, ['open', 'closed']);
});

test('what stays open until all was sent is closed though that cannot be sent', async () => {
  await using app = new App({ logger: false });
  const seen: string[] = [];
  const unit = dependency(
    async function* () {
      try {
        yield 1;
        seen.push('sent');
      } catch {
        seen.push('not sent');
      }
    },
    { exit: 'after-send' },
  );
  app.socket('/s', { each: { unit }, maxWaiting: 1000 }, async (_, socket) => {
    for await (const _message of socket) {
      // More than a network keeps of a client that reads nothing.
      void socket.send('x'.repeat(32 * 1024 * 1024), { now: true });
      await socket.send('done');
    }
  });
  using raw = await openRaw(await app.listen({ port: 0 }), '/s');
  raw.socket.pause();
  raw.write(frame(text, 'go'));
  await until('its unit is over', () => assert.deepEqual(seen, ['not sent']));
  raw.socket.destroy();
  await until('all is over', () => assert.equal(app.openRequests, 0));
});

test('a message whose schema waits does not begin where its socket was closed meanwhile', async () => {
  const app = new App({ logger: false });
  const seen: string[] = [];
  const { promise: reading, resolve: reads } = Promise.withResolvers<void>();
  const slow = z.string().refine(async () => {
    reads();
    await pause(50);
    return true;
  });
  app.socket('/s', { incoming: slow }, async (_, socket) => {
    for await (const message of socket) seen.push(message);
    seen.push('over');
  });
  using raw = await openRaw(await app.listen({ port: 0 }), '/s');
  raw.write(frame(text, '"a"'));
  await reading;
  const stopping = app.close();
  assert.equal((await raw.read())?.code, 1001);
  raw.socket.destroy();
  await stopping;
  assert.deepEqual(seen, ['over']);
});

test('a feed that cannot be followed closes its socket, and throws nothing at whoever does not wait for it', async () => {
  const log = memoryLog();
  await using app = new App({ logger: log.logger });
  const source: Feed<string> = {
    [feed]: {
      after: () => source,
      follow: () => {
        throw new Error('the engine is away');
      },
    },
    async *[Symbol.asyncIterator]() {},
  };
  let isPiped = false;
  app.socket('/s', async (_, socket) => {
    void socket.pipe(source);
    isPiped = true;
    for await (const _message of socket);
  });
  using raw = await openRaw(await app.listen({ port: 0 }), '/s');
  assert.equal((await raw.read())?.code, 1011);
  raw.socket.destroy();
  await until('all is over', () => assert.equal(app.openRequests, 0));
  assert.ok(isPiped);
  assert.equal(log.errors().length, 1);
  assert.deepEqual(unheard, []);
});
