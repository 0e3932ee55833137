import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import http2, { type IncomingHttpHeaders } from 'node:http2';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import compress from '@fastify/compress';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { App, content, eventStream, jsonLines, type Media, type RequestContext } from '../../../src/index.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { sendRaw } from '../../support/raw-socket.ts';
import { sendRequest } from '../../support/send-request.ts';

async function* generator(): AsyncGenerator<string> {
  yield 'a';
}

function webStream(): ReadableStream<Uint8Array> {
  return Readable.toWeb(Readable.from([Buffer.from('a')])) as ReadableStream<Uint8Array>;
}

const file = fileURLToPath(import.meta.url);

/** Each kind of answer, with its own type and whether its length is known. */
const kinds: readonly [
  name: string,
  response: Media<unknown> | undefined,
  make: () => unknown,
  type: string | undefined,
  length: number | undefined,
][] = [
  ['json', undefined, () => ({ a: 1 }), 'application/json', 7],
  ['text', content('text/plain'), () => 'grüße', 'text/plain; charset=utf-8', 7],
  ['bytes', content('image/png'), () => Buffer.from('png'), 'image/png', 3],
  ['content-stream', content('text/csv'), generator, 'text/csv; charset=utf-8', undefined],
  ['readable', undefined, () => Readable.from(generator()), 'application/octet-stream', undefined],
  ['file', undefined, () => createReadStream(file), 'application/octet-stream', undefined],
  ['web-stream', undefined, webStream, 'application/octet-stream', undefined],
  ['generator', undefined, generator, 'application/jsonl', undefined],
  ['json-lines', jsonLines(z.string()), generator, 'application/jsonl', undefined],
  ['event-stream', eventStream(z.string()), generator, 'text/event-stream; charset=utf-8', undefined],
  ['response-text', undefined, () => new Response('a'), 'text/plain;charset=UTF-8', 1],
  ['response-json', undefined, () => Response.json('a'), 'application/json', 3],
  ['response-stream', undefined, () => new Response(webStream()), undefined, undefined],
  [
    'response-length',
    undefined,
    () => new Response('a', { headers: { 'content-length': '1' } }),
    'text/plain;charset=UTF-8',
    1,
  ],
];

const plugins: Readonly<Record<string, (server: FastifyInstance) => void | Promise<void>>> = {
  'no hook': () => {},
  'a hook': (server) => void server.addHook('onSend', async () => {}),
  '@fastify/compress': async (server) => void (await server.register(compress, { threshold: 0 })),
};

function global(plugin: (server: FastifyInstance) => void | Promise<void>): (server: FastifyInstance) => Promise<void> {
  return Object.assign(async (server: FastifyInstance) => plugin(server), { [Symbol.for('skip-override')]: true });
}

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

async function send(address: string, method: string, path: string, isHttp2: boolean, headers = {}): Promise<Got> {
  if (!isHttp2) return sendRequest(address, path, { method, headers });
  const session = http2.connect(address);
  try {
    const stream = session.request({ ':method': method, ':path': path, ...headers });
    let received: IncomingHttpHeaders & { ':status'?: number | undefined } = {};
    stream.once('response', (head) => (received = head));
    const bytes = await buffer(stream);
    return { status: received[':status'] ?? 0, headers: received, bytes };
  } finally {
    session.destroy();
  }
}

