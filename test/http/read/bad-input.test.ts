import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { App, body, cookie, dependency, form, header, query } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { openSocket, type RawAnswer, sendRaw } from '../../support/raw-socket.ts';
import { sendRequest } from '../../support/send-request.ts';
import { until } from '../../support/until.ts';

const log = memoryLog();
const app = new App({ logger: log.logger, bodyLimit: 10_000 });
const Item = z.object({ a: z.int() });
const closed: string[] = [];
const session = dependency(async function* () {
  try {
    yield 'session';
    closed.push('commit');
  } catch (error) {
    closed.push('rollback');
    throw error;
  }
});

app.get('/ok', () => 'ok');
app.post('/items', { params: { item: Item } }, ({ item }) => item);
app.post('/extra', { params: { item: z.looseObject({ a: z.int() }) } }, ({ item }) => item);
app.post('/map', { params: { map: z.record(z.string(), z.int()) } }, ({ map }) => map);
app.get('/query', { params: { v: z.int(), list: query(z.array(z.string()).default([])) } }, (p) => p);
app.get('/filter', { params: { filter: query(z.strictObject({ v: z.int() })) } }, ({ filter }) => filter);
app.get('/loose', { params: { filter: query(z.looseObject({})) } }, ({ filter }) => filter);
app.get('/path/{name}', { params: { name: z.string() } }, (p) => p);
app.get('/rest/{rest:path}', { params: { rest: z.string() } }, (p) => p);
app.get('/header', { params: { x_n: header(z.int()), x_list: header(z.array(z.string()).default([])) } }, (p) => p);
app.get('/headers', { params: { all: header(z.looseObject({ x_n: z.int() })) } }, ({ all }) => all.x_n);
app.get('/cookie', { params: { sid: cookie(z.int()) } }, (p) => p);
app.get('/constructor', { params: { constructor: z.string().optional() } }, (p) => ({
  own: Object.hasOwn(p, 'constructor'),
}));
app.post('/form', { params: { n: form(z.int()) } }, (p) => p);
app.post('/form-model', { params: { data: form(z.strictObject({ n: z.int() })) } }, ({ data }) => data);
app.post('/deep', { params: { any: body(z.unknown()) } }, () => 'deep');

let address = '';
before(async () => {
  address = await app.listen({ port: 0 });
});
after(() => app.close({ deadline: 1000 }));
beforeEach(() => {
  log.lines.length = 0;
});

/** After every hostile request the server must still serve. */
async function isAlive(): Promise<void> {
  assert.equal((await sendRequest(address, '/ok')).text, '"ok"');
}

const json = { 'content-type': 'application/json' };
const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' };
const multipart = { 'content-type': 'multipart/form-data; boundary=x' };

interface BadRequest {
  readonly name: string;
  readonly url: string;
  readonly method?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Buffer;
  readonly status: number;
  /** Types of the issues of a 422. */
  readonly types?: readonly string[];
}

const post = { method: 'POST', url: '/items' } as const;

