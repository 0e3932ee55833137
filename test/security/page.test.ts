import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, type Dependency, type DocsOptions } from '../../src/index.ts';
import { httpBearer, oauth2, oauth2Password, openIdConnect } from '../../src/security/index.ts';
import { testClient } from '../../src/testing/index.ts';

const code = {
  authorizationUrl: 'https://a.example/x',
  tokenUrl: 'https://b.example/y',
  refreshUrl: 'https://c.example/z',
};
const origins: readonly [string, readonly Dependency<unknown>[], string][] = [
  ['no scheme', [], "'self'"],
  ['a bearer token', [httpBearer()], "'self'"],
  ['a token address of the app', [oauth2Password({ tokenUrl: '/token' })], "'self'"],
  [
    'token addresses elsewhere',
    [oauth2({ flows: { authorizationCode: code } })],
    "'self' https://b.example https://c.example",
  ],
  ['a provider elsewhere', [openIdConnect({ url: 'https://id.example/.well-known' })], "'self' https://id.example"],
  [
    'an address that would break the policy',
    [oauth2Password({ tokenUrl: "https://x; script-src 'unsafe-inline'" })],
    "'self'",
  ],
];
for (const [what, guards, sources] of origins) {
  test(`${what}: the page may talk to ${sources}`, async () => {
    const app = new App({ logger: false });
    app.get('/', { guards }, () => 1);
    await using client = await testClient(app);
    const policy = String((await client.get('/docs')).headers.get('content-security-policy'));
    assert.match(policy, /^default-src 'self'; script-src 'self' 'sha256-[^']+'; /);
    assert.equal(/connect-src ([^;]*)/.exec(policy)?.[1], sources);
  });
}

const persisting: readonly [DocsOptions, boolean][] = [
  [{}, false],
  [{ persistAuthorization: true }, true],
];
for (const [docs, expected] of persisting) {
  test(`docs: ${JSON.stringify(docs)} keeps credentials: ${expected}`, async () => {
    await using client = await testClient(new App({ logger: false, docs }));
    assert.ok((await (await client.get('/docs')).text()).includes(`"persistAuthorization":${expected}`));
  });
}

test('the page that OAuth2 servers send the browser back to is served beside the page', async () => {
  await using client = await testClient(new App({ logger: false, docs: { swagger: '/help/api' } }));
  assert.match(await (await client.get('/help/api')).text(), /new URL\("api\/oauth2-redirect\.html", location\.href\)/);
  assert.match(await (await client.get('/help/api/oauth2-redirect.html')).text(), /src="oauth2-redirect\.js"/);
  assert.equal((await client.get('/help/api/oauth2-redirect.js')).status, 200);
});
