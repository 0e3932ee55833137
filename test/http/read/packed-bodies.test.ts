import assert from 'node:assert/strict';
import { Agent, type IncomingMessage, request } from 'node:http';
import http2 from 'node:http2';
import { PassThrough, pipeline } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { brotliCompressSync, createGunzip, deflateSync, gzipSync } from 'node:zlib';
import compress from '@fastify/compress';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { App, dependency, file, form, HttpError } from '../../../src/index.ts';
import { chance } from '../../support/random.ts';

const bodyLimit = 20_000;

const plugins: Readonly<Record<string, (server: FastifyInstance) => void | Promise<void>>> = {
  '@fastify/compress': async (server) => void (await server.register(compress)),
  'a paused stream of a hook': (server) =>
    void server.addHook('preParsing', (request, _reply, payload, done) => {
      if (request.headers['content-encoding'] === undefined) return done(null, payload);
      const unpacked = new PassThrough().pause();
      pipeline(payload, createGunzip(), unpacked, () => {});
      done(null, unpacked);
    }),
};

function global(plugin: (server: FastifyInstance) => void | Promise<void>): (server: FastifyInstance) => Promise<void> {
  return Object.assign(async (server: FastifyInstance) => plugin(server), { [Symbol.for('skip-override')]: true });
}

const Item = z.object({ name: z.string() });
const refusing = dependency(() => {
  throw new HttpError(401);
});

function makeApp(plugin: (server: FastifyInstance) => void | Promise<void>, isHttp2: boolean): App {
  const app = new App({ logger: false, bodyLimit, server: { http2: isHttp2 } });
  app.use(global(plugin));
  app.post('/json', { params: { item: Item } }, ({ item }) => ({ size: item.name.length }));
  app.post('/form', { params: { name: form(z.string()) } }, ({ name }) => ({ size: name.length }));
  app.post('/file', { params: { upload: file(z.file()) } }, ({ upload }) => ({ size: upload.size }));
  app.post('/raised', { params: { item: Item }, bodyLimit: 1_000_000 }, ({ item }) => ({ size: item.name.length }));
  app.post('/guarded', { params: { item: Item }, guards: [refusing] }, ({ item }) => item);
  app.post('/unread', () => 'not read');
  return app;
}

const boundary = 'x-boundary';
const bodies: Readonly<Record<'json' | 'form' | 'file', (size: number) => readonly [type: string, body: string]>> = {
  json: (size: number) => ['application/json', JSON.stringify({ name: 'a'.repeat(size) })],
  form: (size: number) => ['application/x-www-form-urlencoded', `name=${'a'.repeat(size)}`],
  file: (size: number) => [
    `multipart/form-data; boundary=${boundary}`,
    `--${boundary}\r\ncontent-disposition: form-data; name="upload"; filename="a.txt"\r\n\r\n${'a'.repeat(size)}\r\n--${boundary}--\r\n`,
  ],
};

interface Answered {
  readonly status: number;
  readonly body: unknown;
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

async function post(address: string, path: string, type: string, bytes: Buffer, encoding = 'gzip'): Promise<Answered> {
  const headers = { 'content-type': type, 'content-encoding': encoding, 'content-length': bytes.length };
  if (!isHttp2(address)) {
    const sent = request(new URL(path, address), { method: 'POST', headers, agent });
    const incoming = new Promise<IncomingMessage>((resolve, reject) =>
      sent.on('response', resolve).on('error', reject),
    );
    sent.end(bytes);
    const answer = await incoming;
    return { status: answer.statusCode ?? 0, body: parsed(await text(answer)) };
  }
  const session = http2.connect(address.slice(0, -1));
  try {
    const stream = session.request({ ':method': 'POST', ':path': path, ...headers });
    let status = 0;
    stream.once('response', (head) => (status = Number(head[':status'])));
    stream.end(bytes);
    const body = parsed(await text(stream));
    return { status, body };
  } finally {
    session.destroy();
  }
}

// Told apart by its last slash.
const isHttp2 = (address: string): boolean => address.endsWith('/');

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

for (const http2 of [false, true])
  for (const [name, plugin] of Object.entries(plugins))
    describe(`${name}, ${http2 ? 'HTTP/2' : 'HTTP/1.1'}`, { timeout: 20_000 }, () => {
      const app = makeApp(plugin, http2);
      let address: string;
      before(async () => {
        address = `${await app.listen({ port: 0 })}${http2 ? '/' : ''}`;
      });
      after(() => app.close());

      for (const [kind, make] of Object.entries(bodies)) {
        test(`a packed body is read: ${kind}`, async () => {
          const [type, body] = make(5000);
          assert.deepEqual(await post(address, `/${kind}`, type, gzipSync(body)), {
            status: 200,
            body: { size: 5000 },
          });
        });

        test(`bodyLimit holds for what is unpacked: ${kind}`, async () => {
          const [type, body] = make(bodyLimit * 50);
          const bytes = gzipSync(body);
          assert.ok(bytes.length < bodyLimit);
          const { status } = await post(address, `/${kind}`, type, bytes);
          assert.equal(status, 413);
        });

        for (const [how, spoil] of [
          ['no gzip at all', () => Buffer.from('no gzip at all')],
          ['a part of one', (bytes: Buffer) => bytes.subarray(0, bytes.length - 12)],
          ['one with a broken byte', (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -6), Buffer.from('xxxxxx')])],
        ] as const)
          test(`what is ${how} is a 400: ${kind}`, async () => {
            const [type, body] = make(5000);
            const { status } = await post(address, `/${kind}`, type, spoil(gzipSync(body)));
            assert.equal(status, 400);
          });
      }

      test("a route's own bodyLimit holds for what is unpacked", async () => {
        const [type, body] = bodies.json(bodyLimit * 10);
        const { status } = await post(address, '/raised', type, gzipSync(body));
        assert.equal(status, 200);
      });

      for (const [path, status] of [
        ['/guarded', 401],
        ['/unread', 200],
      ] as const)
        test(`a packed body that nobody reads does not keep its connection busy: ${path}`, async (context) => {
          const bytes = gzipSync(chance(context).bytes(1_000_000));
          assert.equal((await post(address, path, 'application/json', bytes)).status, status);
          const [type, body] = bodies.json(10);
          assert.equal((await post(address, '/json', type, gzipSync(body))).status, 200);
        });

      for (const [path, status] of [
        ['/raised', 400],
        ['/guarded', 401],
      ] as const)
        test(`a large body that is no gzip does not keep its connection busy: ${path}`, async (context) => {
          // Its client may still be sending when the connection ends.
          const bytes = chance(context).bytes(900_000);
          const answered = await post(address, path, 'application/json', bytes).catch(() => undefined);
          assert.equal(answered?.status ?? status, status);
          const [type, body] = bodies.json(10);
          const next = (): Promise<Answered> => post(address, '/json', type, gzipSync(body));
          // It may be sent on the connection as that one ends, as clients of kept connections know.
          assert.equal((await next().catch(next)).status, 200);
        });

      if (name === '@fastify/compress')
        for (const [encoding, pack, status] of [
          ['br', brotliCompressSync, 200],
          ['deflate', deflateSync, 200],
          ['identity', (text: string) => Buffer.from(text), 200],
          ['rot13', (text: string) => Buffer.from(text), 415],
        ] as const)
          test(`content-encoding: ${encoding} is a ${status}`, async () => {
            const [type, body] = bodies.json(5000);
            assert.equal((await post(address, '/json', type, pack(body), encoding)).status, status);
          });
    });
