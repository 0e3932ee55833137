import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, type Dependency } from '../../src/index.ts';
import { anyOf, apiKey, httpBearer, subprotocolToken } from '../../src/security/index.ts';
import { type TestClient, testClient } from '../../src/testing/index.ts';
import { coded } from '../support/coded.ts';

async function openApp(scheme: Dependency<unknown>): Promise<TestClient> {
  const app = new App({ logger: false });
  app.get('/', { params: { token: scheme } }, ({ token }) => ({ token: token ?? 'none' }));
  return testClient(app);
}

const offers: readonly (readonly [offered: string | undefined, token: string | undefined])[] = [
  ['token.abc', 'abc'],
  ['chat.v1, token.abc', 'abc'],
  ['token.abc,chat.v1', 'abc'],
  ['chat.v1,\ttoken.eyJ.eyJ.sig-_', 'eyJ.eyJ.sig-_'],
  ['token.first, token.second', 'first'],
  ['token.token.abc', 'token.abc'],
  ['Token.abc', undefined],
  ['xtoken.abc', undefined],
  ['token.', undefined],
  ['token', undefined],
  ['chat.v1', undefined],
  ['', undefined],
  [undefined, undefined],
];
for (const [offered, token] of offers)
  test(`of ${JSON.stringify(offered)} the token is ${token}`, async () => {
    await using client = await openApp(subprotocolToken());
    const headers = offered === undefined ? {} : { 'sec-websocket-protocol': offered };
    const answer = await client.get('/', { headers });
    if (token === undefined)
      assert.deepEqual(
        [answer.status, answer.headers.get('www-authenticate'), await answer.json()],
        [401, 'Subprotocol', { detail: 'Not authenticated' }],
      );
    else assert.deepEqual([answer.status, await answer.json()], [200, { token }]);
    assert.equal(answer.headers.get('sec-websocket-protocol'), null);
  });

test('a prefix of its own is read in the place of the usual one', async () => {
  await using client = await openApp(subprotocolToken({ prefix: 'auth-' }));
  const ask = async (offered: string): Promise<number> =>
    (await client.get('/', { headers: { 'sec-websocket-protocol': offered } })).status;
  assert.deepEqual([await ask('auth-abc'), await ask('token.abc')], [200, 401]);
});

test('verify decides, and optional lets in without a token', async () => {
  const scheme = subprotocolToken({
    optional: true,
    verify: (token) => (token === 'abc' ? { name: 'ada' } : undefined),
  });
  await using client = await openApp(scheme);
  const ask = async (offered: string): Promise<unknown> => {
    const answer = await client.get('/', { headers: { 'sec-websocket-protocol': offered } });
    return answer.status === 200 ? answer.json() : answer.status;
  };
  assert.deepEqual(
    [await ask('token.abc'), await ask('token.x'), await ask('chat')],
    [{ token: { name: 'ada' } }, 401, { token: 'none' }],
  );
});

test('the OpenAPI document has nothing of it, alone or beside others', () => {
  const app = new App({ logger: false });
  app.get('/alone', { guards: [subprotocolToken()] }, () => 1);
  app.get(
    '/either',
    { guards: [anyOf(subprotocolToken(), httpBearer(), apiKey({ in: 'query', name: 'k' }))] },
    () => 1,
  );
  app.get('/both', { guards: [subprotocolToken(), httpBearer()] }, () => 1);
  const { components, paths } = app.openapi();
  const ways = ['/alone', '/either', '/both'].map((path) => paths[path]!['get']!['security']);
  assert.deepEqual(ways, [undefined, [{ HTTPBearer: [] }, { APIKeyQuery: [] }], [{ HTTPBearer: [] }]]);
  assert.deepEqual(Object.keys(components!.securitySchemes!), ['HTTPBearer', 'APIKeyQuery']);
});

for (const prefix of ['', 'a b', 'a,b', 7])
  test(`subprotocolToken() refuses the prefix ${JSON.stringify(prefix)}`, () => {
    assert.throws(
      () => subprotocolToken({ prefix: prefix as string }),
      coded('CORTADO_OPTION_INVALID', 'prefix must be letters'),
    );
  });
