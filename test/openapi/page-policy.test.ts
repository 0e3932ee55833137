import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, type AppOptions, type DocumentedServer } from '../../src/index.ts';
import { testClient } from '../../src/testing/index.ts';

async function policyOf(options: AppOptions, own: readonly DocumentedServer[] = []): Promise<string> {
  const app = new App({ logger: false, ...options });
  app.get('/', { ...(own.length > 0 && { servers: own }) }, () => 1);
  await using client = await testClient(app);
  const policy = (await client.get('/docs')).headers.get('content-security-policy');
  return /connect-src ([^;]*)/.exec(String(policy))![1]!;
}

const region = { default: 'eu', enum: ['eu', 'us'] };
const servers: readonly [what: string, servers: readonly DocumentedServer[], sources: string][] = [
  ['a relative one', [{ url: '/v1' }], "'self'"],
  ['one elsewhere', [{ url: 'https://api.example/v1' }], "'self' https://api.example"],
  [
    'one of several regions',
    [{ url: 'https://{region}.api.example:{port}', variables: { region, port: { default: '8443' } } }],
    "'self' https://eu.api.example:8443 https://us.api.example:8443",
  ],
  ['one that would break the policy', [{ url: "https://x; script-src 'unsafe-inline'" }], "'self'"],
];
for (const [what, given, sources] of servers)
  test(`Swagger UI may send requests to ${what}, of the app or of a route: ${sources}`, async () => {
    assert.equal(await policyOf({ servers: given }), sources);
    assert.equal(await policyOf({}, given), sources);
  });

test('no more than 50 addresses of a server', async () => {
  const many = { default: '0', enum: Array.from({ length: 1000 }, (_, at) => String(at)) };
  const sources = await policyOf({ servers: [{ url: 'https://{a}-{b}.example', variables: { a: many, b: many } }] });
  assert.equal(sources.split(' ').length, 51);
});
