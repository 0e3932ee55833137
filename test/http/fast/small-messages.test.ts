import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { smallMessages } from '../../../src/http/fast/small-messages.ts';
import { App } from '../../../src/index.ts';
import { closing, frame, opcodes, openRaw } from '../../support/raw-web-socket.ts';

const { text, binary, continuation, ping, pong, close } = opcodes;

/** Writes of a client, each of which arrives alone; then how its socket answers. */
const rows: Readonly<Record<string, readonly (readonly Buffer[])[]>> = {
  'a text': [[frame(text, 'hello')]],
  'a text of other letters': [[frame(text, 'grüße, 你好, 👋')]],
  'a text of nothing': [[frame(text, '')]],
  'a text of 125 bytes': [[frame(text, 'x'.repeat(125))]],
  'a text of 126 bytes': [[frame(text, 'x'.repeat(126))]],
  'two texts at once': [[frame(text, 'one'), frame(text, 'two')]],
  'a text in two pieces': [[frame(text, 'hello').subarray(0, 4)], [frame(text, 'hello').subarray(4)]],
  'a text behind the rest of another': [
    [frame(text, 'one').subarray(0, 3)],
    [frame(text, 'one').subarray(3), frame(text, 'two')],
  ],
  'a text in two frames': [[frame(text, 'hel', { fin: false })], [frame(continuation, 'lo')]],
  'a text between two frames of another': [[frame(text, 'hel', { fin: false })], [frame(text, 'no')]],
  'a ping between two texts': [[frame(text, 'one')], [frame(ping, 'p')], [frame(text, 'two')]],
  'a text without a mask': [[frame(text, 'hello', { masked: false })]],
  'a text with a reserved bit': [[frame(text, 'hello', { reserved: 4 })]],
  'a text that is no UTF-8': [[frame(text, Buffer.from([0x68, 0xff, 0x69]))]],
  'a text that ends within a letter': [[frame(text, Buffer.from('é').subarray(0, 1))]],
  'a text over the limit': [[frame(text, 'x'.repeat(21))], [frame(text, 'y'.repeat(20))]],
  bytes: [[frame(binary, 'hello')]],
  'a text behind a good-bye': [[frame(close, closing(1000))], [frame(text, 'late')]],
};

/** What a client sees, of an app that is made while the environment says so. */
async function answers(setting: '0' | '1', writes: readonly (readonly Buffer[])[], maxMessage: number) {
  process.env['CORTADO_FAST_PATHS'] = setting;
  await using app = new App({ logger: false });
  delete process.env['CORTADO_FAST_PATHS'];
  app.socket('/s', { maxMessage, incoming: ['text', 'bytes'] }, async (_, socket) => {
    for await (const message of socket) await socket.send(typeof message === 'string' ? `${message}!` : message);
  });
  const address = await app.listen({ port: 0 });
  using client = await openRaw(address, '/s');
  for (const frames of writes) {
    client.write(...frames);
    await pause(20);
  }
  // Its answer says that all before it has been read, and answered.
  client.write(frame(ping, 'end'));
  const seen: string[] = [];
  for (let one = await client.read(); one !== undefined && seen.length < 100; one = await client.read()) {
    if (one.opcode === pong && one.text === 'end') client.write(frame(close, closing(1000)));
    else seen.push(`${one.opcode} ${one.code ?? ''} ${one.text}`);
  }
  return seen;
}

for (const [name, writes] of Object.entries(rows))
  test(`small messages are read as ws reads them: ${name}`, async () => {
    const limit = name.includes('limit') ? 20 : 1000;
    const [slow, quick] = [await answers('0', writes, limit), await answers('1', writes, limit)];
    assert.deepEqual(quick, slow);
    assert.ok(slow.length > 0);
  });

test('a message that is read past ws is the same as sent', async () => {
  assert.deepEqual(await answers('1', [[frame(text, 'grüße')], [frame(text, 'abc')]], 1000), [
    '1  grüße!',
    '1  abc!',
    '8 1000 ',
  ]);
});

test('what does not say that it is between two messages is left to ws', () => {
  assert.match(String(smallMessages.lacks({ _state: 3, _bufferedBytes: 0, _fragmented: 0 })), /between two messages/);
  assert.match(String(smallMessages.lacks({})), /between two messages/);
  assert.equal(smallMessages.lacks({ _state: 0, _bufferedBytes: 0, _fragmented: 0 }), undefined);
});
