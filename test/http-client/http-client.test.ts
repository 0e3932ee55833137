import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import {
  type HttpClient,
  type HttpClientOptions,
  httpClient,
  type UpstreamError,
} from '../../src/http-client/index.ts';
import { App, type ErrorCode, type RequestContext } from '../../src/index.ts';
import { testClient } from '../../src/testing/index.ts';
import { coded } from '../support/coded.ts';
import { memoryLog } from '../support/memory-log.ts';
import { openSocket } from '../support/raw-socket.ts';
import { until } from '../support/until.ts';

// The other service: tells what it was sent, and misbehaves where it is asked to.
let upstream: Server;
let origin: string;
const waiting = new Set<IncomingMessage>();
const left: string[] = [];

before(async () => {
  upstream = createServer(async (request, response) => {
    const { pathname } = new URL(request.url!, 'http://x');
    response.once('close', () => {
      waiting.delete(request);
      if (!response.writableEnded) left.push(request.url!);
    });
    if (pathname.endsWith('/never')) return void waiting.add(request);
    if (pathname.endsWith('/half')) return void response.writeHead(200, { 'content-length': '10' }).write('half');
    if (pathname.endsWith('/broken')) return void request.socket.destroy();
    if (pathname.endsWith('/text')) return void response.end('not JSON');
    if (pathname.endsWith('/large')) return void response.end('x'.repeat(2000));
    if (pathname.endsWith('/moved')) return void response.writeHead(302, { location: '/echo' }).end();
    // The same server by another name is another origin.
    if (pathname.endsWith('/away')) return void response.writeHead(307, { location: `${elsewhere()}/echo` }).end();
    if (pathname.endsWith('/up')) return void response.writeHead(307, { location: '/echo' }).end();
    if (pathname.endsWith('/missing')) return void response.writeHead(404).end('{"detail":"no"}');
    const { method, url, headers } = request;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ method, url, headers, body: await text(request) }));
  });
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  origin = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
});

after(() => {
  upstream.closeAllConnections();
  upstream.close();
});

function elsewhere(): string {
  return origin.replace('127.0.0.1', 'localhost');
}

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Runs `use` in the handler of an app, with a client. */
async function withClient<T>(options: HttpClientOptions, use: (client: HttpClient) => Promise<T>): Promise<T> {
  const client = httpClient(options);
  const app = new App({ logger: false });
  let result: { value: T } | { error: unknown } | undefined;
  app.get('/', { params: { client } }, async ({ client }) => {
    result = await use(client).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
  });
  await using test = await testClient(app);
  await test.get('/');
  if (result !== undefined && 'value' in result) return result.value;
  throw result?.error;
}

const echoes: readonly (readonly [string, (client: HttpClient) => Promise<{ json<T>(): T }>, Partial<Echo>])[] = [
  [
    'a GET with a query',
    (c) => c.get('/echo?a=1', { query: { b: [2, 3], c: undefined, d: 'ä' } }),
    { method: 'GET', url: '/v1/echo?a=1&b=2&b=3&d=%C3%A4' },
  ],
  ['a POST with JSON', (c) => c.post('/echo', { json: { name: 'cup' } }), { method: 'POST', body: '{"name":"cup"}' }],
  ['a PUT with a form', (c) => c.put('/echo', { form: { a: '1 2' } }), { method: 'PUT', body: 'a=1+2' }],
  ['a PATCH with bytes', (c) => c.patch('/echo', { body: Buffer.from('raw') }), { method: 'PATCH', body: 'raw' }],
  ['a DELETE', (c) => c.delete('/echo'), { method: 'DELETE', body: '' }],
  ['a stream', (c) => c.post('/echo', { body: Readable.from(['a', 'b']) }), { body: 'ab' }],
  ['another method', (c) => c.request('OPTIONS', '/echo'), { method: 'OPTIONS' }],
];
for (const [what, send, expected] of echoes) {
  test(`sends ${what}`, async () => {
    const echo = await withClient(
      { baseUrl: `${origin}/v1` },
      async (client) => await (await send(client)).json<Echo>(),
    );
    for (const [key, value] of Object.entries(expected)) assert.equal(echo[key as keyof Echo], value);
  });
}

test('headers of a request win over those of the client, whatever their case; JSON and forms name their type', async () => {
  const { headers } = await withClient(
    { headers: { Accept: 'a', 'x-key': 'k' } },
    async (client) => await (await client.post(`${origin}/echo`, { json: 1, headers: { accept: 'b' } })).json<Echo>(),
  );
  assert.equal(headers['accept'], 'b');
  assert.equal(headers['x-key'], 'k');
  assert.equal(headers['content-type'], 'application/json');
});

test('every status is an answer, and expectOk() refuses those that are not 2xx', async () => {
  await withClient({ baseUrl: origin }, async (client) => {
    const missing = await client.get('/missing');
    assert.deepEqual([missing.status, missing.ok, await missing.json()], [404, false, { detail: 'no' }]);
    assert.throws(() => missing.expectOk(), {
      code: 'CORTADO_UPSTREAM',
      message: `GET ${origin}/missing answered 404`,
    });
    const head = await client.head('/echo');
    assert.deepEqual([head.status, head.text, head.expectOk() === head], [200, '', true]);
  });
});

