import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { z } from 'zod';
import { Channels, type ChannelsUse } from '../../../src/channels/index.ts';
import { App } from '../../../src/index.ts';
import { assertValid } from '../../support/valid-async-api.ts';

function appWith(use: ChannelsUse = {}): App {
  const app = new App({ logger: false });
  const channels = new Channels();
  channels.channel('rooms', {
    params: { room: z.string().describe('Which room'), floor: z.int() },
    event: z.discriminatedUnion('type', [
      z.object({ type: z.literal('said'), text: z.string() }),
      z.object({ type: z.literal('left') }),
    ]),
    retention: { age: 60_000, count: Number.POSITIVE_INFINITY },
  });
  channels.channel('plain', { event: v.string() });
  app.use(channels, use);
  return app;
}

test('the AsyncAPI document tells of channels, with a message for each kind of event', async () => {
  const document = appWith().asyncapi();
  await assertValid(document);
  const { address, parameters, messages, description } = document.channels['channel_rooms']!;
  assert.equal(address, 'rooms/{floor}/{room}');
  assert.deepEqual(parameters, { floor: {}, room: { description: 'Which room' } });
  assert.deepEqual(Object.keys(messages as object), ['said', 'left']);
  assert.match(String(description), /for 60 s\.$/);
  assert.match(String(document.channels['channel_plain']!['description']), /for 3600 s, the last 10000/);
  assert.deepEqual(Object.keys(document.operations), [
    'channel_rooms_receive',
    'channel_rooms_send',
    'channel_plain_receive',
    'channel_plain_send',
  ]);
});

test('an event whose schema does not describe itself may be any JSON there', () => {
  const { messages } = appWith().asyncapi().channels['channel_plain']!;
  assert.deepEqual(messages, { plain: { name: 'plain', contentType: 'application/json', payload: {} } });
});

test('channels that are not documented are in no document', () => {
  assert.deepEqual(appWith({ documented: false }).asyncapi().channels, {});
});
