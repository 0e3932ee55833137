import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import compress from '@fastify/compress';
import { z } from 'zod';
import {
  App,
  content,
  dependency,
  type FileAnswer,
  type FileOptions,
  file,
  HttpError,
  type RequestContext,
} from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { openSocket } from '../../support/raw-socket.ts';
import { sendRequest } from '../../support/send-request.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

const folder = temporaryFolder('file-answers');
const small = join(folder, 'small report.pdf');
const large = join(folder, 'large.bin');
const huge = join(folder, 'huge.bin');
const bytes = Buffer.alloc(300_000, 'cortado files ');
writeFileSync(small, 'pdf');
writeFileSync(large, bytes);
writeFileSync(huge, '');
// Holes, of which nothing is written.
truncateSync(huge, 512 * 1024 * 1024);
writeFileSync(join(folder, 'note.txt'), 'note');
mkdirSync(join(folder, 'sub'));

/** How often files of this test are open in this process. */
function openFiles(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
    } catch {
      return false;
    }
  }).length;
}
const canCount = process.platform === 'linux' ? false : 'only Linux tells which files are open';

const { logger, errors } = memoryLog();
const app = new App({ logger, sendTimeout: 300 });
const closed: string[] = [];
const session = dependency(
  async function* () {
    try {
      yield 'session';
      closed.push('committed');
    } catch (error) {
      closed.push(`rolled back: ${(error as Error).message}`);
      throw error;
    }
  },
  { name: 'session' },
);
const failsToClose = dependency(async function* () {
  yield 1;
  throw new HttpError(409, 'no commit');
});
const options: Readonly<Record<string, FileOptions>> = {
  plain: {},
  named: { name: 'report.pdf' },
  spaced: { name: 'Report 2026 (final).pdf' },
  umlaut: { name: 'naïve "€".pdf' },
  inline: { disposition: 'inline' },
  inlineNamed: { disposition: 'inline', name: 'a.txt' },
  attachment: { disposition: 'attachment' },
  typed: { type: 'text/csv' },
  typedWhole: { type: 'text/csv; charset=latin1', name: 'a.pdf' },
  cached: { cacheControl: 'public, max-age=60' },
  headed: { headers: { 'X-Mine': '1', ETag: '"mine"', 'last-modified': 'Sun, 01 Mar 2026 10:00:00 GMT' } },
  status: { status: 203 },
};
for (const [name, given] of Object.entries(options)) app.get(`/options/${name}`, () => file(small, given));
app.get('/url', () => file(pathToFileURL(small)));
app.get('/later', async () => file(large));
app.get('/declared', { response: content('application/pdf') }, () => file(large));
app.get('/declared-typed', { response: content('application/pdf') }, () => file(large, { type: 'image/png' }));
app.get('/context', (_, ctx) => {
  ctx.setHeader('content-type', 'application/x-mine');
  ctx.setHeader('x-more', 'more');
  return file(large);
});
app.get('/missing', () => file(join(folder, 'missing.pdf')));
app.get('/folder', () => file(join(folder, 'sub')));
app.get('/in/{name}', { params: { name: z.string() } }, ({ name }) => file(name, { root: folder }));
app.get('/hidden', () => file(join(folder, '.hidden')));
app.get('/large', { params: { session } }, () => file(large));
app.get('/small', { params: { session } }, () => file(small));
app.get('/huge', { params: { session } }, () => file(huge));
app.get('/no-commit', { params: { failsToClose } }, () => file(large));
app.get('/no-commit-small', { params: { failsToClose } }, () => file(small));
app.get('/range-lost', { params: { session } }, () => file(small));
app.get('/deferred', (_, ctx) => {
  ctx.defer(() => void closed.push('deferred'));
  return file(large);
});
app.get('/echo', (_, { headers }) => JSON.parse(String(headers['x-json'])) as unknown);

let address = '';
before(async () => {
  address = await app.listen({ port: 0 });
});
after(() => app.close());

const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  sendRequest(address, path, { headers, method });

