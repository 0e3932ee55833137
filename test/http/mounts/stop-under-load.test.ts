import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { Hono } from 'hono';
import WebSocket from 'ws';
import { z } from 'zod';
import { KeptClient } from '../../../scripts/chaos/kept-client.ts';
import { App, component, proxy } from '../../../src/index.ts';
import { fastapiPython, serveFastapi } from '../../support/fastapi.ts';
import { sendRequest } from '../../support/send-request.ts';
import { until } from '../../support/until.ts';

const { python, skip } = fastapiPython();
const service = fileURLToPath(new URL('python/service.py', import.meta.url));

/** What is asked, and what the answer must be. */
const asks: readonly (readonly [method: 'GET' | 'POST', path: string, value: unknown, status: number, text: string])[] =
  [
    ['GET', '/app/slow', undefined, 200, '{"by":"app"}'],
    ['POST', '/app/items', { name: 'Ada' }, 201, '{"name":"Ada"}'],
    ['GET', '/hono/slow', undefined, 200, '{"by":"hono"}'],
    ['POST', '/hono/items', { name: 'Ada' }, 201, '{"name":"Ada"}'],
    ['GET', '/express/slow', undefined, 200, '{"by":"express"}'],
    ['POST', '/express/items', { name: 'Ada' }, 201, '{"name":"Ada"}'],
    ['GET', '/fast', undefined, 200, '{"by":"fastapi"}'],
    ['GET', '/slow', undefined, 200, '{"by":"fastapi"}'],
    ['POST', '/items/', { name: 'Ada' }, 201, '{"name":"Ada"}'],
    ['GET', '/stream', undefined, 200, Array.from({ length: 20 }, (_, n) => `${n}\n`).join('')],
    ['GET', '/own', undefined, 200, '{"by":"outer"}'],
  ];

interface Load {
  /** How many were answered as they should be, by the first part of their paths. */
  readonly answered: Map<string, number>;
  readonly lost: string[];
  refused: number;
}

/** Asks one thing after the other over kept connections, until nobody listens any more. */
async function ask(address: string, at: number, load: Load): Promise<void> {
  using client = new KeptClient(address);
  for (let count = at; count < 100_000; count++) {
    const [method, path, value, status, text] = asks[count % asks.length]!;
    const ending = await client.send(method, path, value);
    if (ending.kind === 'refused') {
      load.refused++;
      return;
    }
    if (ending.kind === 'answered' && ending.status === status && ending.text === text)
      load.answered.set(path, (load.answered.get(path) ?? 0) + 1);
    else load.lost.push(`${method} ${path}: ${JSON.stringify(ending)}`);
    // Some are busy, some keep their connections idle for a while.
    if (at % 3 === 0) await pause(at);
  }
}

test('another App, Hono, Express and a live FastAPI service stop in order under load, and no request is lost', {
  skip,
}, async (t) => {
  const { program, address: behind } = await serveFastapi(python, service);
  await using _ = program;
  const seen: string[] = [];
  const noting = (name: string) => ({ [component]: () => ({ name, stop: () => void seen.push(`${name} stops`) }) });
  const Item = z.object({ name: z.string() });

  const mounted = new App({ logger: false });
  mounted.use(noting('inner'));
  mounted.get('/slow', async () => pause(20, { by: 'app' }));
  mounted.post('/items', { params: { item: Item }, status: 201 }, ({ item }) => item);
  const hono = new Hono();
  hono.get('/slow', async ({ json }) => json(await pause(20, { by: 'hono' })));
  hono.post('/items', async ({ req, json }) => json(await req.json(), 201));
  const ex = express();
  ex.use(express.json());
  ex.get('/slow', (_request, response) => void setTimeout(() => response.json({ by: 'express' }), 20));
  ex.post('/items', ({ body }, response) => void response.status(201).json(body));

  const app = new App({ logger: false });
  app.use(noting('outer'));
  app.mount('/app', mounted);
  app.mount('/hono', hono);
  app.mount('/express', ex);
  app.mount('/', proxy(behind));
  app.get('/own', async () => pause(5, { by: 'outer' }));
  const address = await app.listen({ port: 0 });
  const socket = new WebSocket(`${address.replace('http', 'ws')}/echo`);
  await once(socket, 'open');
  socket.send('hello');
  assert.equal(String((await once(socket, 'message'))[0]), 'hello');
  const closed = once(socket, 'close');

  const load: Load = { answered: new Map(), lost: [], refused: 0 };
  const clients = Array.from({ length: 24 }, (_, at) => ask(address, at, load));
  const countAnswered = (): number => [...load.answered.values()].reduce((sum, count) => sum + count, 0);
  await until('many were answered', () => assert.ok(countAnswered() >= 500, `${countAnswered()} answered`));
  const report = await app.close({ deadline: 10_000, linger: 1000 });
  await Promise.all(clients);

  const answered = countAnswered();
  t.diagnostic(
    `${answered} answered, ${load.lost.length} lost, ${load.refused} clients refused in the end; stopped in ${report.ms} ms`,
  );
  assert.deepEqual(load.lost, []);
  assert.deepEqual(report.cut, []);
  assert.equal(load.answered.size, asks.length);
  assert.equal(load.refused, clients.length);
  assert.deepEqual(seen, ['inner stops', 'outer stops']);
  assert.equal((await closed)[0], 1001);
  // The service is not the app's: it goes on.
  assert.equal((await sendRequest(behind, '/fast')).status, 200);
});

test('FastAPI redirects, and learns of the client, as it would at the place of the app', { skip }, async () => {
  const { program, address: behind } = await serveFastapi(python, service);
  await using _ = program;
  const app = new App({ logger: false });
  app.mount('/old', proxy(behind));
  const address = await app.listen({ port: 0 });
  const { status, headers } = await sendRequest(address, '/old/items', { method: 'POST' });
  assert.deepEqual([status, headers.location], [307, '/old/items/']);
  const forged = { 'x-forwarded-for': '6.6.6.6', 'x-forwarded-proto': 'https' };
  const { client, scheme } = (await sendRequest(address, '/old/seen', { headers: forged })).json<
    Record<string, string>
  >();
  assert.deepEqual([client, scheme], ['127.0.0.1', 'http']);
  assert.equal((await sendRequest(address, '/old/nothing')).text, '{"detail":"Not Found"}');
  await app.close();
});
