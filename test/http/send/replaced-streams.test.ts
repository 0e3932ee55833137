import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { request } from 'node:http';
import http2, { type IncomingHttpHeaders } from 'node:http2';
import { PassThrough, Readable, Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import compress from '@fastify/compress';
import Fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  App,
  type CortadoError,
  content,
  dependency,
  eventStream,
  jsonLines,
  type Media,
  RequestAborted,
  sleep,
} from '../../../src/index.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { until } from '../../support/until.ts';

const text = 'a cortado is half milk. '.repeat(400);
const parts = [text.slice(0, 100), text.slice(100, 5000), text.slice(5000)];

function webStream(): ReadableStream<Uint8Array> {
  return Readable.toWeb(Readable.from(parts.map((part) => Buffer.from(part)))) as ReadableStream<Uint8Array>;
}

async function* generator(): AsyncGenerator<string> {
  for (const part of parts) {
    await sleep(1);
    yield part;
  }
}

const lines = parts.map((part) => `${JSON.stringify(part)}\n`).join('');
const events = parts.map((part) => `data: ${JSON.stringify(part)}\n\n`).join('');

/** Each kind of answer: what a route declares, what its handler makes, what the client gets, and whether plain Fastify knows it. */
const kinds: readonly [
  name: string,
  response: Media<unknown> | undefined,
  make: () => unknown,
  sent: string,
  fastify: boolean,
][] = [
  ['Response.json()', undefined, () => Response.json({ text }), JSON.stringify({ text }), true],
  ['new Response(text)', undefined, () => new Response(text), text, true],
  ['new Response(stream)', undefined, () => new Response(webStream()), text, true],
  ['a Readable', undefined, () => Readable.from(generator()), text, true],
  ['a Readable that is ready', undefined, () => Readable.from([Buffer.from(text)]), text, true],
  ['a web stream', undefined, webStream, text, true],
  ['an undeclared generator', undefined, generator, lines, false],
  ['jsonLines()', jsonLines(z.string()), generator, lines, false],
  ['eventStream()', eventStream(z.string()), generator, events, false],
  ['content() of a text', content('text/plain'), () => text, text, false],
  ['content() of a generator', content('text/plain'), generator, text, false],
  ['content() of a Readable', content('text/plain'), () => Readable.from(generator()), text, false],
  ['content() of a web stream', content('text/plain'), webStream, text, false],
  ['JSON', undefined, () => ({ text }), JSON.stringify({ text }), true],
];

// Those of which all is there at once have a length, and nothing that stays open; Fastify streams a Response.
const whole: readonly string[] = ['JSON', 'Response.json()', 'new Response(text)'];

interface Held {
  readonly reached: Promise<void>;
  readonly release: () => void;
}

/** Holds the last bytes of the answer back until it is released. */
let held: Held | undefined;
let onReached = (): void => {};

function hold(): Held {
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  onReached = () => {
    resolve();
    return released as unknown as void;
  };
  held = { reached, release };
  return held;
}

function slowTransform(): Transform {
  const last: Buffer[] = [];
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const whole = Buffer.concat([...last.splice(0), chunk]);
      last.push(whole.subarray(-10));
      done(null, whole.subarray(0, -10));
    },
    flush(done) {
      void Promise.resolve(onReached()).then(() => done(null, last[0]));
    },
  });
}

function isStream(payload: unknown): payload is Readable {
  return typeof (payload as Partial<Readable> | null)?.pipe === 'function';
}

function streamOf(payload: unknown): Readable | undefined {
  if (isStream(payload)) return payload;
  const { body = payload } = (payload ?? {}) as { body?: unknown };
  return body instanceof ReadableStream ? Readable.fromWeb(body as never) : undefined;
}

/** Plugins that put another stream in place of an answer's, and none. */
const hooks: Readonly<Record<string, (server: FastifyInstance) => void | Promise<void>>> = {
  'no hook': () => {},
  '@fastify/compress': async (server) => void (await server.register(compress, { threshold: 0 })),
  'a slow Transform': (server) =>
    void server.addHook('onSend', async (_request, _reply, payload) => {
      const stream = streamOf(payload);
      return stream === undefined ? payload : stream.pipe(slowTransform());
    }),
  'a web stream, late': (server) =>
    void server.addHook('onSend', async (_request, _reply, payload) => {
      await sleep(5);
      const stream = streamOf(payload);
      return stream === undefined ? payload : Readable.toWeb(stream);
    }),
};

// As fastify-plugin marks a plugin whose hooks are for the whole server.
function global(plugin: (server: FastifyInstance) => void | Promise<void>): (server: FastifyInstance) => Promise<void> {
  return Object.assign(async (server: FastifyInstance) => plugin(server), { [Symbol.for('skip-override')]: true });
}

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

