import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, dependency, gather } from 'cortado';
import { type TestClient, testClient } from 'cortado/testing';
import { z } from 'zod';
import { appSettings } from './advanced.ts';
import heroApp, { db } from './heroes.ts';

const models = new Map<string, string>();
const app = new App({
  lifespan: async function* () {
    models.set('foo', 'Foo');
    yield;
    models.clear();
  },
});
const showModel = app.get('/models/{id}', { params: { id: z.string() } }, ({ id }) => ({ name: models.get(id) }));

app.get('/info', { params: { config: appSettings } }, ({ config }) => config);

// Testing
test('a model is shown', async () => {
  await using client = await testClient(app);
  const response = await client.get('/models/foo');
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { name: 'Foo' });
  // The same by its route: inputs and answer are typed.
  const { data } = await client.call(showModel, { id: 'foo' });
  assert.equal(data?.name, 'Foo');
});

// Testing Events: lifespan and startup - shutdown
test('the lifespan goes around the client', async () => {
  {
    await using _ = await testClient(app);
    assert.equal(models.size, 1);
  }
  assert.equal(models.size, 0);
});

// Testing Dependencies with Overrides
test('other settings', async () => {
  using _ = app.override(appSettings, () => ({
    appName: 'Test',
    adminEmail: 'test@bar.example',
    itemsPerUser: 1,
  }));
  await using client = await testClient(app);
  assert.equal((await (await client.get('/info')).json<{ appName: string }>()).appName, 'Test');
});

// Async Tests
test('several at once', async () => {
  await using client = await testClient(app);
  const answers = await gather([() => client.get('/models/foo'), () => client.get('/models/bar')]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
  );
});

// Testing a Database
test('a database in memory is new for each client', async () => {
  for (const id of [1, 1]) {
    await using client = await testClient(heroApp);
    const made = await client.post('/heroes', { json: { name: 'Ada', secret_name: 'Countess' } });
    assert.equal((await made.json<{ id: number }>()).id, id);
  }
});

/** Runs a test whose requests share one transaction, which is undone at its end: for a database that stays. */
async function undone(run: (client: TestClient) => Promise<void>): Promise<void> {
  const done = new Error('done');
  await using client = await testClient(heroApp);
  const work = db.transaction(async (session) => {
    // A generator, so that the requests do not end the session.
    const shared = dependency(async function* () {
      yield session;
    });
    using _ = heroApp.override(db.session, shared);
    await run(client);
    throw done;
  });
  await work.catch((error: unknown) => assert.equal(error, done));
  assert.deepEqual(await (await client.get('/heroes')).json(), []);
}

test('what a test writes is rolled back', () =>
  undone(async (client) => {
    await client.post('/heroes', { json: { name: 'Bob', secret_name: 'Robert' } });
    assert.equal((await (await client.get('/heroes')).json<unknown[]>()).length, 1);
  }));
