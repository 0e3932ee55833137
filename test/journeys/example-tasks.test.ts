import assert from 'node:assert/strict';
import { test } from 'node:test';
import app, { queue, sendEmail } from '../../examples/docs/tasks.ts';
import { type TestClient, testClient } from '../../src/testing/index.ts';

interface View {
  readonly status: string;
  readonly result: unknown;
  readonly input: unknown;
}

async function done(client: TestClient, id: string): Promise<View> {
  await queue.handle(id).result({ timeout: 60_000 });
  return await (await client.get(`/tasks/${id}`)).json<View>();
}

test('a task has a number, under which its state and result are', async () => {
  await using client = await testClient(app);
  const { task_id } = await (await client.post('/emails?to=ada@example.com&content=secret')).json<{
    task_id: string;
  }>();
  const view = await done(client, task_id);
  assert.equal(view.status, 'succeeded');
  assert.equal(view.result, 'Email sent to ada@example.com');
  assert.deepEqual(view.input, { to: 'ada@example.com', content: '[redacted]' });
});

test('a row and its task are stored together, or not at all', async () => {
  await using client = await testClient(app);
  assert.equal(
    (await client.post('/photos?url=https://example.com/a.jpg', { headers: { 'x-fail': '1' } })).status,
    400,
  );
  assert.deepEqual((await (await client.get('/tasks?name=measure')).json<{ tasks: [] }>()).tasks, []);
  const { task_id } = await (await client.post('/photos?url=https://example.com/a.jpg')).json<{ task_id: string }>();
  assert.equal((await done(client, task_id)).result, 250);
  assert.deepEqual(await (await client.post('/total', { json: [1] })).json(), { total: 250 });
});

test('a schedule knows when it runs next', () => {
  const [schedule] = queue.schedules;
  assert.equal(schedule!.name, 'nightly-report');
  assert.equal(schedule!.next!.getUTCHours(), 19);
  assert.equal(sendEmail.name, 'send-email');
});
