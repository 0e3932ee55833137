import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { App, CortadoError, dependency, HttpError } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';

test('dependencies close before the answer: a failed commit is a 500', async () => {
  const seen: string[] = [];
  const session = dependency(async function* () {
    try {
      yield 'session';
    } catch (error) {
      seen.push('rollback');
      throw error;
    }
    seen.push('commit');
    if (seen.includes('refuse')) throw new Error('commit refused');
  });
  const app = new App({ logger: false });
  app.get('/ok', { params: { session } }, ({ session }) => session);
  app.get('/fail', { params: { session } }, () => {
    throw new HttpError(409, 'no');
  });
  app.get('/refuse', { params: { session } }, () => seen.push('refuse'));
  await using client = await testClient(app);
  assert.equal(await (await client.get('/ok')).json(), 'session');
  assert.equal((await client.get('/fail')).status, 409);
  assert.equal((await client.get('/refuse')).status, 500);
  assert.deepEqual(seen, ['commit', 'rollback', 'refuse', 'commit']);
});

test('guards answer before the body is read', async () => {
  const guard = dependency(() => {
    throw new HttpError(401, 'Who are you?');
  });
  const app = new App({ logger: false });
  app.post('/x', { guards: [guard], params: { item: z.object({ a: z.int() }) } }, ({ item }) => item);
  await using client = await testClient(app);
  assert.equal((await client.post('/x', { body: '{', headers: { 'content-type': 'application/json' } })).status, 401);
});

const bad: [string, Parameters<Awaited<ReturnType<typeof testClient>>['post']>[1], number][] = [
  ['malformed JSON', { body: '{', headers: { 'content-type': 'application/json' } }, 422],
  ['another media type', { body: 'a=1', headers: { 'content-type': 'text/plain' } }, 422],
  ['no body', {}, 422],
  ['a body over the limit', { json: { a: 'x'.repeat(2000) } }, 413],
  ['__proto__ keys', { body: '{"__proto__":{"a":1}}', headers: { 'content-type': 'application/json' } }, 422],
  ['invalid UTF-8', { body: Buffer.from([0x22, 0xff, 0x22]), headers: { 'content-type': 'application/json' } }, 400],
];
for (const [name, request, status] of bad) {
  test(`answers ${status} to ${name}`, async () => {
    const app = new App({ logger: false, bodyLimit: 1000 });
    app.post('/x', { params: { item: z.object({ a: z.int() }) } }, ({ item }) => item);
    await using client = await testClient(app);
    const response = await client.post('/x', request);
    assert.equal(response.status, status);
    assert.ok((await response.json<{ detail: unknown }>()).detail);
  });
}

test('misconfiguration fails at registration and names the culprit', () => {
  const app = new App({ logger: false });
  // @ts-expect-error the path has {user_id}, so params must declare it
  assert.throws(() => app.get('/u/{user_id}', {}, () => 1), CortadoError);
  // @ts-expect-error no such option
  assert.throws(() => app.get('/v', { respons: z.string() }, () => 1), coded('CORTADO_OPTION_UNKNOWN', '"respons"'));
  // @ts-expect-error the handler returns the wrong shape
  app.get('/w', { response: z.object({ a: z.string() }) }, () => ({ a: 1 }));
});
