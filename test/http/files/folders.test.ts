import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import cors from '@fastify/cors';
import { z } from 'zod';
import {
  App,
  type AppOptions,
  dependency,
  HttpError,
  header,
  Router,
  type StaticOptions,
  sleep,
} from '../../../src/index.ts';
import { metrics } from '../../../src/metrics/index.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { parseMetrics } from '../../support/parse-metrics.ts';
import { openSocket } from '../../support/raw-socket.ts';
import { sendRequest } from '../../support/send-request.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

const folder = temporaryFolder('folders');
const large = 'console.log(1);\n'.repeat(20_000);
mkdirSync(join(folder, 'docs'));
mkdirSync(join(folder, 'bare'));
for (const [name, text] of [
  ['a.txt', 'plain'],
  ['app.js', 'plain js'],
  ['app-Bx3dE_12.js', 'hashed'],
  ['photo.png', 'png'],
  ['docs/index.html', '<h1>docs</h1>'],
  ['large.js', large],
  ['none', 'no ending'],
  ['page.html', '<p>ä</p>'],
] as const)
  writeFileSync(join(folder, name), text);
const packed = { br: brotliCompressSync(large), gz: gzipSync(large), zst: zstdCompressSync(large) };
for (const [ending, bytes] of Object.entries(packed)) writeFileSync(join(folder, `large.js.${ending}`), bytes);
writeFileSync(join(folder, 'app.js.gz'), gzipSync('plain js'));

const token = dependency({ x_token: header(z.string().optional()) }, ({ x_token }) => {
  if (x_token !== 'let me in') throw new HttpError(401, 'Who are you?');
});

async function start(options: AppOptions, add: (app: App) => void) {
  const app = new App({ logger: false, ...options });
  add(app);
  const address = await app.listen({ port: 0 });
  return { address, app, [Symbol.asyncDispose]: () => app.close().then(() => {}) };
}

const serving = (prefix: string, options?: StaticOptions) =>
  start({}, (app) => void app.static(prefix, folder, options));

const year = 'max-age=31536000, immutable';