for (const [name, status, wanted] of [
  [
    'plain',
    200,
    {
      'content-type': 'application/pdf',
      'content-length': '3',
      'content-disposition': undefined,
      'cache-control': undefined,
    },
  ],
  ['named', 200, { 'content-disposition': 'attachment; filename="report.pdf"' }],
  ['spaced', 200, { 'content-disposition': "attachment; filename*=utf-8''Report%202026%20%28final%29.pdf" }],
  ['umlaut', 200, { 'content-disposition': "attachment; filename*=utf-8''na%C3%AFve%20%22%E2%82%AC%22.pdf" }],
  ['inline', 200, { 'content-disposition': "inline; filename*=utf-8''small%20report.pdf" }],
  [
    'inlineNamed',
    200,
    { 'content-disposition': 'inline; filename="a.txt"', 'content-type': 'text/plain; charset=utf-8' },
  ],
  ['attachment', 200, { 'content-disposition': "attachment; filename*=utf-8''small%20report.pdf" }],
  ['typed', 200, { 'content-type': 'text/csv; charset=utf-8' }],
  ['typedWhole', 200, { 'content-type': 'text/csv; charset=latin1' }],
  ['cached', 200, { 'cache-control': 'public, max-age=60' }],
  ['headed', 200, { 'x-mine': '1', etag: '"mine"', 'last-modified': 'Sun, 01 Mar 2026 10:00:00 GMT' }],
  ['status', 203, {}],
] as const)
  test(`file() with ${name}: ${JSON.stringify(options[name])}`, async () => {
    const response = await ask(`/options/${name}`);
    assert.deepEqual([response.status, response.text], [status, 'pdf']);
    for (const [header, value] of Object.entries(wanted)) assert.equal(response.headers[header], value, header);
  });

test('conditions are compared with a tag of the app', async () => {
  assert.equal((await ask('/options/headed', { 'if-none-match': '"mine"' })).status, 304);
  assert.equal((await ask('/options/headed', { 'if-modified-since': 'Sun, 01 Mar 2026 10:00:00 GMT' })).status, 304);
});

for (const [path, type, body] of [
  ['/url', 'application/pdf', Buffer.from('pdf')],
  ['/later', 'application/octet-stream', bytes],
  ['/declared', 'application/pdf', bytes],
  ['/declared-typed', 'image/png', bytes],
  ['/context', 'application/x-mine', bytes],
  ['/in/note.txt', 'text/plain; charset=utf-8', Buffer.from('note')],
] as const)
  test(`${path} is the file, with its type, length and tag, and HEAD its head`, async () => {
    const [got, head] = [await ask(path), await ask(path, {}, 'HEAD')];
    assert.equal(got.status, 200);
    assert.ok(got.bytes.equals(body));
    assert.equal(got.headers['content-type'], type);
    assert.equal(got.headers['content-length'], String(body.length));
    assert.equal(got.headers['x-more'], path === '/context' ? 'more' : undefined);
    assert.match(got.headers.etag!, /^"\w+-\w+"$/);
    const { date: _, ...headers } = got.headers;
    const { date: __, ...ofHead } = head.headers;
    assert.deepEqual(ofHead, headers);
    assert.equal(head.bytes.length, 0);
  });

for (const range of [
  'bytes=10-19',
  'bytes=100000-299998',
  'bytes=-5',
  'bytes=0-0,299999-299999',
  'bytes=0-149999,150001-',
])
  test(`${range} of a large file`, async () => {
    const response = await ask('/large', { range });
    assert.equal(response.status, 206);
    assert.equal(response.headers['content-length'], String(response.bytes.length));
    for (const [, first, last] of range.matchAll(/(\d*)-(\d*)/g)) {
      const part =
        first === ''
          ? bytes.subarray(-Number(last))
          : bytes.subarray(Number(first), last === '' ? undefined : Number(last) + 1);
      assert.ok(response.bytes.includes(part));
    }
  });

for (const [path, message] of [
  ['/missing', /GET \/missing: file\(\): ".*missing\.pdf" cannot be sent: it does not exist\./],
  ['/folder', /GET \/folder: file\(\): ".*sub" cannot be sent: it is a folder\./],
  ['/hidden', /".*\.hidden" cannot be sent: it does not exist\./],
] as const)
  test(`${path}: a path of the app that is no file is a 500, and the log says which`, async () => {
    const before = errors().length;
    const { status, text } = await ask(path);
    assert.deepEqual([status, text], [500, '{"detail":"Internal Server Error"}']);
    const [line] = errors().slice(before);
    assert.match(line!.err!.message, message);
    assert.doesNotMatch(text, /cortado/);
  });

