import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { z } from 'zod';
import { App, type FetchHandler, type NodeHandler, proxy } from '../../../src/index.ts';
import { sendRequest } from '../../support/send-request.ts';

const showFetched: FetchHandler = ({ url }) => new Response(url.replace(/^http:..[^/]*/, ''));
const showNode: NodeHandler = ({ url }, response, _next) => void response.end(url);

/** Asks each kind of mount for a path below its prefix; they agree on what they are told. */
async function ask(path: string, options: ConstructorParameters<typeof App>[0] = {}): Promise<string> {
  const service = createServer(({ url }, response) => void response.end(url)).listen(0, '127.0.0.1');
  await once(service, 'listening');
  const inner = new App({ logger: false });
  inner.get('/{rest:path}', { params: { rest: z.string() } }, (_, { url }) => new Response(url));
  const app = new App({ logger: false, ...options });
  app.mount('/fetch', showFetched);
  app.mount('/nodes', showNode);
  app.mount('/inner', inner);
  app.mount('/proxy', proxy(`http://127.0.0.1:${(service.address() as AddressInfo).port}`));
  const address = await app.listen({ port: 0 });
  try {
    const told: string[] = [];
    for (const kind of ['fetch', 'nodes', 'inner', 'proxy']) {
      const { status, text } = await sendRequest(address, path.replace('KIND', kind));
      told.push(status === 200 ? text : String(status));
    }
    assert.equal(new Set(told).size, 1, `they are told ${told.join(', ')}`);
    return told[0]!;
  } finally {
    await app.close();
    service.closeAllConnections();
    service.close();
  }
}

for (const [path, told] of [
  ['/KIND/a/b', '/a/b'],
  ['/KIND/a%2Fb', '/a%2Fb'],
  ['/KIND/%C3%BC', '/%C3%BC'],
  ['/KIND/', '/'],
  ['/KIND/a//b', '/a//b'],
  // The router has decoded it.
  ['/%4BIND/a'.replace('%4BIND', 'KIND'), '/a'],
  ['http://evil.example/KIND/a', '/a'],
  ['/KIND/a.b/..c/d..', '/a.b/..c/d..'],
  // An empty segment in front, which some services leave out: another mount, with guards of its own, may be meant.
  ['/KIND//admin/x', '400'],
  ['/KIND/%2Fadmin/x', '400'],
  ['/KIND/\\admin/x', '400'],
  ['/KIND/%5Cadmin/x', '400'],
  // What leads upwards, however it is written, is nobody's path.
  ['/KIND/../a', '400'],
  ['/KIND/a/..', '400'],
  ['/KIND/./a', '400'],
  ['/KIND/%2e%2e/a', '400'],
  ['/KIND/.%2E/a', '400'],
  ['/KIND/a/..%2fb', '400'],
  ['/KIND/a/..%5Cb', '400'],
  ['/KIND/a/..\\b', '400'],
  ['/KIND/..;x=1/a', '400'],
  ['/KIND/a?x=/../', '/a?x=/../'],
] as const)
  test(`${path} is handed on as ${told}`, async () => {
    assert.equal(await ask(path), told);
  });

test('a prefix whose letters come encoded is taken away all the same', async () => {
  const app = new App({ logger: false });
  app.mount('/sub', showFetched);
  const address = await app.listen({ port: 0 });
  assert.equal((await sendRequest(address, '/s%75b/a%20b')).text, '/a%20b');
  await app.close();
});

for (const [path, location] of [
  ['/sub', './sub/'],
  ['/sub?next=//evil.example', './sub/?next=//evil.example'],
] as const)
  test(`${path} is sent on to ${location}, on the same host`, async () => {
    const app = new App({ logger: false });
    app.mount('/sub', showFetched);
    const address = await app.listen({ port: 0 });
    const { status, headers } = await sendRequest(address, path);
    assert.deepEqual([status, headers.location], [307, location]);
    await app.close();
  });

test('without redirects of slashes a prefix alone is the root of what is mounted', async () => {
  const app = new App({ logger: false, redirectSlashes: false });
  app.mount('/sub', showFetched);
  const address = await app.listen({ port: 0 });
  assert.equal((await sendRequest(address, '/sub')).text, '/');
  await app.close();
});