for (const isHttp2 of [false, true])
  for (const [pluginName, plugin] of Object.entries(plugins))
    describe(`${isHttp2 ? 'HTTP/2' : 'HTTP/1.1'}, ${pluginName}`, () => {
      const app = new App({ logger: false, server: { http2: isHttp2 } });
      app.use(global(plugin));
      for (const [name, response, make] of kinds) {
        const options = response === undefined ? {} : { response };
        app.get(`/plain/${name}`, options, make);
        app.get(`/typed/${name}`, options, (_: object, ctx: RequestContext) => {
          ctx.setHeader('Content-Type', 'application/vnd.api+json');
          ctx.setHeader('X-Content-Type-Options', 'own');
          ctx.setHeader('cache-control', 'max-age=5');
          ctx.setStatus(203);
          return make();
        });
        for (const status of [204, 205, 304])
          app.get(`/${status}/${name}`, options, (_: object, ctx: RequestContext) => {
            ctx.setStatus(status);
            return make();
          });
      }
      for (const status of [204, 304]) {
        app.get(`/status/${status}`, { status }, () => undefined);
        app.get(
          `/response/${status}`,
          () => new Response(null, { status, headers: { 'content-length': '5', etag: '"1"' } }),
        );
        app.get(`/set/${status}`, { status }, (_, ctx) => ctx.setHeader('content-length', 5));
      }
      app.get('/empty', () => new Response(null));
      let address: string;
      before(async () => {
        address = await app.listen({ port: 0 });
      });
      after(() => app.close());

      for (const [name, , , type, length] of kinds) {
        test(`HEAD of ${name} has the head of GET, its length too, and no body`, async () => {
          for (const headers of [{}, { 'accept-encoding': 'gzip' }]) {
            const got = await send(address, 'GET', `/plain/${name}`, isHttp2, headers);
            const head = await send(address, 'HEAD', `/plain/${name}`, isHttp2, headers);
            assert.deepEqual([head.status, head.bytes.length, head.headers['content-type']], [200, 0, type]);
            assert.equal(got.headers['content-type'], type);
            if (pluginName !== '@fastify/compress' || !('accept-encoding' in headers)) {
              assert.equal(head.headers['content-length'], length === undefined ? undefined : String(length));
              assert.equal(got.headers['content-length'], head.headers['content-length']);
            } else if (head.headers['content-length'] !== undefined && got.headers['content-length'] !== undefined)
              assert.equal(head.headers['content-length'], got.headers['content-length']);
          }
        });

        test(`status and headers set by ctx go before those of ${name}`, async () => {
          const { status, headers } = await send(address, 'GET', `/typed/${name}`, isHttp2);
          assert.deepEqual(
            [status, headers['content-type'], headers['x-content-type-options'], headers['cache-control']],
            [203, 'application/vnd.api+json', 'own', 'max-age=5'],
          );
        });

        for (const status of [204, 205, 304])
          test(`with the status ${status}, ${name} has no body`, async () => {
            const { bytes, ...got } = await send(address, 'GET', `/${status}/${name}`, isHttp2);
            const length = got.headers['content-length'];
            assert.deepEqual([got.status, bytes.length], [status, 0]);
            assert.ok(length === undefined || (status === 205 && length === '0'), String(length));
            assert.equal(got.headers['content-type'], undefined);
          });
      }

      for (const method of ['GET', 'HEAD'])
        for (const status of [204, 304])
          for (const from of ['status', 'response', 'set'])
            test(`${method} /${from}/${status} has no content-length that it must not have`, async () => {
              const { headers, ...got } = await send(address, method, `/${from}/${status}`, isHttp2);
              assert.equal(got.status, status);
              // RFC 9110, 8.6: a 304 may have that of what it stands for, where the handler says it.
              assert.equal(headers['content-length'], status === 304 && from !== 'status' ? '5' : undefined);
            });

      for (const path of ['/docs', '/openapi.json', '/docs/swagger-ui.css', '/redoc', '/empty'])
        test(`HEAD of ${path} has GET's length or none`, async () => {
          const got = await send(address, 'GET', path, isHttp2);
          const head = await send(address, 'HEAD', path, isHttp2);
          assert.equal(head.status, got.status);
          const length = head.headers['content-length'];
          assert.ok(length === undefined || length === got.headers['content-length'], String(length));
        });
    });