test('parse() validates, and json() refuses what is no JSON', async () => {
  await withClient({ baseUrl: origin }, async (client) => {
    const echo = await client.get('/echo');
    assert.deepEqual(await echo.parse(z.object({ method: z.string() })), { method: 'GET' });
    await assert.rejects(echo.parse(z.object({ method: z.number() })), coded('CORTADO_UPSTREAM', 'method: '));
    const plain = await client.get('/text');
    assert.throws(() => plain.json(), coded('CORTADO_UPSTREAM', '/text'));
  });
});

test('redirects are answers, unless they are to be followed', async () => {
  assert.equal((await withClient({ baseUrl: origin }, (client) => client.get('/moved'))).status, 302);
  const followed = await withClient({ baseUrl: origin, redirects: 1 }, (client) => client.get('/moved'));
  assert.equal((await followed.json<Echo>()).url, '/echo');
});

for (const path of ['/v1/away', '/v1/up'])
  test(`a client with baseUrl does not follow ${path} out of it`, async () => {
    await withClient({ baseUrl: `${origin}/v1`, redirects: 3, headers: { 'x-api-key': 'secret' } }, (client) =>
      assert.rejects(client.get(path.slice(3)), {
        code: 'CORTADO_UPSTREAM',
        status: 502,
        message: /redirects to .*\/echo, which is not below .*\/v1\//,
      }),
    );
  });

test('another origin gets none of the headers that may be keys', async () => {
  const headers = { 'x-api-key': 'secret', authorization: 'Bearer secret', accept: 'application/json' };
  const echo = await withClient({ redirects: 3, headers }, (client) =>
    client.post(`${origin}/away`, { json: { n: 1 }, headers: { 'x-token': 'secret', cookie: 'a=secret' } }),
  );
  const { headers: seen, body } = await echo.json<Echo>();
  assert.doesNotMatch(JSON.stringify(seen), /secret/);
  assert.deepEqual([seen['accept'], seen['content-type'], body], ['application/json', 'application/json', '{"n":1}']);
  const stayed = await withClient({ redirects: 3, headers }, (client) => client.get(`${origin}/up`));
  assert.equal((await stayed.json<Echo>()).headers['x-api-key'], 'secret');
});

for (const path of [
  'https://example.com/',
  '//example.com/../../../up',
  '/../up',
  '/%2e%2e/up',
  'echo',
  'file:///etc/passwd',
]) {
  test(`a client with baseUrl does not go to ${path}`, async () => {
    await withClient({ baseUrl: `${origin}/v1` }, (client) =>
      assert.rejects(client.get(path), { code: 'CORTADO_UPSTREAM_URL' }),
    );
  });
}

test('a client without baseUrl needs whole addresses', async () => {
  await withClient({}, (client) => assert.rejects(client.get('/echo'), coded('CORTADO_UPSTREAM_URL')));
});

test('an answer that is too large, or breaks off, fails', async () => {
  await withClient({ baseUrl: origin, maxBytes: 1000 }, async (client) => {
    await assert.rejects(client.get('/large'), coded('CORTADO_UPSTREAM', '1000'));
    await assert.rejects(client.get('/broken'), { code: 'CORTADO_UPSTREAM', name: 'UpstreamError' });
    await assert.rejects(client.get('/echo', { json: 1, body: '1' }), { code: 'CORTADO_OPTION_INVALID' });
  });
});

for (const path of ['/never', '/half']) {
  test(`the time limit ends a request to ${path}, in the middle of its body too`, async () => {
    await withClient({ baseUrl: origin, timeout: 80 }, (client) =>
      assert.rejects(client.get(path), (error: UpstreamError) => {
        assert.deepEqual([error.code, error.status], ['CORTADO_TIMEOUT', 504]);
        return true;
      }),
    );
  });
}

test('a signal of its own ends a request, with its own reason', async () => {
  const reason = new Error('enough');
  await withClient({ baseUrl: origin }, (client) =>
    assert.rejects(client.get('/never', { signal: AbortSignal.abort(reason) }), (error) => error === reason),
  );
});

test('trace headers of the incoming request are passed on; broken ones are not', async () => {
  const client = httpClient({ baseUrl: origin });
  const silent = httpClient({ baseUrl: origin, trace: false });
  const app = new App({ logger: false });
  app.get('/', { params: { client, silent } }, async ({ client, silent }) => [
    (await (await client.get('/echo')).json<Echo>()).headers,
    (await (await silent.get('/echo')).json<Echo>()).headers,
  ]);
  await using test = await testClient(app);
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const ask = async (headers: Record<string, string>) =>
    await (await test.get('/', { headers })).json<[Echo['headers'], Echo['headers']]>();
  const [passed, kept] = await ask({ traceparent, tracestate: 'a=1', 'x-request-id': 'r1' });
  assert.deepEqual([passed['traceparent'], passed['tracestate'], passed['x-request-id']], [traceparent, 'a=1', 'r1']);
  assert.equal(kept['traceparent'], undefined);
  const [broken] = await ask({ traceparent: 'nonsense', tracestate: 'a=1' });
  assert.deepEqual([broken['traceparent'], broken['tracestate']], [undefined, undefined]);
});