async function get(address: string, path: string, isHttp2: boolean): Promise<Got> {
  const headers = { 'accept-encoding': 'gzip' };
  if (!isHttp2)
    return new Promise((resolve, reject) => {
      const sent = request(new URL(path, address), { headers, agent: false }, async (incoming) =>
        buffer(incoming).then(
          (bytes) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, bytes }),
          reject,
        ),
      );
      sent.on('error', reject).end();
    });
  const session = http2.connect(address);
  try {
    const stream = session.request({ ':path': path, ...headers });
    let received: IncomingHttpHeaders & { ':status'?: number | undefined } = {};
    stream.once('response', (head) => (received = head));
    const bytes = await buffer(stream);
    // A stream that was reset ends like one that is whole.
    if (stream.rstCode !== 0) throw new Error(`reset: ${stream.rstCode}`);
    return { status: received[':status'] ?? 0, headers: received, bytes };
  } finally {
    session.destroy();
  }
}

async function leaveMidway(address: string, path: string, isHttp2: boolean): Promise<void> {
  const { promise: left, resolve } = Promise.withResolvers<void>();
  if (isHttp2) {
    const session = http2.connect(address);
    const stream = session.request({ ':path': path });
    stream.on('error', () => {}).on('close', resolve);
    stream.once('data', () => stream.close(http2.constants.NGHTTP2_CANCEL));
    await left;
    session.destroy();
    return;
  }
  const sent = request(new URL(path, address), { agent: false }, (incoming) => {
    incoming.on('error', () => {}).once('data', () => sent.destroy());
  });
  sent.on('error', () => {}).on('close', resolve);
  sent.end();
  await left;
}

function unpacked({ headers, bytes }: Got): string {
  return (headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
}

function pathOf(name: string): string {
  return `/${name.toLowerCase().replaceAll(/\W+/g, '-')}`;
}

const seen: string[] = [];
const failures: unknown[] = [];
const session = dependency(async function* () {
  try {
    yield 'session';
    seen.push('commits');
  } catch (error) {
    failures.push(error);
    seen.push('rolls back');
    throw error;
  }
});

async function* failing(): AsyncGenerator<string> {
  yield text;
  await sleep(10);
  throw new Error('no more milk');
}

// biome-ignore lint/correctness/useYield: it fails before it could.
async function* failingAtOnce(): AsyncGenerator<string> {
  throw new Error('no milk at all');
}

async function* endless(): AsyncGenerator<string> {
  for (;;) {
    yield text;
    await sleep(1);
  }
}

function endlessWebStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      await pause(1);
      controller.enqueue(Buffer.from(text));
    },
  });
}

/** Answers without an end. */
const endlessKinds: readonly [name: string, response: Media<unknown> | undefined, make: () => unknown][] = [
  ['Readable', undefined, () => Readable.from(endless())],
  ['file', undefined, () => createReadStream('/dev/zero')],
  ['web stream', undefined, endlessWebStream],
  ['Response', undefined, () => new Response(endlessWebStream())],
  ['generator', undefined, endless],
  ['jsonLines', jsonLines(z.string()), endless],
  ['eventStream', eventStream(z.string()), endless],
  ['content generator', content('text/plain'), endless],
  ['content Readable', content('text/plain'), () => Readable.from(endless())],
  ['content web stream', content('text/plain'), endlessWebStream],
];