const badRequests: readonly BadRequest[] = [
  { name: 'malformed JSON', ...post, headers: json, body: '{"a":', status: 422, types: ['json_invalid'] },
  {
    name: 'JSON with a trailing comma',
    ...post,
    headers: json,
    body: '{"a":1,}',
    status: 422,
    types: ['json_invalid'],
  },
  {
    name: 'JSON in another media type',
    ...post,
    headers: { 'content-type': 'text/plain' },
    body: '{"a":1}',
    status: 422,
    types: ['model_attributes_type'],
  },
  { name: 'JSON without a media type', ...post, body: '{"a":1}', status: 422, types: ['model_attributes_type'] },
  {
    name: 'a form where JSON is expected',
    ...post,
    headers: urlencoded,
    body: 'a=1',
    status: 422,
    types: ['model_attributes_type'],
  },
  {
    name: 'JSON where a form is expected',
    method: 'POST',
    url: '/form',
    headers: json,
    body: '{"n":1}',
    status: 422,
    types: ['missing'],
  },
  { name: 'no body', ...post, headers: json, status: 422, types: ['missing'] },
  { name: 'an empty body', ...post, headers: json, body: '', status: 422, types: ['missing'] },
  { name: 'a body of spaces', ...post, headers: json, body: '   ', status: 422, types: ['json_invalid'] },
  { name: 'null', ...post, headers: json, body: 'null', status: 422, types: ['missing'] },
  { name: 'a number for an object', ...post, headers: json, body: '3', status: 422, types: ['model_attributes_type'] },
  { name: 'a list for an object', ...post, headers: json, body: '[1]', status: 422, types: ['model_attributes_type'] },
  { name: 'the wrong type in a body', ...post, headers: json, body: '{"a":"x"}', status: 422, types: ['int_type'] },
  { name: 'the wrong type in a query', url: '/query?v=x', status: 422, types: ['int_parsing'] },
  { name: 'the wrong type in a header', url: '/header', headers: { 'x-n': 'x' }, status: 422, types: ['int_parsing'] },
  {
    name: 'the wrong type in a cookie',
    url: '/cookie',
    headers: { cookie: 'sid=x' },
    status: 422,
    types: ['int_parsing'],
  },
  {
    name: 'the wrong type in a form',
    method: 'POST',
    url: '/form',
    headers: urlencoded,
    body: 'n=x',
    status: 422,
    types: ['int_parsing'],
  },
  { name: 'a body over the limit', ...post, headers: json, body: `{"a":"${'x'.repeat(20_000)}"}`, status: 413 },
  {
    name: 'a form over the limit',
    method: 'POST',
    url: '/form',
    headers: urlencoded,
    body: `n=${'1'.repeat(20_000)}`,
    status: 413,
  },
  { name: 'an unknown path', url: '/nowhere', status: 404 },
  { name: 'a method that the path has not', method: 'DELETE', url: '/items', status: 405 },
  {
    name: 'invalid UTF-8 in a body',
    ...post,
    headers: json,
    body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]),
    status: 400,
  },
  {
    name: 'a UTF-16 body',
    ...post,
    headers: json,
    body: Buffer.from('{"a":1}', 'utf16le'),
    status: 422,
    types: ['json_invalid'],
  },
  { name: 'invalid percent-encoding in a path', url: '/path/%E0%A4%A', status: 400 },
  { name: 'percent-encoding that is no UTF-8', url: '/path/%ff', status: 400 },
  {
    name: '__proto__ as a key of a body',
    ...post,
    headers: json,
    body: '{"__proto__":{"a":1}}',
    status: 422,
    types: ['json_invalid'],
  },
  {
    name: '__proto__ below another key',
    ...post,
    headers: json,
    body: '{"a":1,"b":{"__proto__":null}}',
    status: 422,
    types: ['json_invalid'],
  },
  {
    name: 'an escaped __proto__',
    ...post,
    headers: json,
    body: '{"\\u005f_proto__":{"a":1}}',
    status: 422,
    types: ['json_invalid'],
  },
  {
    name: 'constructor.prototype in a body',
    ...post,
    headers: json,
    body: '{"constructor":{"prototype":{"a":1}}}',
    status: 422,
    types: ['json_invalid'],
  },
  { name: '__proto__ as a key of a query', url: '/query?__proto__=1', status: 422, types: ['missing'] },
  { name: '__proto__ in a query model', url: '/filter?v=1&__proto__=2', status: 422, types: ['extra_forbidden'] },
  { name: 'constructor in a query model', url: '/filter?v=1&constructor=2', status: 422, types: ['extra_forbidden'] },
  {
    name: '__proto__ in a form model',
    method: 'POST',
    url: '/form-model',
    headers: urlencoded,
    body: 'n=1&__proto__=2',
    status: 422,
    types: ['extra_forbidden'],
  },
  {
    name: '__proto__ as a form field',
    method: 'POST',
    url: '/form',
    headers: urlencoded,
    body: '__proto__=2',
    status: 422,
    types: ['missing'],
  },
  {
    name: '__proto__ as a cookie',
    url: '/cookie',
    headers: { cookie: '__proto__=1' },
    status: 422,
    types: ['missing'],
  },
  { name: '__proto__ as a header', url: '/header', headers: { ['__proto__']: '1' }, status: 422, types: ['missing'] },
  { name: 'an array key in a query', url: '/query?v[]=1', status: 422, types: ['missing'] },
  { name: 'an object key in a query', url: '/query?v[a]=1', status: 422, types: ['missing'] },
  {
    name: 'a multipart body without its boundary',
    method: 'POST',
    url: '/form',
    headers: { 'content-type': 'multipart/form-data' },
    body: 'x',
    status: 400,
  },
  {
    name: 'a multipart body that is none',
    method: 'POST',
    url: '/form',
    headers: multipart,
    body: 'garbage',
    status: 400,
  },
  {
    name: 'a multipart body that ends early',
    method: 'POST',
    url: '/form',
    headers: multipart,
    body: '--x\r\nContent-Disposition: form-data; name="n"\r\n\r\n1',
    status: 400,
  },
  {
    name: 'a multipart body that ends in the middle of a file',
    method: 'POST',
    url: '/form',
    headers: multipart,
    body: '--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nabc',
    status: 400,
  },
];

