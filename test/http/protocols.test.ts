import assert from 'node:assert/strict';
import http2, { type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { z } from 'zod';
import { App, eventStream, file, HttpError, header, jsonLines, type ServerOptions, sleep } from '../../src/index.ts';
import { memoryLog } from '../support/memory-log.ts';
import { certificate as https, trusting } from '../support/tls.ts';
import { until } from '../support/until.ts';

interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

async function answerOf(stream: ClientHttp2Stream): Promise<Answered> {
  let headers: IncomingHttpHeaders & { ':status'?: number | undefined } = {};
  stream.once('response', (received) => (headers = received));
  const received = await text(stream);
  return { status: headers[':status']!, headers, text: received };
}

const json = { 'content-type': 'application/json' };
const Item = z.object({ name: z.string() });
const log = memoryLog();
let app: App;
let session: ClientHttp2Session;

function makeApp(server: ServerOptions): App {
  const made = new App({ server, logger: log.logger, bodyLimit: 100_000 });
  made.get('/items/{id}', { params: { id: z.int() } }, ({ id }) => ({ id }));
  made.post('/items', { params: { item: Item } }, ({ item }) => item);
  made.post('/photos', { params: { photo: file(z.file()) } }, ({ photo }) => ({ name: photo.name, size: photo.size }));
  made.get('/host', { params: { host: header(z.string()) } }, ({ host }) => host);
  made.get('/headers', { params: { all: header(z.looseObject({ host: z.string() })) } }, ({ all }) => all);
  made.get('/lines', { response: jsonLines(z.int()) }, async function* () {
    yield* [1, 2];
  });
  made.get('/events', { response: eventStream(z.int()) }, async function* () {
    yield 1;
  });
  made.get(
    '/web',
    () => new Response('hi', { headers: { connection: 'close', 'keep-alive': 'timeout=5', 'x-own': '1' } }),
  );
  made.get('/cookie', (_, ctx) => {
    ctx.setCookie('a', '1');
    ctx.setCookie('b', '2');
    return ctx.cookies;
  });
  made.get('/teapot', () => {
    throw new HttpError(418, 'short and stout', { headers: { connection: 'close' } });
  });
  made.get('/boom', () => {
    throw new Error('boom');
  });
  made.get('/slow', async () => {
    await sleep(150);
    return 'slow';
  });
  made.get('/for-ever', async (_, { signal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    ended.push((signal.reason as Error).message);
    await new Promise(() => {});
  });
  made.get('/breaks', { response: jsonLines(z.int()) }, async function* () {
    yield 1;
    await sleep(10);
    throw new Error('half way');
  });
  return made;
}

let ended: string[] = [];

for (const [name, server] of [
  ['HTTP/2 in clear text', { http2: true }],
  ['HTTP/2 over TLS', { http2: true, https }],
] as const satisfies readonly (readonly [string, ServerOptions])[])
  describe(name, () => {
    beforeEach(async () => {
      ended = [];
      log.lines.length = 0;
      app = makeApp(server);
      session = http2.connect(await app.listen({ port: 0 }), trusting);
      session.on('error', () => {});
    });
    afterEach(async () => {
      session.destroy();
      await app.close({ deadline: 500 });
    });

    function ask({ method = 'GET', path, headers, body }: Sent): Promise<Answered> {
      const stream = session.request({ ':method': method, ':path': path, ...headers }, { endStream: false });
      stream.end(body);
      return answerOf(stream);
    }

    const form = '--x\r\ncontent-disposition: form-data; name="photo"; filename="a.png"\r\n\r\nabc\r\n--x--\r\n';
    const cases: readonly (readonly [string, Sent, number, string | RegExp])[] = [
      ['a path parameter', { path: '/items/3' }, 200, '{"id":3}'],
      ['a mistake', { path: '/items/x' }, 422, /int_parsing/],
      ['a JSON body', { method: 'POST', path: '/items', headers: json, body: '{"name":"Zoë"}' }, 200, '{"name":"Zoë"}'],
      ['a malformed body', { method: 'POST', path: '/items', headers: json, body: '{"na' }, 422, /json_invalid/],
      ['no body', { method: 'POST', path: '/items', headers: json }, 422, /missing/],
      [
        'a body of another type',
        { method: 'POST', path: '/items', headers: { 'content-type': 'text/plain' }, body: 'x' },
        422,
        /model_attributes_type|type/,
      ],
      [
        'a file',
        { method: 'POST', path: '/photos', headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: form },
        200,
        '{"name":"a.png","size":3}',
      ],
      ['JSON lines', { path: '/lines' }, 200, '1\n2\n'],
      ['events', { path: '/events' }, 200, 'data: 1\n\n'],
      ['an error', { path: '/boom' }, 500, '{"detail":"Internal Server Error"}'],
      ['an unknown path', { path: '/nowhere' }, 404, '{"detail":"Not Found"}'],
      ['another method', { method: 'PUT', path: '/items' }, 405, '{"detail":"Method Not Allowed"}'],
      ['a HEAD', { method: 'HEAD', path: '/items/3' }, 200, ''],
      ['a last slash too many', { path: '/items/3/' }, 307, ''],
      ['the document', { path: '/openapi.json' }, 200, /"openapi":"3\.1/],
      ['the documentation', { path: '/docs' }, 200, /swagger/],
    ];
    for (const [what, sent, status, expected] of cases)
      test(`answers ${what}`, async () => {
        const answer = await ask(sent);
        assert.equal(answer.status, status, answer.text);
        if (typeof expected === 'string') assert.equal(answer.text, expected);
        else assert.match(answer.text, expected);
        if (answer.text !== '') assert.equal(answer.headers['x-content-type-options'], 'nosniff');
      });

    test('a route that declares the Host header gets what stands for it, and no pseudo-header', async () => {
      const { port } = app.server.server.address() as AddressInfo;
      assert.equal((await ask({ path: '/host' })).text, `"127.0.0.1:${port}"`);
      const headers = { 'x-own': '1' };
      assert.deepEqual(JSON.parse((await ask({ path: '/headers', headers })).text), {
        host: `127.0.0.1:${port}`,
        ...headers,
      });
    });

    test('cookies come and go', async () => {
      const { headers, text } = await ask({ path: '/cookie', headers: { cookie: 'c=3; d=4' } });
      assert.deepEqual(JSON.parse(text), { c: '3', d: '4' });
      assert.deepEqual(
        headers['set-cookie']?.map((line) => line.split(';')[0]),
        ['a=1', 'b=2'],
      );
    });

    test('headers of a connection, which HTTP/2 has not, are left out', async (t) => {
      const warn = t.mock.method(process, 'emitWarning', () => {});
      const web = await ask({ path: '/web' });
      assert.deepEqual([web.status, web.text, web.headers['x-own']], [200, 'hi', '1']);
      assert.equal((await ask({ path: '/teapot' })).status, 418);
      for (const name of ['connection', 'keep-alive']) assert.equal(web.headers[name], undefined);
      assert.equal(warn.mock.callCount(), 0);
    });

    test('a body over the limit is refused, and the session goes on', async () => {
      const body = Buffer.alloc(1_000_000, 32);
      assert.equal((await ask({ method: 'POST', path: '/items', headers: json, body })).status, 413);
      assert.equal((await ask({ path: '/items/3' })).status, 200);
    });

    test('a hundred streams of one session are answered side by side', async () => {
      const began = performance.now();
      const answers = await Promise.all(Array.from({ length: 100 }, () => ask({ path: '/slow' })));
      assert.deepEqual(new Set(answers.map(({ text }) => text)), new Set(['"slow"']));
      assert.ok(performance.now() - began < 5000);
    });

    test('a session may have a hundred streams at a time', async () => {
      await ask({ path: '/items/3' });
      assert.equal(session.remoteSettings.maxConcurrentStreams, 100);
    });

    test('a client that resets its stream is an aborted request', async () => {
      const stream = session.request({ ':path': '/for-ever' });
      await until(() => app.openRequests === 1);
      stream.close(http2.constants.NGHTTP2_CANCEL);
      await until(() => ended.length === 1);
      assert.match(ended[0]!, /client/);
    });

    test('a stream of an answer that fails is reset, and the session goes on', async () => {
      await assert.rejects(ask({ path: '/breaks' }), { code: 'ERR_HTTP2_STREAM_ERROR' });
      assert.equal((await ask({ path: '/items/3' })).status, 200);
      await until(() => log.errors().length === 1);
      assert.equal(log.errors()[0]!.err?.message, 'half way');
    });

    test('a stop lets streams end, and is not held up by a session without any', async () => {
      const slow = ask({ path: '/slow' });
      await until(() => app.openRequests === 1);
      const report = await app.close({ deadline: 5000 });
      assert.deepEqual(report.cut, []);
      assert.ok(report.ms < 4000, `${report.ms} ms`);
      assert.equal((await slow).text, '"slow"');
      assert.ok(session.closed);
    });

    test('a stop cuts what does not end within its deadline', async () => {
      const stream = session.request({ ':path': '/for-ever' });
      stream.on('error', () => {});
      await until(() => app.openRequests === 1);
      const report = await app.close({ deadline: 50 });
      assert.deepEqual(report.cut, [{ what: 'requests', name: 'GET /for-ever', count: 1 }]);
      await until(() => session.destroyed);
    });
  });

for (const [name, server] of [
  ['HTTPS', { https }],
  ['HTTP/2 that lets HTTP/1 in', { http2: true, https: { ...https, allowHTTP1: true } }],
] as const satisfies readonly (readonly [string, ServerOptions])[])
  test(`${name}: a client of HTTP/1 over TLS is answered`, async () => {
    await using served = makeApp(server);
    const address = await served.listen({ port: 0 });
    assert.match(address, /^https:/);
    const body = JSON.stringify({ name: 'Zoë 🎈' });
    const sent = request(`${address}/items`, { method: 'POST', agent: false, headers: json, ...trusting });
    sent.end(body);
    const answer = await new Promise<import('node:http').IncomingMessage>((resolve) => sent.once('response', resolve));
    assert.equal(answer.statusCode, 200);
    assert.equal(await text(answer), body);
  });

for (const [what, server, message] of [
  ['a misspelt option', { trustProxi: true }, /App: server: unknown option "trustProxi".+ Did you mean "trustProxy"\?/],
  ['an option that the app decides', { bodyLimit: 1 }, /App: server: unknown option "bodyLimit"/],
] as const)
  test(`${what} of the server is refused`, () => {
    assert.throws(() => new App({ server: server as never }), { code: 'CORTADO_OPTION_UNKNOWN', message });
  });