for (const isHttp2 of [false, true])
  for (const [hook, addHook] of Object.entries(hooks))
    describe(`${isHttp2 ? 'HTTP/2' : 'HTTP/1.1'}, ${hook}`, () => {
      const log = memoryLog();
      const app = new App({ logger: log.logger, server: { http2: isHttp2 } });
      app.use(global(addHook));
      for (const [name, response, make] of kinds)
        app.get(pathOf(name), { params: { session }, ...(response && { response: response as Media<unknown> }) }, make);
      app.get('/fails', { params: { session } }, () => Readable.from(failing()));
      app.server.addHook('onRequest', async ({ url }, reply) => {
        if (url.startsWith('/fails/at-once'))
          reply.header('x-plugin', 'early').header('cache-control', 'no-store').header('set-cookie', 'plugin=1');
      });
      app.get('/fails/at-once', { params: { session } }, (_values, ctx) => {
        ctx.setHeader('x-own', 'of the stream');
        ctx.setCookie('own', 'of-the-stream');
        return Readable.from(failingAtOnce());
      });
      app.get('/fails/at-once/response', { params: { session } }, () => {
        const headers = { 'cache-control': 'max-age=60', etag: '"stream"', 'x-own': '1' };
        return new Response(Readable.toWeb(Readable.from(failingAtOnce())) as ReadableStream, { headers });
      });
      app.get('/dies', { params: { session } }, () => {
        const stream = new PassThrough();
        stream.write(text);
        setTimeout(() => stream.destroy(), 20);
        return stream;
      });
      for (const [name, response, make] of endlessKinds) {
        const options = { params: { session }, ...(response && { response: response as Media<unknown> }) };
        app.get(`/endless${pathOf(name)}`, options, make);
        app.get(`/limited${pathOf(name)}`, { ...options, timeout: 40 }, make);
      }
      const plain = Fastify({ http2: isHttp2 } as object) as unknown as FastifyInstance;
      let address: string;
      let plainAddress: string;

      before(async () => {
        address = await app.listen({ port: 0 });
        await plain.register(global(addHook));
        await plain.register(async (scope) => {
          for (const [name, , make, , isKnown] of kinds) if (isKnown) scope.get(pathOf(name), async () => make());
        });
        plainAddress = await plain.listen({ port: 0 });
      });
      after(async () => {
        await app.close();
        await plain.close();
      });
      beforeEach(() => {
        seen.length = failures.length = 0;
        onReached = () => {};
      });

      for (const [name, , , sent, isKnown] of kinds)
        test(`${name} arrives whole`, async () => {
          const got = await get(address, pathOf(name), isHttp2);
          assert.equal(unpacked(got), sent);
          assert.equal(got.status, 200);
          await app.idle();
          assert.deepEqual(seen, ['commits']);
          if (!isKnown) return;
          const other = await get(plainAddress, pathOf(name), isHttp2);
          assert.equal(unpacked(other), sent);
          for (const header of ['content-encoding', 'content-length', 'transfer-encoding'])
            if (!whole.includes(name) || hook === '@fastify/compress')
              assert.equal(got.headers[header], other.headers[header], header);
          if (whole.includes(name) && hook !== '@fastify/compress')
            assert.equal(got.headers['content-length'], String(Buffer.byteLength(sent)));
        });

      test('a stream that fails midway breaks off, rolls back, and is logged once', async () => {
        await assert.rejects(get(address, '/fails', isHttp2));
        await app.idle();
        assert.deepEqual(seen, ['rolls back']);
        assert.match(String(failures[0]), /no more milk/);
        assert.equal(log.errors().filter(({ route }) => route === 'GET /fails').length, 1);
      });

      for (const path of ['/fails/at-once', '/fails/at-once/response'])
        test(`a stream that fails before its first byte is a 500 that can be read: ${path}`, async () => {
          const got = await get(address, path, isHttp2);
          assert.deepEqual([got.status, got.headers['content-type']], [500, 'application/json']);
          assert.deepEqual(JSON.parse(unpacked(got)), { detail: 'Internal Server Error' });
          assert.equal(got.headers['content-encoding'], hook === '@fastify/compress' ? 'gzip' : undefined);
          assert.deepEqual(
            [got.headers['x-plugin'], got.headers['x-own'], got.headers['cache-control'], got.headers.etag],
            ['early', undefined, 'no-store', undefined],
          );
          assert.deepEqual(got.headers['set-cookie'], ['plugin=1']);
          await app.idle();
          assert.deepEqual(seen, ['rolls back']);
          assert.match(String(failures[0]), /no milk at all/);
        });

      test('a stream that is destroyed without a word breaks off', async () => {
        // On a busy machine it is destroyed before its first byte has left: a 500.
        const got = await get(address, '/dies', isHttp2).catch(() => undefined);
        assert.equal(got?.status ?? 500, 500);
        await app.idle();
        assert.deepEqual(seen, ['rolls back']);
      });

      for (const [name] of endlessKinds) {
        test(`a client that leaves amid a ${name} is told to dependencies as RequestAborted`, async () => {
          await leaveMidway(address, `/endless${pathOf(name)}`, isHttp2);
          await until('its dependency closes', () => assert.notEqual(seen.length, 0));
          assert.deepEqual(seen, ['rolls back']);
          assert.ok(failures[0] instanceof RequestAborted, String(failures[0]));
          assert.equal(failures[0].reason, 'client-gone');
        });

        test(`a time limit that ends a ${name} is told to dependencies as such`, async () => {
          await assert.rejects(get(address, `/limited${pathOf(name)}`, isHttp2));
          await until('its dependency closes', () => assert.notEqual(seen.length, 0));
          assert.deepEqual(seen, ['rolls back']);
          assert.equal((failures[0] as CortadoError).code, 'CORTADO_TIMEOUT');
        });
      }

      if (hook === 'a slow Transform')
        for (const [name, response, , sent] of kinds.filter(
          ([kind]) => !whole.includes(kind) && kind !== 'content() of a text',
        ))
          test(`what ${name} used stays open until its last byte has left`, async () => {
            const { reached, release } = hold();
            const getting = get(address, pathOf(name), isHttp2);
            await reached;
            await sleep(5);
            assert.deepEqual([seen, response?.format], [[], response?.format]);
            release();
            assert.equal(unpacked(await getting), sent);
            await app.idle();
            assert.deepEqual(seen, ['commits']);
          });
    });
