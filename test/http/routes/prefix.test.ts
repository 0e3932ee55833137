import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { App } from '../../../src/index.ts';
import { sendRaw } from '../../support/raw-socket.ts';

const prefix = '/api/v1';
const app = new App({ logger: false, docs: { swagger: '/help/docs' } });
app.get('/items', () => 'items');
app.get('/items/{id}', { params: { id: z.string() } }, ({ id }) => id);
app.get('/with/slash/', () => 'slash');
app.get('/{name}', { params: { name: z.string() } }, ({ name }) => name);
app.get('/act/{id}:run', { params: { id: z.string() } }, ({ id }) => id);

/** A proxy that takes a prefix away, as those do that serve several apps under one host. */
const proxy = createServer((incoming, answer) => {
  const path = incoming.url!.startsWith(prefix) ? incoming.url!.slice(prefix.length) : undefined;
  if (path === undefined) return void answer.writeHead(404).end('outside of the prefix');
  const { port } = new URL(address);
  const sent = request({ port, path, headers: incoming.headers, method: incoming.method, agent: false }, (got) => {
    answer.writeHead(got.statusCode!, got.headers);
    got.pipe(answer);
  });
  incoming.pipe(sent);
});

let address = '';
let outside = '';
before(async () => {
  address = await app.listen({ port: 0 });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  outside = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
after(async () => {
  proxy.closeAllConnections();
  proxy.close();
  await app.close();
});

for (const [from, to] of [
  ['/items/', '/items'],
  ['/items/?a=1&b=/x?y', '/items?a=1&b=/x?y'],
  ['/items/5/', '/items/5'],
  ['/items/a:b/', '/items/a:b'],
  ['/with/slash', '/with/slash/'],
  ['/act/5:run/', '/act/5:run'],
  ['/redoc/', '/redoc'],
  ['/help/docs/', '/help/docs'],
] as const)
  test(`behind a prefix, ${from} leads to ${to}`, async () => {
    const response = await fetch(`${outside}${prefix}${from}`);
    assert.equal(response.url, `${outside}${prefix}${to}`);
    assert.equal(response.status, 200);
  });

for (const [path, count] of [
  ['/help/docs', 5],
  ['/redoc', 2],
] as const)
  test(`what the page ${path} loads is under the prefix`, async () => {
    const page = `${outside}${prefix}${path}`;
    const html = await (await fetch(page)).text();
    const paths = [
      ...html.matchAll(/(?:href|src|spec-url)="(?!data:)([^"]+)"|"url":"([^"]+)"|new URL\("([^"]+)"/g),
    ].map(([, link, url, back]) => link ?? url ?? back!);
    assert.equal(paths.length, count);
    for (const path of paths) {
      const { status, url } = await fetch(new URL(path, page));
      assert.ok(url.startsWith(`${outside}${prefix}/`), url);
      assert.equal(status, 200, url);
    }
  });

// Browsers read a backslash as a slash, and what begins with two slashes as another host.
for (const path of [
  '//evil.example/',
  '//evil.example',
  '/\\evil.example/',
  '/\\/evil.example/',
  '/\\evil.example',
  '/a/\\evil.example/',
  '/a//evil.example/',
  '/items/\\evil.example/',
  '/items/\\\\evil.example/',
  '/items/http:evil.example/',
  '/items/https:evil.example/',
  '/items/javascript:alert(1)/',
  '/items//',
  '/items/..%2f/',
  'http://evil.example/items/',
])
  test(`no Location reads as another host: ${path}`, async () => {
    const { head } = await sendRaw(address, `GET ${path} HTTP/1.1\r\nhost: bar.example\r\nconnection: close\r\n\r\n`);
    const location = /\r\nlocation: ([^\r]*)/i.exec(head)?.[1];
    if (location === undefined) return;
    const base = new URL(path.startsWith('/') ? `http://bar.example${path}` : path);
    const target = new URL(location, base);
    assert.deepEqual([target.protocol, target.host], [base.protocol, base.host], location);
    assert.doesNotMatch(location, /\\|^\/|^\w+:/);
  });

test('paths of segments that look like something else are redirected to themselves', async () => {
  for (const path of ['/items/http:evil.example/', '/items/\\evil.example/', '/\\evil.example/']) {
    const { status, head } = await sendRaw(address, `GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`);
    assert.equal(status, 307);
    assert.match(head, /location: \.\.\/(http:|%5C)evil\.example\r/);
  }
});