for (const { name, url, status, types, ...request } of badRequests) {
  test(`answers ${status} to ${name}`, async () => {
    const response = await sendRequest(address, url, request);
    assert.equal(response.status, status, response.text);
    const { detail } = await response.json<{ detail: unknown }>();
    assert.ok(detail);
    if (types !== undefined)
      assert.deepEqual(
        (detail as { type: string }[]).map(({ type }) => type),
        types,
      );
    assert.deepEqual(log.errors(), []);
    await isAlive();
  });
}

test('answers 400 to more fields or files than a form may have', async () => {
  const field = (n: number, extra = ''): string =>
    `--x\r\nContent-Disposition: form-data; name="f${n}"${extra}\r\n\r\n1\r\n`;
  const open = new App({ logger: false });
  open.post('/', { params: { f1: form(z.string()) } }, () => 1);
  await using client = await testClient(open);
  for (const [what, extra] of [
    ['fields', ''],
    ['files', '; filename="a"'],
  ]) {
    const body = `${Array.from({ length: 1001 }, (_, n) => field(n, extra)).join('')}--x--\r\n`;
    const response = await client.post('/', { body, headers: multipart });
    assert.deepEqual(
      [response.status, await response.json()],
      [400, { detail: `Too many ${what}. Maximum number of ${what} is 1000.` }],
    );
  }
});

test('takes repeated keys: the last one for a value, all for a list', async () => {
  const response = await sendRequest(address, '/query?v=1&v=2&list=a&list=b');
  assert.deepEqual(await response.json(), { v: 2, list: ['a', 'b'] });
});

test('takes a repeated header for a list, one by one', async () => {
  const response = await sendRequest(address, '/header', { headers: { 'x-n': '1', 'x-list': ['a', 'b, c'] } });
  assert.deepEqual(await response.json(), { x_n: 1, x_list: ['a', 'b, c'] });
});

// What Starlette makes of each.
const undecodable: readonly [string, object][] = [
  ['s=%ff', { s: '\ufffd' }],
  ['s=%E0%A4%A', { s: '\ufffd%A' }],
  ['s=%E0%A4%A4%E0%A4', { s: '\u0924\ufffd' }],
  ['s=%ff%26a%3Db+c%2B', { s: '\ufffd&a=b c+' }],
  ['s=100%', { s: '100%' }],
  ['s=100%&t=%41', { s: '100%', t: 'A' }],
  ['s=%zz%2', { s: '%zz%2' }],
  ['%ff=1&%=2', { '\ufffd': '1', '%': '2' }],
  ['s=%ED%A0%80', { s: '\ufffd\ufffd\ufffd' }],
];
for (const [sent, expected] of undecodable) {
  test(`?${sent}: bytes of a query that are no UTF-8 become U+FFFD, and a lone percent sign stays`, async () => {
    assert.deepEqual(await (await sendRequest(address, `/loose?${sent}`)).json(), expected);
  });
}