describe('what is said of a file', () => {
  let server: Awaited<ReturnType<typeof start>>;
  before(async () => {
    server = await serving('/static', { index: 'index.html', immutable: true });
  });
  after(() => server.app.close());

  for (const [path, status, wanted] of [
    ['a.txt', 200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache', 'content-length': '5' }],
    ['app.js', 200, { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'no-cache', vary: undefined }],
    ['app-Bx3dE_12.js', 200, { 'cache-control': `public, ${year}` }],
    ['photo.png', 200, { 'content-type': 'image/png', 'x-content-type-options': 'nosniff', 'accept-ranges': 'bytes' }],
    ['none', 200, { 'content-type': 'application/octet-stream', 'content-disposition': undefined }],
    ['page.html', 200, { 'content-type': 'text/html; charset=utf-8' }],
    ['docs', 307, { location: './docs/' }],
    ['docs?a=1&b=%2F', 307, { location: './docs/?a=1&b=%2F' }],
    ['docs/', 200, { 'content-type': 'text/html; charset=utf-8' }],
    ['bare', 404, {}],
    ['bare/', 404, {}],
    ['', 404, {}],
  ] as const)
    test(`/static/${path}: ${status}`, async () => {
      const response = await sendRequest(server.address, `/static/${path}`);
      assert.equal(response.status, status);
      for (const [name, value] of Object.entries(wanted)) assert.equal(response.headers[name], value, name);
      const head = await sendRequest(server.address, `/static/${path}`, { method: 'HEAD' });
      assert.equal(head.status, status);
      assert.equal(head.text, '');
      const { date: _, ...headers } = response.headers;
      const { date: __, ...ofHead } = head.headers;
      // Of a redirect nothing is known but where it leads.
      if (status === 307) delete headers['content-length'];
      assert.deepEqual(ofHead, headers);
    });

  test('the folder without its slash is redirected as every path', async () => {
    const { status, headers } = await sendRequest(server.address, '/static');
    assert.deepEqual([status, headers.location], [307, './static/']);
  });

  for (const [method, path, status, allow] of [
    ['POST', 'a.txt', 405, 'GET, HEAD'],
    ['DELETE', 'docs/', 405, 'GET, HEAD'],
    ['POST', 'none.txt', 404, undefined],
    ['PUT', 'bare', 404, undefined],
  ] as const)
    test(`${method} /static/${path}: ${status}`, async () => {
      const response = await sendRequest(server.address, `/static/${path}`, { method });
      assert.deepEqual([response.status, response.headers.allow], [status, allow]);
    });
});

describe('packed files beside', () => {
  let server: Awaited<ReturnType<typeof start>>;
  before(async () => {
    server = await serving('/', { precompressed: true });
  });
  after(() => server.app.close());

  for (const [accept, encoding] of [
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, deflate', 'gzip'],
    ['zstd', 'zstd'],
    ['x-gzip', 'gzip'],
    ['*', 'br'],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0.5, gzip;q=0.8', 'gzip'],
    ['gzip;q=0.2, identity;q=0.9', undefined],
    ['*;q=0', undefined],
    ['identity', undefined],
    ['br;q=0', undefined],
    ['deflate', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const)
    test(`accept-encoding: ${accept} gets ${encoding ?? 'the file itself'}`, async () => {
      const headers = accept === undefined ? {} : { 'accept-encoding': accept };
      const response = await sendRequest(server.address, '/large.js', { headers });
      assert.equal(response.headers['content-encoding'], encoding);
      assert.equal(response.headers['vary'], 'accept-encoding');
      assert.equal(response.headers['content-type'], 'text/javascript; charset=utf-8');
      const endings: Readonly<Record<string, keyof typeof packed>> = { br: 'br', gzip: 'gz', zstd: 'zst' };
      const ending = endings[encoding ?? ''];
      const wanted = ending === undefined ? Buffer.from(large) : packed[ending];
      assert.ok(response.bytes.equals(wanted));
      assert.equal(response.headers['content-length'], String(wanted.length));
    });

  test('each has a tag of its own, and ranges of its own bytes', async () => {
    const ask = (headers: Record<string, string>) => sendRequest(server.address, '/large.js', { headers });
    const [plain, br] = [await ask({}), await ask({ 'accept-encoding': 'br' })];
    assert.notEqual(plain.headers.etag, br.headers.etag);
    const kept = await ask({ 'accept-encoding': 'br', 'if-none-match': br.headers.etag! });
    assert.deepEqual([kept.status, kept.headers['vary']], [304, 'accept-encoding']);
    const part = await ask({ 'accept-encoding': 'br', range: 'bytes=2-5', 'if-range': br.headers.etag! });
    assert.equal(part.status, 206);
    assert.ok(part.bytes.equals(packed.br.subarray(2, 6)));
    assert.equal((await ask({ range: 'bytes=2-5', 'if-range': br.headers.etag! })).status, 200);
  });

  test('what is not there is not asked of', async () => {
    const headers = { 'accept-encoding': 'br, gzip' };
    const js = await sendRequest(server.address, '/app.js', { headers });
    assert.equal(js.headers['content-encoding'], 'gzip');
    const png = await sendRequest(server.address, '/photo.png', { headers });
    assert.deepEqual([png.headers['content-encoding'], png.headers['vary']], [undefined, undefined]);
  });

  test('a packed file by its own name is a file', async () => {
    const { headers } = await sendRequest(server.address, '/large.js.gz', { headers: { 'accept-encoding': 'gzip' } });
    assert.deepEqual([headers['content-type'], headers['content-encoding']], ['application/gzip', undefined]);
  });

  test('a packed file that a link brings from elsewhere is left', async () => {
    const elsewhere = temporaryFolder('elsewhere');
    writeFileSync(join(elsewhere, 'secret.br'), 'top secret');
    symlinkSync(join(elsewhere, 'secret.br'), join(folder, 'a.txt.br'));
    try {
      const { text } = await sendRequest(server.address, '/a.txt', { headers: { 'accept-encoding': 'br' } });
      assert.equal(text, 'plain');
    } finally {
      unlinkSync(join(folder, 'a.txt.br'));
    }
  });
});

test('the root of the folder may be a link, and may come to lead elsewhere', async () => {
  const place = temporaryFolder('releases');
  for (const release of ['one', 'two']) {
    mkdirSync(join(place, release));
    writeFileSync(join(place, release, 'a.txt'), release);
  }
  symlinkSync('one', join(place, 'current'));
  await using server = await start({}, (app) => void app.static('/', pathToFileURL(join(place, 'current'))));
  assert.equal((await sendRequest(server.address, '/a.txt')).text, 'one');
  unlinkSync(join(place, 'current'));
  symlinkSync('two', join(place, 'current'));
  assert.equal((await sendRequest(server.address, '/a.txt')).text, 'two');
});

for (const [name, options, wanted] of [
  ['cacheControl', { cacheControl: 'public, max-age=60' }, ['public, max-age=60', 'public, max-age=60']],
  ['immutable: a regular expression', { immutable: /\.txt$/g }, [`public, ${year}`, 'no-cache']],
  ['a guard', { immutable: true, guards: [token] }, ['no-cache', `private, ${year}`]],
] as const)
  test(`cache-control: ${name}`, async () => {
    await using server = await serving('/', options);
    const headers = { 'x-token': 'let me in' };
    for (const [at, path] of ['/a.txt', '/app-Bx3dE_12.js'].entries())
      for (let turn = 0; turn < 2; turn++)
        assert.equal((await sendRequest(server.address, path, { headers })).headers['cache-control'], wanted[at]);
  });

for (const [name, isHashed] of [
  ['index-BxYz12_3.js', true],
  ['index-DiwrgTda.css', true],
  ['main.8f3e1c2a.js', true],
  ['main.8f3e1c2a9b7d6e5f4a3b.chunk.js', true],
  ['main-ABCDEF12.js', true],
  ['index-BxYz12_3.js.map', true],
  ['a-_bcD-12_.woff2', true],
  ['jquery-datatables.js', false],
  ['bootstrap-table.min.js', false],
  ['report-20260101.pdf', false],
  ['index.html', false],
  ['favicon.ico', false],
  ['my-photograph.jpg', false],
] as const)
  test(`the name ${name} is ${isHashed ? '' : 'not '}taken for one with a hash`, async () => {
    writeFileSync(join(folder, name), 'x');
    await using server = await serving('/', { immutable: true });
    const { headers } = await sendRequest(server.address, `/${name}`);
    assert.equal(headers['cache-control'], isHashed ? `public, ${year}` : 'no-cache');
  });

test('guards of the app, of a router and of the folder stand before its files', async () => {
  const order: string[] = [];
  const guard = (name: string) => dependency(() => void order.push(name), { name });
  await using server = await start({ guards: [guard('app')] }, (app) => {
    const router = new Router({ prefix: '/r', guards: [guard('router')] });
    router.static('/files', folder, { guards: [guard('folder'), token] });
    app.include(router);
  });
  const refused = await sendRequest(server.address, '/r/files/a.txt');
  assert.deepEqual([refused.status, refused.json()], [401, { detail: 'Who are you?' }]);
  assert.deepEqual(order, ['app', 'router', 'folder']);
  // A guard tells nobody what is there.
  assert.equal((await sendRequest(server.address, '/r/files/none.txt')).status, 401);
  const headers = { 'x-token': 'let me in' };
  assert.equal((await sendRequest(server.address, '/r/files/a.txt', { headers })).text, 'plain');
});

test('the log, metrics and the format of errors hold for files', async () => {
  const { logger, lines } = memoryLog();
  await using server = await start({ logger, accessLog: true, errors: 'problem' }, (app) => {
    app.use(metrics({ process: false }));
    app.static('/files', folder);
  });
  const lost = await sendRequest(server.address, '/files/none.txt');
  assert.deepEqual([lost.status, lost.headers['content-type']], [404, 'application/problem+json']);
  await sendRequest(server.address, '/files/a.txt');
  await until('both are logged', () =>
    assert.deepEqual(
      lines.flatMap(({ msg }) => /^GET \/files\S+ \d+/.exec(msg) ?? []),
      ['GET /files/none.txt 404', 'GET /files/a.txt 200'],
    ),
  );
  const scrape = parseMetrics((await sendRequest(server.address, '/metrics')).text);
  const labels = { route: '/files/{path:path}', method: 'GET', status: '200' };
  assert.equal(scrape.value('http_request_duration_seconds_count', labels), 1);
});

test('the limits of the app hold for files, but where they say otherwise', async () => {
  await using server = await start({ limits: { inFlight: 1 } }, (app) => {
    app.get('/wait', (_, { signal }) => sleep(30_000, { signal }));
    app.static('/files', folder);
    app.static('/free', folder, { limits: false });
  });
  const waiting = await openSocket(server.address);
  waiting.write('GET /wait HTTP/1.1\r\nhost: a\r\n\r\n');
  await until('it waits', () => assert.equal(server.app.openRequests, 1));
  assert.equal((await sendRequest(server.address, '/files/a.txt')).status, 503);
  assert.equal((await sendRequest(server.address, '/free/a.txt')).status, 200);
  waiting.destroy();
});

test('a folder is a route that is in no document unless it is asked to be', async () => {
  const app = new App({ logger: false });
  app.static('/files', folder).static('/shown', folder, { documented: true, summary: 'Files' });
  const { paths } = app.openapi();
  assert.deepEqual(Object.keys(paths), ['/shown/{path}']);
  assert.deepEqual(
    app.routes.filter(({ definition }) => definition.folder).map(({ name }) => name),
    ['GET /files/{path:path}', 'GET /shown/{path:path}'],
  );
});

test('routes go before files, whatever their method', async () => {
  writeFileSync(join(folder, 'taken'), 'a file');
  await using server = await start({}, (app) => {
    app.static('/', folder);
    app.get('/a.txt', () => 'a route');
    app.post('/taken', () => 'a route');
    app.get('/slashed/', () => 'a route');
    app.get('/{name}/more', { params: { name: z.string() } }, ({ name }) => name);
  });
  const ask = (path: string) => sendRequest(server.address, path);
  assert.equal((await ask('/a.txt')).text, '"a route"');
  assert.deepEqual([(await ask('/taken')).status, (await ask('/taken')).headers.allow], [405, 'POST']);
  assert.equal((await ask('/slashed')).status, 307);
  assert.equal((await ask('/docs/more')).text, '"docs"');
  assert.equal((await ask('/page.html')).status, 200);
});

test("a plugin's vary stays beside the folder's own", async () => {
  await using server = await start({}, (app) => {
    app.use(cors, { origin: ['https://a.example', 'https://b.example'] });
    app.static('/', folder, { precompressed: true });
  });
  const { headers } = await sendRequest(server.address, '/app.js', { headers: { origin: 'https://a.example' } });
  assert.equal(headers['vary'], 'Origin, accept-encoding');
});

for (const [name, make, message] of [
  ['no such folder', (app: App) => app.static('/', join(folder, 'not')), /there is no folder .*not\.$/],
  ['a file', (app: App) => app.static('/', join(folder, 'a.txt')), /there is no folder/],
  ['no folder', (app: App) => app.static('/', 1 as never), /the folder is a path or a file: URL/],
  ['a prefix without a slash', (app: App) => app.static('files', folder), /prefix "files" must start with/],
  ['a prefix with one at its end', (app: App) => app.static('/files/', folder), /must not end with/],
  ['a prefix with a parameter', (app: App) => app.static('/{a}', folder), /has no parameters/],
  ['an unknown option', (app: App) => app.static('/', folder, { maxAge: 1 } as never), /unknown option "maxAge"/],
  ['a wrong one', (app: App) => app.static('/', folder, { index: true } as never), /index must be a text or false/],
  ['a twin', (app: App) => app.static('/', folder).static('/', folder), /is declared twice/],
] as const)
  test(`static: ${name} is told at once`, () => {
    assert.throws(() => make(new App({ logger: false })), { message });
  });
