import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { App, dependency, type FrontendOptions, HttpError } from '../../../src/index.ts';
import { root } from '../../project/sources.ts';
import { sendRequest } from '../../support/send-request.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function built(name: string, more: Record<string, string> = {}): string {
  const folder = temporaryFolder(name);
  for (const [path, text] of Object.entries({
    'index.html': '<h1>page</h1>',
    'assets/index-BxYz12_3.js': 'js',
    'robots.txt': 'robots',
    'about/index.html': '<h1>about</h1>',
    ...more,
  })) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

async function start(folder: string, options: FrontendOptions = {}) {
  const app = new App({ logger: false });
  app.get('/api/items', () => ['a']);
  app.post('/api/items', () => 'made');
  app.post('/api/only-post', () => 'made');
  app.frontend(folder, options);
  return { app, address: await app.listen({ port: 0 }) };
}

// What a browser says as it opens an address, as it loads a script, and what curl and fetch say.
const page = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';
const any = '*/*';

describe('a front end', () => {
  let server: Awaited<ReturnType<typeof start>>;
  before(async () => {
    server = await start(built('frontend'));
  });
  after(() => server.app.close());

  for (const [method, path, accept, status, text, cache] of [
    ['GET', '/', page, 200, '<h1>page</h1>', 'no-cache'],
    ['GET', '/', any, 200, '<h1>page</h1>', 'no-cache'],
    ['GET', '/index.html', any, 200, '<h1>page</h1>', 'no-cache'],
    ['GET', '/assets/index-BxYz12_3.js', any, 200, 'js', 'public, max-age=31536000, immutable'],
    ['GET', '/robots.txt', any, 200, 'robots', 'no-cache'],
    ['GET', '/about/', any, 200, '<h1>about</h1>', 'no-cache'],
    ['GET', '/about', page, 307, '', undefined],
    // Deep links.
    ['GET', '/users/1', page, 200, '<h1>page</h1>', 'no-cache'],
    ['GET', '/users/1/', page, 200, '<h1>page</h1>', 'no-cache'],
    ['GET', '/users/jane.doe', page, 200, '<h1>page</h1>', 'no-cache'],
    ['GET', '/users/1', 'application/xhtml+xml', 200, '<h1>page</h1>', 'no-cache'],
    ['HEAD', '/users/1', page, 200, '', 'no-cache'],
    // As FastAPI: a wildcard asks for no page.
    ['GET', '/users/1', any, 404, '{"detail":"Not Found"}', undefined],
    ['GET', '/users/1', undefined, 404, '{"detail":"Not Found"}', undefined],
    ['GET', '/users/1', 'text/html;q=0', 404, '{"detail":"Not Found"}', undefined],
    ['GET', '/users/1', 'application/json', 404, '{"detail":"Not Found"}', undefined],
    ['GET', '/assets/gone-BxYz12_4.js', any, 404, '{"detail":"Not Found"}', undefined],
    ['GET', '/assets/gone.css', 'text/css,*/*;q=0.1', 404, '{"detail":"Not Found"}', undefined],
    ['GET', '/api/none', 'application/json', 404, '{"detail":"Not Found"}', undefined],
    ['GET', '/.env', any, 404, '{"detail":"Not Found"}', undefined],
    // Routes go before it.
    ['GET', '/api/items', page, 200, '["a"]', undefined],
    ['GET', '/api/items/', page, 307, '', undefined],
    ['GET', '/api/only-post', page, 405, '{"detail":"Method Not Allowed"}', undefined],
    ['POST', '/api/items', any, 200, '"made"', undefined],
    ['DELETE', '/api/items', any, 405, '{"detail":"Method Not Allowed"}', undefined],
    ['POST', '/users/1', page, 404, '{"detail":"Not Found"}', undefined],
    ['POST', '/robots.txt', page, 405, '{"detail":"Method Not Allowed"}', undefined],
  ] as const)
    test(`${method} ${path} of ${accept?.slice(0, 30)}: ${status}`, async () => {
      const headers = accept === undefined ? {} : { accept };
      const response = await sendRequest(server.address, path, { method, headers });
      assert.deepEqual([response.status, response.text, response.headers['cache-control']], [status, text, cache]);
    });

  for (const path of ['/docs', '/openapi.json'])
    test(`${path} is the API's own`, async () => {
      const { status, text } = await sendRequest(server.address, path, { headers: { accept: page } });
      assert.equal(status, 200);
      assert.doesNotMatch(text, /<h1>page/);
    });

  test('what depends on who asks says so', async () => {
    const { headers } = await sendRequest(server.address, '/users/1', { headers: { accept: page } });
    assert.equal(headers['vary'], 'accept-encoding, accept');
  });

  test('the page in the place of a path is a 304 for who has it', async () => {
    const first = await sendRequest(server.address, '/users/1', { headers: { accept: page } });
    const headers = { accept: page, 'if-none-match': first.headers.etag! };
    assert.equal((await sendRequest(server.address, '/users/2', { headers })).status, 304);
  });
});

