import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
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
