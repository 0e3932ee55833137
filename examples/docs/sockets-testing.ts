import assert from 'node:assert/strict';
import { testClient } from 'cortado/testing';
import app, { Line, rooms } from './sockets.ts';

await using client = await testClient(app);

await using socket = await client.socket(rooms, { room: 'kitchen', token: 'token-of-ada' });
await socket.send({ type: 'say', text: 'The oven is hot' });
assert.deepEqual(await socket.receive(), {
  type: 'said',
  id: 1,
  room: 'kitchen',
  from: 'ada',
  text: 'The oven is hot',
});
// The answer left after the commit.
assert.equal(await Line.count(), 1);

// What is wrong with a message is told; the socket stays open.
await socket.sendRaw('{"type": "say"}');
assert.partialDeepStrictEqual(await socket.receive(), {
  detail: [{ type: 'missing', loc: ['message', 'say', 'text'] }],
});

await socket.send({ type: 'leave' });
assert.deepEqual(await socket.closed, { code: 1000, reason: '' });

// A refusal is an answer of HTTP.
await assert.rejects(client.socket(rooms, { room: 'kitchen' }), { status: 401, body: { detail: 'Who are you?' } });
