import assert from 'node:assert/strict';
import http2, { type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2';
import { request } from 'node:https';
import { type AddressInfo, connect as openSocket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import {
  App,
  dependency,
  eventStream,
  file,
  form,
  HttpError,
  header,
  jsonLines,
  type ServerOptions,
  sleep,
} from '../../../src/index.ts';
import { coded } from '../../support/coded.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { certificate as https, trusting } from '../../support/tls.ts';
import { until } from '../../support/until.ts';

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

/** A connection that says nothing. */
function silent(port: number): AsyncDisposable {
  const socket = openSocket(port, '127.0.0.1').on('error', () => {});
  return { [Symbol.asyncDispose]: async () => void socket.destroy() };
}

const json = { 'content-type': 'application/json' };
const Item = z.object({ name: z.string() });
const log = memoryLog();
let app: App;
let session: ClientHttp2Session;

function makeApp(server: ServerOptions): App {
  const made = new App({ server, logger: log.logger, bodyLimit: 100_000, accessLog: true });
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
  made.post('/hasty', { params: { item: Item }, timeout: 20 }, ({ item }) => item);
  const transaction = dependency(async function* () {
    try {
      yield 1;
      ended.push('outcome: committed');
    } catch {
      ended.push('outcome: rolled back');
    }
  });
  made.get('/late', { params: { transaction } }, async (_, ctx) => {
    const { raw } = ctx.request;
    await new Promise((resolve) => raw.once('close', resolve));
    await pause(20);
    ended.push(`gone: ${ctx.isClientGone}`, `signal: ${ctx.signal.aborted}`);
  });
  made.post('/text', { params: { a: form(z.string()) } }, ({ a }) => void ended.push(a));
  made.get('/odd-headers', (_, ctx) => {
    ctx.setHeader('content-language', ['en', 'de']);
    ctx.setHeader('te', 'gzip');
    ctx.setHeader('http2-settings', 'x');
  });
  made.get('/injected', () => {
    throw new HttpError(400, 'x', { headers: { location: '/x\r\nset-cookie: a=1' } });
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

    test(':authority stands for Host, also where both are there', async () => {
      const stream = session.request({ ':path': '/host', ':authority': 'a.example', host: 'b.example' });
      assert.equal((await answerOf(stream)).text, '"a.example"');
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
      await until('a request is open', () => assert.equal(app.openRequests, 1));
      stream.close(http2.constants.NGHTTP2_CANCEL);
      await until('1 of them is there', () => assert.equal(ended.length, 1));
      assert.match(ended[0]!, /client/);
    });

    test('what a client that has left would get is rolled back, and logged no more than over HTTP/1', async () => {
      const stream = session.request({ ':path': '/late' });
      await until('a request is open', () => assert.equal(app.openRequests, 1));
      stream.close(http2.constants.NGHTTP2_CANCEL);
      await until('no request is open', () => assert.equal(app.openRequests, 0));
      assert.deepEqual(ended, ['gone: true', 'signal: true', 'outcome: rolled back']);
      assert.deepEqual(log.errors(), []);
      assert.ok(!log.lines.some(({ msg }) => msg.includes('/late 200')));
    });

    for (const [what, path, headers] of [
      ['over the limit', '/items', { ...json }],
      ['that does not come within the time limit', '/hasty', { ...json }],
    ] as const)
      test(`a body ${what} and is never ended does not keep its stream open`, async () => {
        for (let count = 0; count < 120; count++) {
          const stream = session.request({ ':method': 'POST', ':path': path, ...headers }, { endStream: false });
          const answer = answerOf(stream);
          stream.write(path === '/items' ? Buffer.alloc(120_000, 32) : '{');
          assert.equal((await answer).status, path === '/items' ? 413 : 504);
        }
        assert.equal((await ask({ path: '/items/3' })).status, 200);
      });

    test('a body without a type and a length is one', async () => {
      const answer = await ask({ method: 'POST', path: '/items', body: 'text' });
      assert.match(answer.text, /model_attributes_type/);
    });

    test('headers with several values, and those that HTTP/2 has not, do not fail behind a hook of a plugin', async () => {
      await app.close();
      app = makeApp(server);
      app.server.addHook('onSend', async (_request, reply) => void reply.header('x-hook', '1'));
      session = http2.connect(await app.listen({ port: 0 }), trusting);
      const { status, headers } = await ask({ path: '/odd-headers' });
      assert.deepEqual(
        [status, headers['content-language'], headers['te'], headers['x-hook']],
        [200, 'en, de', undefined, '1'],
      );
    });

    test('a header that HTTP forbids is a 500, and nothing of it is sent', async () => {
      const { status, headers } = await ask({ path: '/injected' });
      assert.deepEqual([status, headers['location'], headers['set-cookie']], [500, undefined, undefined]);
    });

    test('a stream of an answer that fails is reset, and the session goes on', async () => {
      await assert.rejects(ask({ path: '/breaks' }), { code: 'ERR_HTTP2_STREAM_ERROR' });
      assert.equal((await ask({ path: '/items/3' })).status, 200);
      await until('an error is logged', () => assert.equal(log.errors().length, 1));
      assert.equal(log.errors()[0]!.err?.message, 'half way');
    });

    test('a stop lets streams end, and is not held up by a session without any', async () => {
      const slow = ask({ path: '/slow' });
      await until('a request is open', () => assert.equal(app.openRequests, 1));
      const report = await app.close({ deadline: 5000 });
      assert.deepEqual(report.cut, []);
      assert.ok(report.ms < 4000, `${report.ms} ms`);
      assert.equal((await slow).text, '"slow"');
      assert.ok(session.closed);
    });

    test('a stop does not wait for who has said nothing', async () => {
      const { port } = app.server.server.address() as AddressInfo;
      await using _ = silent(port);
      await pause(600);
      const { ms } = await app.close({ deadline: 5000 });
      assert.ok(ms < 4000, `${ms} ms`);
    });

    test('an upload that breaks off is not taken for whole, whatever its code', async () => {
      for (const error of [undefined, new Error('broken')]) {
        const headers = { 'content-type': 'application/x-www-form-urlencoded' };
        const stream = session.request({ ':method': 'POST', ':path': '/text', ...headers }, { endStream: false });
        stream.on('error', () => {});
        stream.write('a=100');
        await until('a request is open', () => assert.equal(app.openRequests, 1));
        stream.destroy(error);
        await until('no request is open', () => assert.equal(app.openRequests, 0));
      }
      assert.deepEqual(ended, []);
    });

    test('a stop cuts what does not end within its deadline', async () => {
      const stream = session.request({ ':path': '/for-ever' });
      stream.on('error', () => {});
      await until('a request is open', () => assert.equal(app.openRequests, 1));
      const report = await app.close({ deadline: 50 });
      assert.deepEqual(report.cut, [{ what: 'requests', name: 'GET /for-ever', count: 1 }]);
      await until('the session is destroyed', () => session.destroyed);
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
    const { requestTimeout, keepAliveTimeout } = served.server.server;
    assert.deepEqual([requestTimeout, keepAliveTimeout], [60_000, 72_000]);
  });

for (const [what, server, ...names] of [
  ['a misspelt option', { trustProxi: true }, '"trustProxi"', '"trustProxy"'],
  ['an option that the app decides', { bodyLimit: 1 }, '"bodyLimit"'],
] as const)
  test(`${what} of the server is refused`, () => {
    assert.throws(() => new App({ server: server as never }), coded('CORTADO_OPTION_UNKNOWN', 'App: server', ...names));
  });
