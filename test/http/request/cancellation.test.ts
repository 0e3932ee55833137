import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { App, type AppOptions, dependency, gather, RequestAborted, sleep } from '../../../src/index.ts';
import { coded } from '../../support/coded.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { openSocket } from '../../support/raw-socket.ts';
import { sendRequest } from '../../support/send-request.ts';
import { until } from '../../support/until.ts';

interface Serving extends AsyncDisposable {
  readonly address: string;
}

async function serve(app: App): Promise<Serving> {
  const address = await app.listen({ port: 0 });
  return { address, [Symbol.asyncDispose]: async () => void (await app.close({ deadline: 500 })) };
}

const quiet: AppOptions = { logger: false };
const post = 'POST /work HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n{"a":1}';

/** An app whose one route waits, and tells how its signal fired. */
function waiting(method: 'get' | 'post'): { app: App; entered: () => number; reasons: unknown[] } {
  const app = new App(quiet);
  const reasons: unknown[] = [];
  let entered = 0;
  const handler = async (_: unknown, { signal }: { signal: AbortSignal }): Promise<string> => {
    entered++;
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    reasons.push(signal.reason);
    return 'late';
  };
  if (method === 'get') app.get('/work', handler);
  else app.post('/work', { params: { item: z.object({ a: z.int() }) } }, handler);
  return { app, entered: () => entered, reasons };
}

for (const [name, method, text] of [
  ['GET', 'get', 'GET /work HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['POST whose body was read', 'post', post],
] as const)
  test(`the signal of a ${name} fires when its client leaves`, async () => {
    const { app, entered, reasons } = waiting(method);
    await using serving = await serve(app);
    const socket = await openSocket(serving.address);
    socket.write(text);
    await until('the handler runs', () => assert.equal(entered(), 1));
    await pause(60);
    assert.equal(reasons.length, 0);
    socket.destroy();
    await until('1 of them is there', () => assert.equal(reasons.length, 1));
    assert.ok(reasons[0] instanceof RequestAborted && reasons[0].reason === 'client-gone');
    await until('no request is open', () => assert.equal(app.openRequests, 0));
  });

test('the signal of a request that is answered does not fire, on a kept connection neither', async () => {
  const app = new App(quiet);
  const signals: AbortSignal[] = [];
  app.post('/work', { params: { item: z.object({ a: z.int() }) } }, async (_, { signal }) => {
    signals.push(signal);
    await pause(20);
    return 1;
  });
  await using serving = await serve(app);
  const socket = await openSocket(serving.address);
  for (let round = 0; round < 3; round++) {
    socket.write(post);
    await once(socket, 'data');
  }
  socket.destroy();
  await pause(100);
  assert.equal(signals.length, 3);
  assert.ok(signals.every(({ aborted }) => !aborted));
});

test('every pipelined request hears of its client leaving, those whose turn has not come included', async () => {
  const { app, entered, reasons } = waiting('post');
  await using serving = await serve(app);
  const socket = await openSocket(serving.address);
  socket.write(post.repeat(5));
  await until('the handlers run', () => assert.equal(entered(), 5));
  socket.destroy();
  await until('5 of them are there', () => assert.equal(reasons.length, 5));
  await until('no request is open', () => assert.equal(app.openRequests, 0));
});

test('pipelined requests are answered in their order, each with its own signal', async () => {
  const app = new App(quiet);
  const signals: AbortSignal[] = [];
  app.get('/{ms}', { params: { ms: z.int() } }, async ({ ms }, { signal }) => {
    signals.push(signal);
    await pause(ms);
    return ms;
  });
  await using serving = await serve(app);
  const socket = await openSocket(serving.address);
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  socket.write([80, 10, 40].map((ms) => `GET /${ms} HTTP/1.1\r\nhost: x\r\n\r\n`).join(''));
  await until('three answers came', () => assert.equal(received.match(/HTTP\/1\.1 200/g)?.length, 3));
  assert.deepEqual(received.match(/(?<=\r\n\r\n)\d+/g), ['80', '10', '40']);
  socket.destroy();
  await pause(50);
  assert.ok(signals.every(({ aborted }) => !aborted));
});

test('a client that leaves ends dependencies, sleeps, gathered work and fetches, and nothing is committed', async () => {
  const seen: string[] = [];
  const session = dependency(async function* () {
    try {
      yield 1;
      seen.push('commit');
    } catch (error) {
      seen.push('rollback');
      throw error;
    }
  });
  const upstream = new App(quiet);
  upstream.get('/', async (_, { signal }) => {
    await sleep(30_000).catch(() => seen.push('upstream'));
    return signal.aborted;
  });
  await using other = await serve(upstream);
  const app = new App(quiet);
  app.get('/', { params: { session } }, async (_, { signal }) => {
    const ended = (name: string) => (error: unknown) => {
      seen.push(name);
      throw error;
    };
    await gather([
      () => sleep(30_000).catch(ended('sleep')),
      (own) => fetch(other.address, { signal: own }).catch(ended('fetch')),
    ]);
    return signal.aborted;
  });
  await using serving = await serve(app);
  const socket = await openSocket(serving.address);
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await until('the request has reached the other app', () => assert.equal(upstream.openRequests, 1));
  socket.destroy();
  await until('no request is open', () => assert.deepEqual([app.openRequests, upstream.openRequests], [0, 0]));
  assert.deepEqual(seen.toSorted(), ['fetch', 'rollback', 'sleep', 'upstream']);
});

test('a client that leaves ends a stream, and what the stream used', async () => {
  const seen: string[] = [];
  const app = new App(quiet);
  app.get('/', async (_, { signal }) => {
    signal.addEventListener('abort', () => seen.push('signal'));
    async function* lines(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          yield new TextEncoder().encode('line\n');
          await pause(5);
        }
      } finally {
        seen.push('generator');
      }
    }
    return new Response(ReadableStream.from(lines()));
  });
  await using serving = await serve(app);
  const socket = await openSocket(serving.address);
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(socket, 'data');
  socket.destroy();
  await until('no request is open', () => assert.equal(app.openRequests, 0));
  await until('2 of them are there', () => assert.equal(seen.length, 2));
  assert.deepEqual(seen.toSorted(), ['generator', 'signal']);
});

