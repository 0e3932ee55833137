import assert from 'node:assert/strict';
import { test } from 'node:test';
import app from '../../examples/first-app.ts';

test('the first app takes orders and serves them, over a real socket', async () => {
  const address = await app.listen({ port: 0 });
  try {
    const ordered = await fetch(`${address}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ drink: 'cortado' }),
    });
    assert.equal(ordered.status, 201);
    assert.deepEqual(await ordered.json(), { number: 1 });
    assert.deepEqual(await (await fetch(`${address}/orders/1`)).json(), { drink: 'cortado', shots: 1 });
    assert.deepEqual(await (await fetch(`${address}/orders/2`)).json(), { detail: 'No such order' });
    assert.equal((await fetch(`${address}/orders/two`)).status, 422);
    assert.equal((await fetch(`${address}/docs`)).status, 200);
  } finally {
    await app.close();
  }
});