test("an app's own parser of queries is kept, wherever it says it", async () => {
  const querystringParser = (text: string) => ({ text });
  for (const server of [{ querystringParser }, { routerOptions: { querystringParser } }]) {
    const own = new App({ logger: false, server });
    own.get('/', { params: { text: z.string() } }, ({ text }) => text);
    await using client = await testClient(own);
    assert.equal(await (await client.get('/?a=%ff')).json(), 'a=%ff');
  }
});

test('keys of a prototype are keys like any other where every key is allowed', async () => {
  const inQuery = await sendRequest(address, '/loose?constructor=1&toString=2');
  assert.deepEqual(await inQuery.json(), { constructor: '1', toString: '2' });
  const body = '{"constructor":1,"toString":2}';
  const inBody = await sendRequest(address, '/map', { method: 'POST', headers: json, body });
  assert.equal(inBody.text, body);
  assert.equal(({} as { a?: unknown }).a, undefined);
});

test('a parameter named like a member of Object is absent when it was not sent', async () => {
  assert.deepEqual(await (await sendRequest(address, '/constructor')).json(), { own: true });
});

test('takes JSON that is nested deeply, and refuses what is nested too deeply', async () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  assert.equal(
    (await sendRequest(address, '/deep', { method: 'POST', headers: json, body: nested(4000) })).status,
    200,
  );
  await isAlive();
  const response = await sendRequest(address, '/items', {
    method: 'POST',
    headers: json,
    body: `{"a":${nested(4000)}}`,
  });
  assert.equal(response.status, 422);
  await isAlive();
});

interface RawRequest {
  readonly name: string;
  readonly bytes: string | Buffer;
  readonly status: number;
}

const rawRequests: readonly RawRequest[] = [
  { name: 'what is not HTTP', bytes: 'hello\r\n\r\n', status: 400 },
  { name: 'a TLS greeting', bytes: Buffer.from('16030100a5010000a10303', 'hex'), status: 400 },
  { name: 'an unknown HTTP version', bytes: 'GET /ok HTTP/9.9\r\nhost: x\r\n\r\n', status: 400 },
  {
    name: 'a header of 32 KiB',
    bytes: `GET /ok HTTP/1.1\r\nhost: x\r\nx-big: ${'x'.repeat(32 * 1024)}\r\n\r\n`,
    status: 431,
  },
  { name: 'a path of 32 KiB', bytes: `GET /${'x'.repeat(32 * 1024)} HTTP/1.1\r\nhost: x\r\n\r\n`, status: 431 },
  { name: 'a header with a null character', bytes: 'GET /ok HTTP/1.1\r\nhost: x\r\nx-n: a\0b\r\n\r\n', status: 400 },
  { name: 'a header without a colon', bytes: 'GET /ok HTTP/1.1\r\nhost: x\r\nnonsense\r\n\r\n', status: 400 },
  {
    name: 'two lengths',
    bytes: 'POST /items HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd',
    status: 400,
  },
  {
    name: 'a length and chunks',
    bytes: 'POST /items HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    status: 400,
  },
  {
    name: 'a length that is no number',
    bytes: 'POST /items HTTP/1.1\r\nhost: x\r\ncontent-length: many\r\n\r\n',
    status: 400,
  },
  {
    name: 'a chunk that is none',
    bytes:
      'POST /items HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    status: 400,
  },
  {
    name: 'bytes beyond ASCII in a path',
    bytes: Buffer.from('GET /path/\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n', 'latin1'),
    status: 400,
  },
  {
    name: 'bytes beyond ASCII in a header',
    bytes: Buffer.from('GET /header HTTP/1.1\r\nhost: x\r\nx-n: \xff\r\n\r\n', 'latin1'),
    status: 422,
  },
  { name: 'an unknown method', bytes: 'BREW /ok HTTP/1.1\r\nhost: x\r\n\r\n', status: 400 },
  { name: 'a method that only proxies know', bytes: 'TRACE /ok HTTP/1.1\r\nhost: x\r\n\r\n', status: 405 },
  { name: 'an absolute address', bytes: 'GET http://elsewhere/nowhere HTTP/1.1\r\nhost: x\r\n\r\n', status: 404 },
  {
    name: 'a huge promised body',
    bytes: 'POST /items HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n{',
    status: 413,
  },
];

