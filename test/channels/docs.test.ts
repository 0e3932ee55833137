import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import app, { waitForNote } from '../../examples/docs/channels.ts';
import { until } from '../support/until.ts';

test('the example of the documentation does what it says', async () => {
  const address = await app.listen({ port: 0 });
  try {
    const post = (text: string): Promise<Response> =>
      fetch(`${address}/rooms/lobby/notes`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text }),
      });
    const waiting = waitForNote('lobby', 'hello');
    const leaving = new AbortController();
    const stream = await fetch(`${address}/rooms/lobby/events?user=ada`, { signal: leaving.signal });
    let read = '';
    const reading = (async () => {
      for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) read += chunk;
    })().catch(() => {});
    assert.equal((await post('')).status, 422);
    assert.equal((await post('hello')).status, 201);
    await until('the event is there', () =>
      assert.match(read, /^retry: 2000\n\nid: \S+\n\ndata: \{"id":\d+,"text":"hello"\}\nid: /),
    );
    assert.equal(typeof (await waiting), 'number');
    await until('ada is there', async () => {
      const members = await (await fetch(`${address}/rooms/lobby/members`)).json();
      assert.deepEqual(members, [{ user: 'ada' }]);
    });
    leaving.abort();
    await reading;
    await pause(10);
  } finally {
    await app.close();
  }
});