describe('what an answer says of itself', () => {
  const log = memoryLog();
  const app = new App({ logger: log.logger });
  const origin = new App({ logger: false });
  let address: string;
  let originAddress: string;
  const said = { status: 202, headers: { 'content-type': 'text/x-own', 'cache-control': 'no-store' } };

  app.get('/response', (_, ctx) => {
    ctx.setStatus(203);
    ctx.setHeader('content-type', 'text/html');
    ctx.setHeader('cache-control', 'max-age=5');
    ctx.setHeader('x-other', '1');
    ctx.setCookie('a', '1');
    return new Response('a', said);
  });
  for (const [name, length] of [
    ['right', 3],
    ['less', 5],
    ['more', 2],
  ] as const)
    for (const [kind, make] of [
      ['readable', () => Readable.from(['a', 'bc'])],
      ['response', () => new Response(Readable.toWeb(Readable.from(['a', 'bc'].map(Buffer.from))) as ReadableStream)],
    ] as const)
      app.get(`/length/${kind}/${name}`, (_, ctx) => {
        ctx.setHeader('content-length', length);
        return make();
      });
  app.get('/length/json', (_, ctx) => {
    ctx.setHeader('content-length', 500);
    return 'a';
  });
  app.get('/length/whole', (_, ctx) => {
    ctx.setHeader('content-length', 500);
    return new Response('a');
  });
  app.get('/length/file', async (_, ctx) => {
    ctx.setHeader('content-length', (await stat(file)).size);
    return createReadStream(file);
  });
  for (const [name, header, value] of [
    ['framing', 'Transfer-Encoding', 'chunked'],
    ['no-number', 'content-length', 'many'],
  ] as const)
    app.get(`/refused/${name}`, (_, ctx) => {
      ctx.setHeader(header, value);
      return 1;
    });
  app.get('/late', async function* (_, ctx) {
    yield 1;
    ctx.setHeader('x-late', '1');
    ctx.setStatus(203);
    yield 2;
  });
  app.get('/proxied', () => fetch(`${originAddress}/packed`));
  app.get('/framed', () => new Response('a', { headers: { 'transfer-encoding': 'gzip' } }));
  origin.get('/packed', (_, ctx) => {
    ctx.setHeader('content-encoding', 'gzip');
    return new Response(gzipSync('unpacked'), { headers: { 'x-origin': '1' } });
  });

  before(async () => {
    address = await app.listen({ port: 0 });
    originAddress = await origin.listen({ port: 0 });
  });
  after(async () => {
    await app.close();
    await origin.close();
  });

  test("a Response's own status and headers stay, others are added", async () => {
    const { status, headers } = await sendRequest(address, '/response');
    assert.deepEqual(
      [status, headers['content-type'], headers['cache-control'], headers['x-other'], headers['set-cookie']?.length],
      [202, 'text/x-own', 'no-store', '1', 1],
    );
  });

  for (const kind of ['readable', 'response']) {
    test(`the length that is said of a ${kind} is sent with it`, async () => {
      const { headers, text } = await sendRequest(address, `/length/${kind}/right`);
      assert.deepEqual([headers['content-length'], headers['transfer-encoding'], text], ['3', undefined, 'abc']);
    });

    for (const wrong of ['less', 'more'])
      test(`a ${kind} whose length is wrong (${wrong}) breaks off, and the log says what to write`, async () => {
        const path = `/length/${kind}/${wrong}`;
        const { status, body } = await sendRaw(address, `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
        assert.ok(status === 500 || body.length < (wrong === 'less' ? 5 : 3), body);
        await app.idle();
        const [logged] = log.errors().filter(({ route }) => route === `GET ${path}`);
        assert.match(JSON.stringify(logged), /content-length\. Leave the header out/);
      });
  }

  test('a text has the length that it has', async () => {
    for (const method of ['GET', 'HEAD'])
      for (const [path, length] of [['json', '3'], ['whole', '1']]) // biome-ignore format: one line
        assert.equal((await sendRequest(address, `/length/${path}`, { method })).headers['content-length'], length);
  });

  test('a file has the length that was said', async () => {
    const { size } = await stat(file);
    for (const method of ['GET', 'HEAD'])
      assert.equal((await sendRequest(address, '/length/file', { method })).headers['content-length'], String(size));
    assert.equal((await sendRequest(address, '/length/file')).bytes.length, size);
  });

  for (const [name, words] of [
    ['framing', /Return a stream/],
    ['no-number', /expected a number of bytes, not .*many/],
  ] as const)
    test(`a header that no handler can say is refused: ${name}`, async () => {
      assert.equal((await sendRequest(address, `/refused/${name}`)).status, 500);
      const [logged] = log.errors().filter(({ route }) => route === `GET /refused/${name}`);
      assert.match(JSON.stringify(logged), words);
    });

  test('what is set once a stream has begun is warned of', async () => {
    const { status, headers } = await sendRequest(address, '/late');
    assert.deepEqual([status, headers['x-late']], [200, undefined]);
    const warned = log.lines.filter(({ msg }) => /came too late/.test(String(msg)));
    assert.equal(warned.length, 2);
  });

  test('an answer of fetch that was packed is sent as it was unpacked', async () => {
    const { status, headers, text } = await sendRequest(address, '/proxied');
    assert.deepEqual(
      [status, headers['content-encoding'], headers['x-origin'], text],
      [200, undefined, '1', 'unpacked'],
    );
  });

  test('a Response cannot say how it is framed', async () => {
    const { headers, text } = await sendRequest(address, '/framed');
    assert.deepEqual([headers['transfer-encoding'], headers['content-length'], text], [undefined, '1', 'a']);
  });
});