for (const { name, bytes, status } of rawRequests) {
  test(`answers ${status} to ${name}`, async () => {
    const answer = await sendRaw(address, bytes);
    assert.equal(answer.status, status, answer.head + answer.body);
    assert.ok((answer.json as { detail?: unknown } | undefined)?.detail, answer.body);
    assert.deepEqual(log.errors(), []);
    await isAlive();
  });
}

test('answers 400 to no host, as Node does itself', async () => {
  assert.equal((await sendRaw(address, 'GET /ok HTTP/1.1\r\n\r\n')).status, 400);
});

test('a client that breaks off in its body does no harm, and opens no session', async () => {
  const socket = await openSocket(address);
  socket.write('POST /items HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"a":');
  await pause(50);
  socket.destroy();
  await pause(50);
  assert.deepEqual(log.errors(), []);
  assert.equal(app.openRequests, 0);
  await isAlive();
});

test('a client that sends far too much still gets to read its 413', async () => {
  for (let round = 0; round < 5; round++) {
    const body = Buffer.alloc(20_000_000, ' ');
    const response = await sendRequest(address, '/items', { method: 'POST', headers: json, body });
    assert.equal(response.status, 413);
  }
  await isAlive();
});

function endingStream(size: number): ReadableStream<Uint8Array> {
  let left = size;
  return new ReadableStream({
    pull: (controller) => {
      left -= 100_000;
      controller.enqueue(Buffer.alloc(100_000, ' '));
      if (left <= 0) controller.close();
    },
  });
}

test('a stream without an end that is too large is a 413, and its connection is closed', {
  timeout: 20_000,
}, async () => {
  const socket = await openSocket(address);
  let received = '';
  socket.on('error', () => {}).on('data', (chunk: Buffer) => (received += chunk.toString()));
  const { promise: closing, resolve } = Promise.withResolvers<void>();
  socket.once('close', resolve);
  socket.write(
    'POST /items HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
  );
  const piece = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x100000, ' '), Buffer.from('\r\n')]);
  const send = (): void => {
    while (!socket.destroyed && socket.write(piece));
    if (!socket.destroyed) socket.once('drain', send);
  };
  send();
  await closing;
  assert.match(received, /^HTTP\/1\.1 413 /);
  await isAlive();
});

for (const [name, url, headers, body] of [
  ['JSON', '/items', json, () => Buffer.alloc(8_000_000, ' ')],
  ['a form', '/form', urlencoded, () => `n=${'1'.repeat(8_000_000)}`],
  [
    'a file',
    '/form',
    {},
    () => {
      const form = new FormData();
      form.set('n', new Blob([Buffer.alloc(8_000_000)]), 'n.txt');
      return form;
    },
  ],
  ['a stream', '/items', json, () => endingStream(8_000_000)],
  ['a streamed form', '/form', urlencoded, () => endingStream(8_000_000)],
] as const)
  test(`fetch() reads its 413 while it still sends, and keeps its connection: ${name}`, async () => {
    for (let round = 0; round < 5; round++) {
      const response = await fetch(new URL(url, address), { method: 'POST', headers, body: body(), duplex: 'half' });
      assert.deepEqual([response.status, response.headers.get('connection')], [413, 'keep-alive']);
      assert.match(await response.text(), /^\{"detail":"The body is larger than \d+ bytes"\}$/);
    }
    assert.deepEqual(log.errors(), []);
    await isAlive();
  });

test('a slow body is read to its end', async () => {
  const socket = await openSocket(address);
  socket.write('POST /items HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n');
  for (const letter of '{"a":1}') {
    await pause(10);
    socket.write(letter);
  }
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  assert.match(chunk.toString(), /^HTTP\/1\.1 200.*\{"a":1\}$/s);
});

