import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { afterEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { App, type AppOptions, dependency } from '../../../src/index.ts';
import { openSocket, sendRaw } from '../../support/raw-socket.ts';

const Item = z.object({ name: z.string() });
const contexts = new AsyncLocalStorage<string>();

let app: App;
afterEach(() => app.close());

async function listen(options: AppOptions = {}, prepare: (app: App) => void = () => {}): Promise<string> {
  app = new App({ logger: false, ...options });
  const slow = dependency(() => pause(60), { name: 'slow' });
  app.post('/items', { params: { item: Item } }, ({ item }) => item);
  app.post('/guarded', { params: { item: Item }, guards: [slow] }, ({ item }) => item);
  app.post('/context', { params: { item: Item } }, () => contexts.getStore() ?? 'none');
  app.post('/hasty', { params: { item: Item }, timeout: 50 }, ({ item }) => item);
  app.post('/stream', { params: { item: Item } }, async ({ item }, { request }) => {
    const rest = await buffer(request.raw);
    await finished(request.raw);
    return { ...item, rest: rest.length };
  });
  prepare(app);
  return `${await app.listen({ port: 0 })}`;
}

const body = JSON.stringify({ name: 'Zoë 🎈' });
const bytes = Buffer.from(body);

function head(path: string, length: number | 'chunked', ...more: string[]): string {
  const size = length === 'chunked' ? 'transfer-encoding: chunked' : `content-length: ${length}`;
  return [`POST ${path} HTTP/1.1`, 'host: x', 'content-type: application/json', size, ...more, '', ''].join('\r\n');
}

const post = (path: string): Buffer => Buffer.concat([Buffer.from(head(path, bytes.length)), bytes]);

/** Collects answers until there are `count` of them. */
async function answers(socket: Socket, count: number): Promise<string[]> {
  let received = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    received += chunk;
    const found = received.split(/(?=HTTP\/1\.1 \d)/);
    if (found.length === count && found.at(-1)!.includes('}')) return found;
  }
  return received.split(/(?=HTTP\/1\.1 \d)/);
}

const ways: readonly [string, (socket: Socket, path: string) => Promise<void>][] = [
  ['in one piece with its head', async (socket, path) => void socket.write(post(path))],
  [
    'after its head',
    async (socket, path) => {
      socket.write(head(path, bytes.length));
      await pause(15);
      socket.write(bytes);
    },
  ],
  [
    'long after its head',
    async (socket, path) => {
      socket.write(head(path, bytes.length));
      await pause(120);
      socket.write(bytes);
    },
  ],
  [
    'byte by byte',
    async (socket, path) => {
      socket.setNoDelay();
      socket.write(head(path, bytes.length));
      for (const byte of bytes) {
        socket.write(Buffer.of(byte));
        await pause(5);
      }
    },
  ],
  [
    'in chunks of no declared length',
    async (socket, path) => {
      socket.write(head(path, 'chunked'));
      for (const part of [bytes.subarray(0, 12), bytes.subarray(12)]) {
        socket.write(`${part.length.toString(16)}\r\n`);
        socket.write(part);
        socket.write('\r\n');
        await pause(15);
      }
      socket.write('0\r\n\r\n');
    },
  ],
  [
    'after it was told to continue',
    async (socket, path) => {
      socket.write(head(path, bytes.length, 'expect: 100-continue'));
      const [told] = await once(socket, 'data');
      assert.match(String(told), /^HTTP\/1\.1 100 /);
      socket.write(bytes);
    },
  ],
];
for (const path of ['/items', '/guarded']) {
  for (const [way, send] of ways) {
    test(`a body that comes ${way} is read by ${path}, and by the connection's next request`, async () => {
      const socket = await openSocket(await listen());
      for (let round = 0; round < 2; round++) {
        await send(socket, path);
        const [answer] = await answers(socket, 1);
        assert.match(answer!, /^HTTP\/1\.1 200 /);
        assert.equal(answer!.slice(answer!.indexOf('\r\n\r\n') + 4), body);
      }
      socket.destroy();
    });
  }
}

test('pipelined bodies are answered each, in their order', async () => {
  const socket = await openSocket(await listen());
  const paths = ['/guarded', '/items', '/stream', '/items'];
  socket.write(Buffer.concat(paths.map(post)));
  const found = await answers(socket, paths.length);
  socket.destroy();
  assert.deepEqual(
    found.map((answer) => answer.includes('"rest":0')),
    [false, false, true, false],
  );
  assert.ok(found.every((answer) => answer.startsWith('HTTP/1.1 200 ') && answer.includes('Zoë')));
});

