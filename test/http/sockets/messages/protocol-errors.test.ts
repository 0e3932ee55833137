import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { App } from '../../../../src/index.ts';
import { memoryLog } from '../../../support/memory-log.ts';
import { closing, type FrameOptions, frame, opcodes, openRaw } from '../../../support/raw-web-socket.ts';
import { until } from '../../../support/until.ts';

const { text, binary, continuation, close, ping, pong } = opcodes;
const log = memoryLog();
const app = new App({ logger: log.logger, accessLog: true });
app.socket('/s', { maxMessage: 1000, incoming: ['text', 'bytes'], pingTimeout: 500 }, async (_, socket) => {
  for await (const message of socket) await socket.send(message);
});
let address = '';
before(async () => {
  address = await app.listen({ port: 0 });
});
after(() => app.close({ deadline: 0 }));

const unfinished: FrameOptions = { fin: false };
const wrong = Buffer.from([0x68, 0xff, 0xfe]);

/** What a client sends, and the code that it is closed with (RFC 6455, 5 and 7.4; RFC 7692, 6.1). */
const faults: readonly (readonly [string, number, ...Buffer[]])[] = [
  ['a frame that is not masked', 1002, frame(text, 'hi', { masked: false })],
  ['a reserved bit', 1002, frame(text, 'hi', { reserved: 2 })],
  ['another reserved bit', 1002, frame(text, 'hi', { reserved: 1 })],
  ['a compressed frame that was not agreed on', 1002, frame(text, 'hi', { reserved: 4 })],
  ['a reserved opcode of data', 1002, frame(3, 'hi')],
  ['a reserved opcode of control', 1002, frame(11, '')],
  ['a ping of 126 bytes', 1002, frame(ping, Buffer.alloc(126))],
  ['a ping in fragments', 1002, frame(ping, 'a', unfinished)],
  ['a close of 126 bytes', 1002, frame(close, closing(1000, 'x'.repeat(124)))],
  ['a continuation of nothing', 1002, frame(continuation, 'hi')],
  ['a message within a message', 1002, frame(text, 'a', unfinished), frame(text, 'b')],
  ['a close of one byte', 1002, frame(close, Buffer.from([3]))],
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map(
    (code) => [`the close code ${code}`, 1002, frame(close, closing(code))] as const,
  ),
  ['a reason that is no UTF-8', 1007, frame(close, closing(1000, wrong))],
  ['a text that is no UTF-8', 1007, frame(text, wrong)],
  ['fragments of a text that is no UTF-8', 1007, frame(text, 'h', unfinished), frame(continuation, wrong)],
  ['half of a character at the end', 1007, frame(text, Buffer.from('ü').subarray(0, 1))],
  ['a message that is too large', 1009, frame(binary, Buffer.alloc(1001))],
  ['a frame that says it is too large', 1009, frame(binary, '', { says: 2 ** 31 })],
  ['a frame that says it is larger than any number', 1009, frame(binary, '', { says: 2 ** 52 })],
  [
    'fragments that are too large together',
    1009,
    frame(text, 'x'.repeat(600), unfinished),
    frame(continuation, 'x'.repeat(600)),
  ],
];
for (const [what, code, ...frames] of faults)
  test(`${what} is closed with ${code}, and harms nobody else`, async () => {
    using other = await openRaw(address, '/s');
    using raw = await openRaw(address, '/s');
    log.lines.length = 0;
    raw.write(...frames);
    const said = await raw.read();
    assert.deepEqual([said?.opcode, said?.code], [close, code]);
    await raw.over();
    other.write(frame(text, 'fine'));
    assert.equal((await other.read())?.text, 'fine');
    await until('its line is in the log', () =>
      assert.deepEqual(
        log.lines.map(({ msg }) => msg.split(' ').slice(0, 3).join(' ')),
        [`SOCKET /s ${code}`],
      ),
    );
  });