const with404 = { '404.html': '<h1>lost</h1>' };
for (const [name, files, options, wanted] of [
  [
    'auto, with a page for what is lost',
    with404,
    {},
    { [page]: [404, '<h1>lost</h1>'], [any]: [404, '<h1>lost</h1>'] },
  ],
  ['index.html', with404, { fallback: 'index.html' }, { [page]: [200, '<h1>page</h1>'], [any]: [404, undefined] }],
  ['404.html', with404, { fallback: '404.html' }, { [page]: [404, '<h1>lost</h1>'], [any]: [404, '<h1>lost</h1>'] }],
  ['false', with404, { fallback: false }, { [page]: [404, undefined], [any]: [404, undefined] }],
] as const)
  test(`fallback: ${name}`, async () => {
    const { app, address } = await start(built('fallback', files), options);
    for (const [accept, [status, text = '{"detail":"Not Found"}']] of Object.entries(wanted)) {
      const headers = { accept, range: 'bytes=0-1', 'if-none-match': '*' };
      const asked = status === 404 ? headers : { accept };
      const response = await sendRequest(address, '/lost', { headers: asked });
      assert.deepEqual([response.status, response.text], [status, text]);
    }
    await app.close();
  });

test('front ends below prefixes, each for its own paths', async () => {
  const app = new App({ logger: false });
  const admin = dependency(() => {
    throw new HttpError(403, 'Not for you');
  });
  app.frontend(built('site', { 'index.html': 'site' }));
  app.frontend(built('shop', { 'index.html': 'shop' }), { prefix: '/shop' });
  app.frontend(built('admin', { 'index.html': 'admin' }), { prefix: '/shop/admin', guards: [admin] });
  const address = await app.listen({ port: 0 });
  for (const [path, status, text] of [
    ['/a/b', 200, 'site'],
    ['/shop', 307, ''],
    ['/shop/', 200, 'shop'],
    ['/shop/a/b', 200, 'shop'],
    ['/shopping', 200, 'site'],
    ['/shop/admin/users', 403, '{"detail":"Not for you"}'],
    ['/shop/admin/', 403, '{"detail":"Not for you"}'],
  ] as const) {
    const response = await sendRequest(address, path, { headers: { accept: page } });
    assert.deepEqual([path, response.status, response.text], [path, status, text]);
  }
  await app.close();
});

for (const [name, options, message] of [
  ['no such folder', {}, /there is no folder/],
  ['a fallback that is none', { fallback: 'none.html' }, /fallback must be/],
  ['index', { index: 'a.html' }, /unknown option "index"/],
] as const)
  test(`frontend: ${name} is told at once`, () => {
    const folder = name === 'no such folder' ? '/none/such' : built('told');
    assert.throws(() => new App({ logger: false }).frontend(folder, options as never), { message });
  });

test('frontend: a fallback that the folder has not is told at once', () => {
  const folder = built('no-fallback');
  rmSync(join(folder, 'index.html'));
  for (const fallback of ['index.html', '404.html'] as const)
    assert.throws(() => new App({ logger: false }).frontend(folder, { fallback }), {
      message: /there is no .*html in/,
    });
});

for (const [mode, isFine] of [
  ['development', true],
  ['production', false],
] as const)
  test(`frontend: a folder that is not built yet is ${isFine ? 'a warning' : 'an error'} in ${mode}`, () => {
    const script = `
      import { App } from 'cortado';
      import { testClient } from 'cortado/testing';
      const app = new App({ logger: false }).frontend('/none/such');
      await using client = await testClient(app);
      console.log((await client.get('/', { headers: { accept: 'text/html' } })).status);`;
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const args = ['--conditions=cortado-source', '--input-type=module', '--eval', script];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: root,
      env: { ...env, NODE_ENV: mode },
      encoding: 'utf8',
    });
    assert.match(stderr, /frontend\(\): there is no folder \/none\/such/);
    assert.deepEqual([status, stdout], isFine ? [0, '404\n'] : [1, '']);
  });
