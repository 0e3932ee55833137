import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testClient } from 'cortado/testing';
import app, { makeItem } from './sources.ts';

// node --test. At the end of its block the client stops the app.
test('an item that is made comes back', async () => {
  await using client = await testClient(app);
  const made = await client.call(makeItem, { item: { name: 'cup', price: 2 }, notify: true });
  assert.equal(made.status, 201);
  assert.equal(made.data?.name, 'cup');

  const wrong = await client.call(makeItem, { item: { name: 'c', price: 2 } });
  if (wrong.status === 422) assert.deepEqual(wrong.error?.detail[0]?.loc, ['body', 'name']);
  else assert.fail('"c" is too short');

  const entered = await client.post('/login', {
    form: { username: 'Ada', password: 'x' },
    headers: { 'x-token': 't' },
  });
  assert.equal(await entered.text(), '{"username":"Ada"}');
});