test('a client that leaves in the middle of its body leaves nothing open', async () => {
  const lines: unknown[] = [];
  const logger = {
    level: 'info',
    fatal() {},
    error: lines.push.bind(lines),
    warn() {},
    info() {},
    debug() {},
    trace() {},
  };
  const address = await listen({ logger: { ...logger, silent() {}, child: () => logger } as never });
  for (const path of ['/items', '/guarded']) {
    const socket = await openSocket(address);
    socket.write(`${head(path, 100)}{"name": "half`);
    await pause(100);
    socket.destroy();
  }
  await pause(50);
  assert.equal((await sendRaw(address, post('/items'))).status, 200);
  await app.close();
  assert.deepEqual(lines, []);
});

test('a body that has not come within the time of its route ends its connection, and no other', async () => {
  const address = await listen();
  const socket = await openSocket(address);
  const closing = once(socket, 'close');
  socket.write(head('/hasty', bytes.length));
  const [late] = await answers(socket, 1);
  assert.match(late!, /^HTTP\/1\.1 504 .*connection: close/is);
  await closing;
  const next = await sendRaw(address, post('/items'));
  assert.equal(next.status, 200);
});

test('a plugin that begins an asynchronous context in a hook finds it in the handlers of bodies', async () => {
  const address = await listen({}, ({ server }) => {
    server.addHook('onRequest', (_request, _reply, done) => contexts.run('from the hook', done));
  });
  assert.equal((await sendRaw(address, post('/context'))).json, 'from the hook');
});

test('a tracer that binds the listeners of a request finds its context in the handlers of bodies', async () => {
  const address = await listen();
  const { server } = app.server;
  const [handle] = server.listeners('request') as [(...args: unknown[]) => void];
  server.removeListener('request', handle);
  server.on('request', (incoming: IncomingMessage, ...rest) => {
    contexts.run('from the tracer', () => {
      const { on } = incoming;
      incoming.on = function (this: IncomingMessage, event: string, listener: (...args: unknown[]) => void) {
        return on.call(this, event, AsyncLocalStorage.bind(listener));
      } as typeof on;
      handle(incoming, ...rest);
    });
  });
  assert.equal((await sendRaw(address, post('/context'))).json, 'from the tracer');
});

const watchers: readonly [string, (incoming: IncomingMessage) => Promise<unknown>, unknown][] = [
  ['hears of its end', (incoming) => once(incoming, 'end'), []],
  ['hears that it closes', (incoming) => once(incoming, 'close'), []],
  ['waits for it to finish', (incoming) => finished(incoming), undefined],
  ['reads it too', (incoming) => text(incoming), body],
];
for (const [does, watch, expected] of watchers) {
  test(`whoever ${does} does so beside a route that takes the body`, async () => {
    const address = await listen();
    const { promise, resolve } = Promise.withResolvers<unknown>();
    app.server.server.prependListener('request', (incoming) => void watch(incoming).then(resolve));
    assert.equal((await sendRaw(address, post('/items'))).body, body);
    assert.deepEqual(await promise, expected);
  });
}

const listeners: readonly [string, (incoming: IncomingMessage) => Promise<unknown>][] = [
  ['hears of the end', (incoming) => once(incoming.resume(), 'end')],
  ['hears that it closes', (incoming) => once(incoming, 'close')],
  ['reads it', (incoming) => text(incoming)],
];
for (const [does, watch] of listeners) {
  test(`whoever ${does} of a request without a body does so once it is answered`, async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const address = await listen({}, (made) => {
      made.get('/watched', (_, { request }) => {
        void watch(request.raw).then(resolve);
        return 'answered';
      });
    });
    const socket = await openSocket(address);
    for (let round = 0; round < 2; round++) {
      socket.write('GET /watched HTTP/1.1\r\nhost: x\r\n\r\n');
      const [received] = await once(socket, 'data');
      assert.match(String(received), /"answered"$/);
      await promise;
    }
    socket.destroy();
  });
}

test('a client that leaves before its answer is an aborted request', async () => {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const address = await listen({}, (made) => {
    made.get('/left', async (_, { request }) => {
      request.raw.once('close', () => resolve(request.raw.aborted));
      await promise;
    });
  });
  const socket = await openSocket(address);
  socket.write('GET /left HTTP/1.1\r\nhost: x\r\n\r\n');
  await pause(50);
  socket.destroy();
  assert.equal(await promise, true);
});

test("an application's own class of requests is used", async () => {
  class Own extends IncomingMessage {}
  const address = await listen({ server: { http: { IncomingMessage: Own } } }, (made) => {
    made.post('/class', { params: { item: Item } }, (_, ctx) => ctx.request.raw instanceof Own);
  });
  assert.equal((await sendRaw(address, post('/class'))).json, true);
});