for (const name of ['none.txt', 'sub', '.hidden', '..%2Fx', '%2Fetc%2Fhostname'])
  test(`/in/${name}: a name of a client that is no file is a 404, and no error`, async () => {
    const before = errors().length;
    const { status, text } = await ask(`/in/${name}`);
    assert.deepEqual([status, text], [404, '{"detail":"Not Found"}']);
    assert.equal(errors().length, before);
  });

test('no JSON that a handler passes on is taken for a file', async () => {
  const forged = JSON.stringify({ ...file(small), 'Symbol(cortado.file-answer)': true, 'cortado.file-answer': true });
  assert.equal((await ask('/echo', { 'x-json': forged })).text, forged);
});

test('dependencies close before the first byte of a file, so that one that cannot has a status', async () => {
  for (const path of ['/no-commit', '/no-commit-small']) {
    const { status, text } = await ask(path);
    assert.deepEqual([status, text], [409, '{"detail":"no commit"}']);
  }
  closed.length = 0;
  const socket = await openSocket(address);
  socket.on('error', () => {});
  socket.pause();
  socket.write('GET /huge HTTP/1.1\r\nhost: a\r\n\r\n');
  // Its client has taken nothing yet.
  await until('it is committed', () => assert.deepEqual(closed, ['committed']));
  socket.destroy();
});

test('a condition that fails, or a range that is not there, is an error like any other: rolled back', async () => {
  closed.length = 0;
  assert.equal((await ask('/range-lost', { range: 'bytes=9-' })).status, 416);
  assert.equal((await ask('/range-lost', { 'if-match': '"x"' })).status, 412);
  assert.deepEqual(closed, ['rolled back: Range Not Satisfiable', 'rolled back: Precondition Failed']);
  closed.length = 0;
  assert.equal((await ask('/range-lost', { 'if-none-match': '*' })).status, 304);
  assert.deepEqual(closed, ['committed']);
});

test('what was deferred runs once the file is sent', async () => {
  closed.length = 0;
  await ask('/deferred');
  await until('it runs', () => assert.deepEqual(closed, ['deferred']));
});

test('every way out closes the file', { skip: canCount }, async () => {
  // Those of the tests before it.
  await until('all are closed', () => assert.equal(openFiles(), 0));
  const before = openFiles();
  await Promise.all(
    ['/large', '/small', '/no-commit', '/no-commit-small', '/folder', '/missing', '/context'].flatMap((path) => [
      ask(path),
      ask(path, {}, 'HEAD'),
      ask(path, { range: 'bytes=0-9' }),
      ask(path, { range: 'bytes=0-9,20-29' }),
      ask(path, { range: 'bytes=999999999-' }),
      ask(path, { 'if-match': '"x"' }),
      ask(path, { 'if-none-match': '*' }),
    ]),
  );
  await until('all are closed', () => assert.equal(openFiles(), before));
});

test('a client that leaves in the midst of a file closes it', { skip: canCount }, async () => {
  const before = openFiles();
  const sockets = await Promise.all(
    Array.from({ length: 10 }, async (_, at) => {
      const socket = await openSocket(address);
      socket.on('error', () => {});
      const range = at % 2 === 0 ? '' : 'range: bytes=0-99999999,200000000-\r\n';
      socket.write(`GET /huge HTTP/1.1\r\nhost: a\r\n${range}\r\n`);
      await new Promise((resolve) => socket.once('data', resolve));
      return socket;
    }),
  );
  assert.ok(openFiles() > before);
  for (const socket of sockets) socket.destroy();
  await until('all are closed', () => assert.equal(openFiles(), before));
  await until('no request is open', () => assert.equal(app.openRequests, 0));
});

test('a client that takes nothing of a file is broken off after `sendTimeout`, and holds no memory of it', {
  skip: canCount,
}, async () => {
  const before = openFiles();
  const memory = process.memoryUsage().arrayBuffers;
  const sockets = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const socket = await openSocket(address);
      socket.on('error', () => {});
      socket.pause();
      socket.write('GET /huge HTTP/1.1\r\nhost: a\r\n\r\n');
      return socket;
    }),
  );
  await until('they are open', () => assert.ok(openFiles() >= before + 20));
  assert.ok(process.memoryUsage().arrayBuffers - memory < 40 * 1024 * 1024);
  await until('all are closed', () => assert.equal(openFiles(), before));
  for (const socket of sockets) socket.destroy();
});

