import assert from 'node:assert/strict';
import { test } from 'node:test';
import app from '../../examples/docs/asyncapi.ts';
import { assertValid } from '../support/valid-async-api.ts';

test('the document of the example is as the documentation tells', async () => {
  const document = app.asyncapi();
  await assertValid(document);
  const { channels, operations, servers } = document;
  assert.deepEqual(
    Object.entries(channels).map(([name, { messages, servers: on }]) => [
      name,
      (on as readonly { readonly $ref: string }[]).map(({ $ref }) => $ref.split('/').at(-1)),
      Object.keys(messages as object),
    ]),
    [
      ['rooms_room', ['ws'], ['say', 'leave', 'said', 'error']],
      ['get_queue-length', ['http'], ['message']],
      ['queue_default', ['queue'], ['brew']],
    ],
  );
  assert.deepEqual(Object.keys(operations), [
    'rooms_room_receive',
    'rooms_room_send',
    'queue_length_get',
    'queue_default_receive',
    'queue_default_send',
  ]);
  assert.deepEqual(servers!['ws'], { host: 'bar.example', protocol: 'wss' });
});