test('what RFC 6455 allows is taken: fragments, control frames between them, empty messages, pings, codes of applications', async () => {
  using raw = await openRaw(address, '/s');
  raw.write(frame(text, 'a', unfinished), frame(ping, 'p'), frame(continuation, 'b', unfinished), frame(pong, 'x'));
  raw.write(frame(continuation, 'c'), frame(text, ''), frame(binary, Buffer.from([0, 255])));
  const got = [];
  for (let n = 0; n < 4; n++) {
    const { opcode, payload } = (await raw.read())!;
    got.push([opcode, payload.toString('latin1')]);
  }
  assert.deepEqual(got, [
    [pong, 'p'],
    [text, 'abc'],
    [text, ''],
    [binary, '\0ÿ'],
  ]);
  raw.write(frame(close, closing(4321, 'mine')));
  const { opcode, code, text: reason } = (await raw.read())!;
  assert.deepEqual([opcode, code, reason], [close, 4321, 'mine']);
  await raw.over();
});

test('a character that is split between fragments, and bytes one by one, are put together', async () => {
  using raw = await openRaw(address, '/s');
  const [first, second] = [Buffer.from('ü').subarray(0, 1), Buffer.from('ü').subarray(1)];
  for (const byte of Buffer.concat([frame(text, first!, unfinished), frame(continuation, second!)]))
    raw.socket.write(Buffer.from([byte]));
  assert.equal((await raw.read())?.text, 'ü');
});

test('a close without a code is answered in kind', async () => {
  using raw = await openRaw(address, '/s');
  raw.write(frame(close));
  const said = await raw.read();
  assert.deepEqual([said?.opcode, said?.payload.length], [close, 0]);
  await raw.over();
});

for (const [what, code] of [
  ['a fault', 1002],
  ['a message that is too large', 1009],
] as const)
  test(`after ${what} the function is over at once, though the client keeps the connection open`, async () => {
    const ended = Promise.withResolvers<unknown>();
    await using own = new App({ logger: false });
    own.socket('/s', { maxMessage: 10, pingTimeout: 3000 }, async (_, socket) => {
      for await (const _message of socket);
      ended.resolve(socket.end?.code);
    });
    using raw = await openRaw(await own.listen({ port: 0 }), '/s');
    const began = performance.now();
    raw.write(code === 1002 ? frame(3) : frame(text, 'x'.repeat(11)));
    assert.equal(await ended.promise, code);
    assert.ok(performance.now() - began < 2000);
  });

for (const [what, bytes] of [
  ['a head', frame(text, 'hello').subarray(0, 1)],
  ['a frame', frame(text, 'hello').subarray(0, 8)],
  ['a message', frame(text, 'hello', unfinished)],
] as const)
  test(`a client that leaves in the middle of ${what} is lost, and nothing of it is taken`, async () => {
    const own = memoryLog();
    await using lonely = new App({ logger: own.logger });
    const seen: unknown[] = [];
    lonely.socket('/s', async (_, socket) => {
      for await (const message of socket) seen.push(message);
      seen.push(socket.end?.code);
    });
    using raw = await openRaw(await lonely.listen({ port: 0 }), '/s');
    raw.write(bytes);
    raw.socket.destroySoon();
    await until('its function is over', () => assert.deepEqual(seen, [1006]));
    assert.deepEqual(own.errors(), []);
  });

test('a flood of pings whose answers nobody reads is left after sendTimeout', async () => {
  await using own = new App({ logger: false, sendTimeout: 500 });
  const ended = Promise.withResolvers<unknown>();
  own.socket('/s', async (_, socket) => {
    for await (const _message of socket);
    ended.resolve(socket.end?.code);
  });
  using raw = await openRaw(await own.listen({ port: 0 }), '/s');
  raw.socket.pause();
  const pings = Buffer.concat(Array.from({ length: 1000 }, () => frame(ping, Buffer.alloc(125, 'p'))));
  for (let n = 0; n < 200; n++) raw.socket.write(pings);
  assert.equal(await ended.promise, 1006);
});