test('a file that becomes shorter while it is sent breaks off', async () => {
  const path = join(folder, 'shrinking.bin');
  writeFileSync(path, '');
  truncateSync(path, 64 * 1024 * 1024);
  const shrinking = new App({ logger: false });
  shrinking.get('/', () => file(path));
  const at = await shrinking.listen({ port: 0 });
  const socket = await openSocket(at);
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  truncateSync(path, 1024);
  const ended = new Promise((resolve) => socket.once('close', resolve));
  let got = 0;
  socket.on('data', (chunk: Buffer) => (got += chunk.length));
  socket.resume();
  await ended;
  assert.ok(got < 64 * 1024 * 1024);
  await shrinking.close();
});

test('files are sent over HTTP/2', async () => {
  const overHttp2 = new App({ logger: false, server: { http2: true } });
  overHttp2.get('/', () => file(large));
  const at = await overHttp2.listen({ port: 0 });
  const client = connectHttp2(at);
  for (const [headers, status, length] of [
    [{}, 200, bytes.length],
    [{ range: 'bytes=1-2' }, 206, 2],
    [{ 'if-none-match': '*' }, 304, 0],
    [{ ':method': 'HEAD' }, 200, 0],
  ] as const) {
    const stream = client.request({ ':path': '/', ...headers });
    let found = 0;
    stream.on('response', (said) => (found = Number(said[':status'])));
    let got = 0;
    for await (const chunk of stream) got += (chunk as Buffer).length;
    assert.deepEqual([found, got], [status, length]);
  }
  client.close();
  await overHttp2.close();
});

test('a plugin that packs answers still gets the file', async () => {
  const packing = new App({ logger: false });
  packing.use(compress, { threshold: 0 });
  packing.get('/', () => file(join(folder, 'note.txt')));
  const at = await packing.listen({ port: 0 });
  const { status, headers } = await sendRequest(at, '/', { headers: { 'accept-encoding': 'gzip' } });
  assert.deepEqual([status, headers['content-encoding']], [200, 'gzip']);
  await packing.close();
});

test('the test client reads files, and finds nothing left open', async () => {
  const tested = new App({ logger: false });
  tested.get('/', () => file(large));
  await using client = await testClient(tested);
  const response = await client.get('/');
  assert.ok(bytes.equals(await response.bytes()));
});

for (const [name, make, message] of [
  ['an unknown option', () => file(small, { filename: 'a' } as never), /file\(\): unknown option "filename"/],
  ['a wrong one', () => file(small, { disposition: 'none' } as never), /disposition must be 'attachment' or 'inline'/],
  ['a status that has none', () => file(small, { status: 99 }), /status must be a number from 200 to 599/],
  ['a length of the app', () => file(small, { headers: { 'Content-Length': '1' } }), /headers cannot have it/],
  ['a URL below a root', () => file(pathToFileURL(small), { root: folder }), /with a root the path is a name/],
  ['a URL of elsewhere', () => file(new URL('http://a/b')), /must be of scheme file/],
  ['a header that HTTP forbids', () => file(small, { headers: { a: 'b\n' } }), /Invalid character in header content/],
  ['neither path nor schema', () => file(1 as never), /must be a Standard Schema, .* or the path of a file/],
] as const)
  test(`file(): ${name} is told at once`, () => {
    assert.throws(make as () => FileAnswer, { message });
  });

// What a handler knows of its stream it may say, and is held to.
for (const [name, size, sent, isFine] of [
  ['as long as it says', 200_000, 200_000, true],
  ['longer', 100_000, 200_000, false],
  ['shorter', 300_000, 200_000, false],
] as const)
  test(`a stream with its length that is ${name}`, async () => {
    const streaming = new App({ logger: false });
    streaming.get('/', { response: content('video/mp4') }, async (_, ctx: RequestContext) => {
      ctx.setHeader('content-length', size);
      const handle = await open(large);
      return handle.createReadStream({ end: sent - 1 });
    });
    const at = await streaming.listen({ port: 0 });
    const head = await sendRequest(at, '/', { method: 'HEAD' });
    assert.equal(head.headers['content-length'], String(size));
    if (isFine) {
      const { headers, bytes: got } = await sendRequest(at, '/');
      assert.deepEqual([headers['content-length'], headers['content-type']], [String(size), 'video/mp4']);
      assert.ok(got.equals(bytes.subarray(0, sent)));
    } else await assert.rejects(sendRequest(at, '/'));
    await streaming.close();
  });
