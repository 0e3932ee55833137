import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testClient } from 'cortado/testing';
import app from './sources.ts';

// node --test. At the end of its block the client stops the app.
test('an item that is made comes back', async () => {
  await using client = await testClient(app);
  const made = await client.post('/items', { json: { name: 'cup', price: 2 }, query: { notify: true } });
  assert.equal(made.status, 201);
  assert.deepEqual(made.json(), { name: 'cup', price: 2 });

  const wrong = await client.post('/items', { json: { name: 'c', price: 2 } });
  assert.equal(wrong.status, 422);
  assert.deepEqual(wrong.json<{ detail: { loc: string[] }[] }>().detail[0]?.loc, ['body', 'name']);

  const entered = await client.post('/login', {
    form: { username: 'Ada', password: 'x' },
    headers: { 'x-token': 't' },
  });
  assert.equal(entered.text, '{"username":"Ada"}');
});