test('a service that fails is a 502 that leaks nothing, and a warning with its reason', async () => {
  const { logger, lines } = memoryLog();
  const client = httpClient({ baseUrl: origin, timeout: 60 });
  const app = new App({ logger });
  app.get('/broken', { params: { client } }, ({ client }) => client.get('/broken?key=secret'));
  app.get('/never', { params: { client } }, ({ client }) => client.get('/never'));
  await using test = await testClient(app);
  const broken = await test.get('/broken');
  assert.deepEqual([broken.status, await broken.json()], [502, { detail: 'An upstream service failed' }]);
  const late = await test.get('/never');
  assert.deepEqual([late.status, await late.json()], [504, { detail: 'An upstream service did not answer in time' }]);
  const messages = lines.filter(({ level }) => level === 40).map(({ msg }) => msg);
  assert.equal(messages.length, 2);
  assert.match(messages[0]!, new RegExp(`^GET /broken failed: GET ${origin}/broken failed: `));
  assert.doesNotMatch(JSON.stringify(lines), /secret/);
});

test('a client that leaves ends the request that was sent for it', async () => {
  const client = httpClient({ baseUrl: origin });
  const app = new App({ logger: false });
  app.get('/', { params: { client } }, ({ client }) => client.get('/never?for=gone'));
  const address = await app.listen({ port: 0 });
  const socket = await openSocket(address);
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await until('the request has come', () => assert.equal(waiting.size, 1));
  socket.destroy();
  await until('it is given up', () => assert.ok(left.includes('/never?for=gone')));
  assert.equal(waiting.size, 0);
  await app.close();
});

test('a stream comes as soon as its head, is not cut by the time limit, and ends with its request', async () => {
  const client = httpClient({ baseUrl: origin, timeout: 100 });
  const app = new App({ logger: false });
  const ended: unknown[] = [];
  app.get('/', { params: { client } }, async ({ client }) => {
    const { status, body } = await client.stream('GET', '/half?for=stream');
    body.once('error', (error) => ended.push(error));
    assert.equal(status, 200);
    return body.pipe(new PassThrough());
  });
  const address = await app.listen({ port: 0 });
  const controller = new AbortController();
  const response = await fetch(address, { signal: controller.signal });
  const reader = response.body!.getReader();
  assert.equal(Buffer.from((await reader.read()).value!).toString(), 'half');
  await pause(200);
  assert.deepEqual(ended, []);
  controller.abort();
  await until('it is given up', () => assert.ok(left.includes('/half?for=stream')));
  await app.close();
});

test('the stop of the app closes its connections, and a new start opens others', async () => {
  const client = httpClient({ baseUrl: origin });
  const app = new App({ logger: false });
  let kept: HttpClient | undefined;
  app.get('/', { params: { client } }, async ({ client }) => (await (kept = client).get('/echo')).status);
  for (let round = 0; round < 2; round++) {
    await using test = await testClient(app);
    assert.equal(await (await test.get('/')).json(), 200);
  }
  await assert.rejects(kept!.get('/echo'), { code: 'CORTADO_UPSTREAM' });
  const connections = promisify(upstream.getConnections.bind(upstream));
  await until('no connection is open', async () => assert.equal(await connections(), 0));
});

test('a fake stands in for it', async () => {
  const client = httpClient({ baseUrl: 'http://nowhere.invalid' });
  const app = new App({ logger: false });
  app.get(
    '/',
    { params: { client } },
    async ({ client }, _context: RequestContext) => await (await client.get('/x')).json(),
  );
  using _ = app.override(client, () => ({ get: async () => ({ json: () => 'fake' }) }) as unknown as HttpClient);
  await using test = await testClient(app);
  assert.equal(await (await test.get('/')).json(), 'fake');
});

const refused: readonly (readonly [object, ErrorCode, ...string[]])[] = [
  [{ baseUrl: 'ftp://x' }, 'CORTADO_UPSTREAM_URL', 'baseUrl', '"ftp://x"'],
  [{ baseUrl: 'nonsense' }, 'CORTADO_UPSTREAM_URL', 'baseUrl'],
  [{ timeout: 0 }, 'CORTADO_OPTION_INVALID', 'timeout', '0'],
  [{ timeout: Number.NaN }, 'CORTADO_OPTION_INVALID', 'timeout', 'NaN'],
  [{ retries: 3 }, 'CORTADO_OPTION_UNKNOWN', '"retries"'],
];
for (const [options, code, ...names] of refused) {
  test(`refuses ${JSON.stringify(options)} at declaration`, () => {
    assert.throws(() => httpClient(options as HttpClientOptions), coded(code, ...names));
  });
}
