import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, type AppOptions, rootPathOf } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';
import { sendRequest } from '../../support/send-request.ts';

function showing(options: AppOptions): App {
  const app = new App({ logger: false, ...options });
  app.get('/root', (_, { rootPath, request }) => [rootPath, rootPathOf(request)]);
  app.get('/items/', () => 'items');
  app.get('/cookie', (_, context) => context.setCookie('a', '1'));
  app.get('/cookies', (_, { cookies }) => cookies);
  return app;
}

const trustProxy = ['127.0.0.1'];

async function askedRoot(options: AppOptions, prefix?: string): Promise<string> {
  const app = showing(options);
  const headers = prefix === undefined ? {} : { 'x-forwarded-prefix': prefix };
  try {
    const { text } = await sendRequest(await app.listen({ port: 0 }), '/root', { headers });
    const [root, same] = JSON.parse(text) as [string, string];
    assert.equal(root, same);
    return root;
  } finally {
    await app.close();
  }
}

for (const [prefix, root] of [
  ['/api/v1', '/api/v1'],
  ['/api/v1/', '/api/v1'],
  ['/outer, /inner', '/inner'],
  ['/%C3%BC', '/%C3%BC'],
  ['/', ''],
  ['', ''],
  ['api', ''],
  ['//evil.example', ''],
  ['/\\evil.example', ''],
  ['/a//b', ''],
  ['https://evil.example', ''],
  ['/a/../b', ''],
  ['/a/%2e%2E/b', ''],
  ['/a;Domain=evil.example', ''],
  ['/a?b', ''],
  ['/a#b', ''],
  ['/a b', ''],
  ["/a'><script>", ''],
  ['/%zz', ''],
  [`/${'a'.repeat(300)}`, ''],
] as const)
  test(`of a trusted proxy, x-forwarded-prefix ${JSON.stringify(prefix)} is the root path ${JSON.stringify(root)}`, async () => {
    assert.equal(await askedRoot({ server: { trustProxy } }, prefix), root);
  });

test('of anybody else it is nothing, and an own root path goes before it', async () => {
  assert.equal(await askedRoot({}, '/evil'), '');
  assert.equal(await askedRoot({ server: { trustProxy: ['10.0.0.0/8'] } }, '/evil'), '');
  assert.equal(await askedRoot({ server: { trustProxy }, rootPath: '/own' }, '/other'), '/own');
  assert.equal(await askedRoot({ server: { trustProxy }, rootPath: '' }, '/other'), '');
});

test('an app below a path is found with it and without it, as proxies take it away or not', async () => {
  const app = showing({ rootPath: '/api' });
  await using client = await testClient(app);
  for (const path of ['/root', '/api/root']) assert.equal((await client.get(path)).status, 200, path);
  assert.equal((await client.get('/apiroot')).status, 404);
  assert.equal(await (await client.get('/api/items', { followRedirects: true })).text(), '"items"');
  assert.equal((await client.get('/api?x=1')).status, 404);
});

test('the document names the root path as its first server, of the proxy that asked for it', async () => {
  const app = showing({ server: { trustProxy }, servers: [{ url: 'https://a.example' }] });
  const address = await app.listen({ port: 0 });
  const servers = async (headers: Record<string, string>): Promise<unknown> =>
    (await (await sendRequest(address, '/openapi.json', { headers })).json<{ servers: unknown }>()).servers;
  assert.deepEqual(await servers({ 'x-forwarded-prefix': '/one' }), [{ url: '/one' }, { url: 'https://a.example' }]);
  assert.deepEqual(await servers({}), [{ url: 'https://a.example' }]);
  await app.close();
  assert.deepEqual(showing({ rootPath: '/api' }).openapi()['servers'], [{ url: '/api' }]);
  assert.deepEqual(showing({ rootPath: '/api', rootPathInServers: false }).openapi()['servers'], [{ url: '/' }]);
  const named = { rootPath: '/api', servers: [{ url: '/api', description: 'here' }] };
  assert.deepEqual(showing(named).openapi()['servers'], named.servers);
});

test('cookies are for the paths of the app, and the test client keeps them there', async () => {
  const app = showing({ rootPath: '/api' });
  await using client = await testClient(app);
  const { headers } = await client.get('/cookie');
  assert.match(String(headers.get('set-cookie')), /Path=\/api;/);
  assert.deepEqual(await (await client.get('/cookies')).json(), { a: '1' });
});

for (const rootPath of ['api', '//evil.example', '/a/../b', '/a b', 'https://a.example', 1])
  test(`refuses ${JSON.stringify(rootPath)} as root path`, () => {
    assert.throws(
      () => new App({ logger: false, rootPath: rootPath as never }),
      coded('CORTADO_OPTION_INVALID', 'rootPath'),
    );
  });