test('a body of unknown length is a 413 as soon as it passes the limit, and the connection ends where its rest does not come', async () => {
  const socket = await openSocket(address);
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString();
  });
  const closing = once(socket, 'close');
  socket.on('error', () => {});
  socket.write(
    'POST /items HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
  );
  // Its last chunk never comes.
  for (let at = 0; at < 3; at++) socket.write(`1388\r\n${'x'.repeat(5000)}\r\n`);
  await closing;
  assert.match(received, /^HTTP\/1\.1 413 .*larger than/is);
  await isAlive();
});

test('bodies written at once, of known and unknown length, get their answers in order', async () => {
  const socket = await openSocket(address);
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString();
  });
  const head = 'POST /items HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
  const chunked = `${head}transfer-encoding: chunked\r\n\r\n3\r\n{"a\r\n4\r\n":2}\r\n0\r\n\r\n`;
  const known = (body: string): string => `${head}content-length: ${body.length}\r\n\r\n${body}`;
  socket.write(known('{"a":1}') + chunked + known('{') + known('{"a":3}'));
  while (!received.includes('{"a":3}')) await once(socket, 'data', { signal: AbortSignal.timeout(5000) });
  socket.destroy();
  const found = [...received.matchAll(/HTTP\/1\.1 (\d+)|(\{"a":\d\})/g)].map(([, status, answer]) => status ?? answer);
  assert.deepEqual(found, ['200', '{"a":1}', '200', '{"a":2}', '422', '200', '{"a":3}']);
});

test('two requests written at once get two answers', async () => {
  const socket = await openSocket(address);
  const request = 'GET /ok HTTP/1.1\r\nhost: x\r\n\r\n';
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString();
  });
  socket.write(request + request);
  await pause(100);
  socket.destroy();
  assert.equal(received.match(/HTTP\/1\.1 200/g)?.length, 2);
});

function expectServerError(answer: { readonly status: number; readonly body: string }): void {
  assert.equal(answer.status, 500);
  assert.equal(answer.body, '{"detail":"Internal Server Error"}');
}

const thrown: readonly [string, () => unknown][] = [
  ['a text', () => 'secret text'],
  ['undefined', () => undefined],
  ['null', () => null],
  ['a number', () => 0],
  ['a symbol', () => Symbol('secret')],
  ['an object without a prototype', () => Object.create(null)],
  [
    'an object that throws when it is read',
    () =>
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('trap');
          },
          getPrototypeOf: () => {
            throw new Error('trap');
          },
        },
      ),
  ],
  [
    'an error whose message throws',
    () =>
      Object.defineProperty(new Error('x'), 'message', {
        get() {
          throw new Error('trap');
        },
      }),
  ],
  [
    'an error whose text throws',
    () => ({
      toString() {
        throw new Error('trap');
      },
    }),
  ],
  ['an error with a status of its own', () => Object.assign(new Error('secret'), { statusCode: 503 })],
  [
    'a rejected database error',
    () => Object.assign(new Error('connect ECONNREFUSED 10.0.0.1'), { code: 'ECONNREFUSED' }),
  ],
];

const returned: readonly [string, () => unknown][] = [
  [
    'a circular value',
    () => {
      const loop: Record<string, unknown> = {};
      loop['self'] = loop;
      return loop;
    },
  ],
  [
    'a value whose toJSON throws',
    () => ({
      toJSON() {
        throw new Error('trap');
      },
    }),
  ],
  ['what its schema forbids', () => ({ a: 'secret' })],
];

const faulty = new App({ logger: log.logger });
for (const [index, [, make]] of thrown.entries()) {
  faulty.get(`/throw/${index}`, () => {
    throw make();
  });
  faulty.get(`/reject/${index}`, async () => {
    await pause(1);
    throw make();
  });
  faulty.get(
    `/close/${index}`,
    {
      params: {
        broken: dependency(async function* () {
          yield 1;
          throw make();
        }),
      },
    },
    () => 'fine',
  );
}
for (const [index, [, make]] of returned.entries())
  faulty.get(`/return/${index}`, index === returned.length - 1 ? { response: Item as z.ZodType } : {}, make);