test('a route past its timeout answers 504 at once, its signal fires, and nothing of it is committed', async () => {
  const seen: string[] = [];
  const session = dependency(async function* () {
    try {
      yield 'open';
      seen.push('commit');
    } catch {
      seen.push('rollback');
    }
  });
  const { logger, lines, errors } = memoryLog();
  const app = new App({ logger });
  app.get('/slow', { timeout: 60, params: { session } }, async (_, { signal }) => {
    signal.addEventListener('abort', () => seen.push('signal'));
    await pause(1000);
    seen.push('handler');
    return 1;
  });
  app.get('/sleeps', { timeout: 60 }, () => sleep(60_000));
  app.get('/quick', { timeout: 60 }, (_, { signal }) => signal.aborted);
  await using serving = await serve(app);
  for (const path of ['/slow', '/sleeps']) {
    const { status, text } = await sendRequest(serving.address, path);
    assert.deepEqual([status, text], [504, '{"detail":"The server did not answer in time."}']);
    assert.ok(!seen.includes('handler'), 'the answer waited for the handler');
  }
  assert.equal((await sendRequest(serving.address, '/quick')).text, 'false');
  await until('no request is open', () => assert.equal(app.openRequests, 0));
  // What the handler had opened stayed open until it had ended.
  assert.deepEqual(seen, ['signal', 'handler', 'rollback']);
  assert.deepEqual(errors(), []);
  assert.equal(lines.filter(({ msg }) => msg === 'GET /slow failed: Not answered within 60 ms').length, 1);
});

for (const [name, first] of [
  ['with its first bytes', 10],
  ['without any bytes yet', 10_000],
] as const)
  test(`a stream past the timeout of its route is broken off, ${name}`, async () => {
    const app = new App(quiet);
    app.get('/', { timeout: 80 }, (_, { signal }) => {
      async function* lines(): AsyncGenerator<Uint8Array> {
        for (;;) {
          await pause(first, undefined, { signal });
          yield new TextEncoder().encode('line\n');
        }
      }
      return new Response(ReadableStream.from(lines()));
    });
    await using serving = await serve(app);
    await assert.rejects(sendRequest(serving.address, '/'), /aborted|ECONNRESET|hang up/);
    await until('no request is open', () => assert.equal(app.openRequests, 0));
  });

test('an error handler may answer the timeout of a route', async () => {
  const app = new App(quiet);
  app.onError(504, () => Response.json({ sorry: true }, { status: 504 }));
  app.get('/', { timeout: 20 }, () => sleep(60_000));
  await using serving = await serve(app);
  assert.deepEqual((await sendRequest(serving.address, '/')).json(), { sorry: true });
});

for (const timeout of [0, -1, Number.NaN, 2 ** 31])
  test(`refuses a timeout of ${timeout}`, () => {
    assert.throws(
      () => new App(quiet).get('/', { timeout }, () => 1),
      coded('CORTADO_OPTION_INVALID', 'GET /', 'timeout'),
    );
  });
