import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, type AppOptions } from '../../../src/index.ts';
import { coded } from '../../support/coded.ts';
import { sendRequest } from '../../support/send-request.ts';

type Headers = Readonly<Record<string, string>>;

async function ask(options: AppOptions, headers: Headers, url = '/'): Promise<readonly [number, string | undefined]> {
  const app = new App({ logger: false, ...options });
  app.get('/', () => 'in');
  app.get('/items', () => 'in');
  try {
    const { status, headers: got } = await sendRequest(await app.listen({ port: 0 }), url, { headers });
    return [status, got.location];
  } finally {
    await app.close();
  }
}

const hosts = ['example.com', '*.example.com', '::1', '[2001:db8::1]', 'www.other.example'];
const trusted = { trustProxy: ['127.0.0.1'] };

for (const [host, status, location] of [
  ['example.com', 200],
  ['EXAMPLE.com', 200],
  ['example.com:8080', 200],
  ['a.example.com', 200],
  ['a.b.example.com:443', 200],
  ['[::1]', 200],
  ['[::1]:8000', 200],
  ['[2001:db8::1]:8000', 200],
  ['evil.example', 400],
  ['example.com.evil.example', 400],
  ['evilexample.com', 400],
  ['.example.com', 400],
  ['*.example.com', 400],
  ['example.com@evil.example', 400],
  ['example.com:80@evil.example', 400],
  ['evil.example/example.com', 400],
  ['evil.example#.example.com', 400],
  ['[::2]', 400],
  ['[::1', 400],
  ['example.com:99999999', 400],
  ['example.com.', 400],
  // As Starlette, which sends the bare name on to one that is served.
  ['other.example', 307, 'http://www.other.example/items?a=1'],
] as const)
  test(`a request for the host ${host} is answered ${status}`, async () => {
    assert.deepEqual(await ask({ hosts }, { host }, '/items?a=1'), [status, location]);
  });

test('a refusal of a host is in the shape of all errors, and comes before routes and guards', async () => {
  const app = new App({ logger: false, hosts: ['example.com'], errors: 'problem' });
  const address = await app.listen({ port: 0 });
  const { status, headers, text } = await sendRequest(address, '/nothing', { headers: { host: 'evil.example' } });
  assert.deepEqual([status, headers['content-type']], [400, 'application/problem+json']);
  assert.match(text, /Invalid host header/);
  await app.close();
});

for (const [what, options, headers, url, status, location] of [
  ['a plain request', {}, { host: 'a.example' }, '/items?a=1', 307, 'https://a.example/items?a=1'],
  ['a port of its own', {}, { host: 'a.example:8080' }, '/', 307, 'https://a.example:8080/'],
  ['the port of HTTP', {}, { host: 'a.example:80' }, '/', 307, 'https://a.example/'],
  ['an address of IPv6', {}, { host: '[::1]:80' }, '/', 307, 'https://[::1]/'],
  ['two slashes', {}, { host: 'a.example' }, '//evil.example/', 307, 'https://a.example//evil.example/'],
  ['a backslash', {}, { host: 'a.example' }, '/\\evil.example', 307, 'https://a.example/%5Cevil.example'],
  ['a whole address', {}, { host: 'a.example' }, 'http://evil.example/x?y', 307, 'https://a.example/x?y'],
  ['a host that is none', {}, { host: 'a.example@evil.example' }, '/', 400, undefined],
  ['a host that is not served', { hosts: ['b.example'] }, { host: 'a.example' }, '/', 400, undefined],
  ['a claim of the client', {}, { host: 'a.example', 'x-forwarded-proto': 'https' }, '/', 307, 'https://a.example/'],
  ['a trusted proxy', { server: trusted }, { host: 'a.example', 'x-forwarded-proto': 'https' }, '/', 200, undefined],
  [
    'a trusted proxy that was asked in plain, below a path',
    { server: trusted, rootPath: '/api' },
    { host: 'app:8000', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'a.example' },
    '/items',
    307,
    'https://a.example/api/items',
  ],
] as const)
  test(`with httpsRedirect, ${what} is answered ${status}${location === undefined ? '' : ` to ${location}`}`, async () => {
    assert.deepEqual(await ask({ httpsRedirect: true, ...options }, headers, url), [status, location]);
  });

test('both stand before what is mounted', async () => {
  const app = new App({ logger: false, hosts: ['example.com'] });
  app.mount('/in', () => new Response('in'));
  const address = await app.listen({ port: 0 });
  assert.equal((await sendRequest(address, '/in/', { headers: { host: 'evil.example' } })).status, 400);
  assert.equal((await sendRequest(address, '/in/', { headers: { host: 'example.com' } })).text, 'in');
  await app.close();
});

for (const given of [[], ['example.com:80'], ['https://example.com'], ['a*.example.com'], ['*.'], [1], 'example.com'])
  test(`refuses ${JSON.stringify(given)} as hosts`, () => {
    assert.throws(() => new App({ logger: false, hosts: given as never }), coded('CORTADO_OPTION_INVALID', 'hosts'));
  });

test('refuses proxies to trust that are no addresses, and a number of hops', () => {
  for (const trustProxy of ['nonsense', ['10.0.0.0/99'], 1])
    assert.throws(
      () => new App({ logger: false, server: { trustProxy: trustProxy as never } }),
      coded('CORTADO_OPTION_INVALID', 'trustProxy'),
    );
});