faulty.get('/bigint', () => ({ n: 12345678901234567890n }));
faulty.get('/undefined', () => undefined);
faulty.get('/header', {}, (_, context) => {
  context.setHeader('x-bad', 'a\r\nset-cookie: evil=1');
  return 'x';
});
faulty.get('/status', {}, (_, context) => {
  context.setStatus(99_999);
  return 'x';
});

let faultyAddress = '';
before(async () => {
  faultyAddress = await faulty.listen({ port: 0 });
});
after(() => faulty.close({ deadline: 1000 }));

for (const [index, [name]] of thrown.entries()) {
  for (const [kind, way] of [
    ['throw', 'thrown by a handler'],
    ['reject', 'rejected by a handler'],
    ['close', 'thrown by a closing dependency'],
  ] as const) {
    test(`${name}, ${way}: a logged 500 that leaks nothing`, async () => {
      const answer = await sendRaw(faultyAddress, `GET /${kind}/${index} HTTP/1.1\r\nhost: x\r\n\r\n`);
      expectServerError(answer);
      assert.deepEqual(
        log.errors().map(({ route }) => route),
        [`GET /${kind}/${index}`],
      );
      assert.equal(faulty.openRequests, 0);
    });
  }
}

for (const [index, [name]] of returned.entries()) {
  test(`${name}, returned by a handler: a logged 500 that leaks nothing`, async () => {
    const answer = await sendRaw(faultyAddress, `GET /return/${index} HTTP/1.1\r\nhost: x\r\n\r\n`);
    expectServerError(answer);
    assert.deepEqual(
      log.errors().map(({ route }) => route),
      [`GET /return/${index}`],
    );
  });
}

const odd: readonly [string, string, number, string][] = [
  ['a bigint keeps its digits', '/bigint', 200, '{"n":12345678901234567890}'],
  ['undefined is null', '/undefined', 200, 'null'],
];
for (const [name, url, status, body] of odd) {
  test(`${name} as an answer`, async () => {
    const answer = await sendRequest(faultyAddress, url);
    assert.deepEqual([answer.status, answer.text], [status, body]);
  });
}

for (const url of ['/header', '/status']) {
  test(`an impossible ${url.slice(1)} set by a handler is a logged 500`, async () => {
    const answer: RawAnswer = await sendRaw(faultyAddress, `GET ${url} HTTP/1.1\r\nhost: x\r\n\r\n`);
    expectServerError(answer);
    assert.doesNotMatch(answer.head, /evil/);
    assert.equal(log.errors().length, 1);
  });
}

test('a handler that rejects after its client has left: dependencies roll back, nothing is logged, the process lives', async () => {
  const late = new App({ logger: log.logger });
  let rejected = false;
  late.get('/late', { params: { session } }, async () => {
    await pause(60);
    rejected = true;
    throw new Error('too late');
  });
  const lateAddress = await late.listen({ port: 0 });
  const socket = await openSocket(lateAddress);
  socket.write('GET /late HTTP/1.1\r\nhost: x\r\n\r\n');
  await until('its handler runs', () => assert.equal(late.openRequests, 1));
  socket.destroy();
  await until('nothing of it is open', () => assert.equal(late.openRequests, 0));
  assert.ok(rejected);
  assert.equal(closed.at(-1), 'rollback');
  await late.close({ deadline: 1000 });
});

test('a handler that succeeds after its client has left is rolled back', async () => {
  const late = new App({ logger: log.logger });
  late.post('/late', { params: { session } }, async () => {
    await pause(60);
    return 'done';
  });
  const lateAddress = await late.listen({ port: 0 });
  const socket = await openSocket(lateAddress);
  socket.write('POST /late HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n');
  await until('its handler runs', () => assert.equal(late.openRequests, 1));
  socket.destroy();
  await until('nothing of it is open', () => assert.equal(late.openRequests, 0));
  assert.equal(closed.at(-1), 'rollback');
  await late.close({ deadline: 1000 });
});
