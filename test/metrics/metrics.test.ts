import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { Counter } from 'prom-client';
import { z } from 'zod';
import { database, model, primaryKey } from '../../src/db/index.ts';
import { App, component, dependency, type ErrorCode, type Host, HttpError, sleep } from '../../src/index.ts';
import { metrics } from '../../src/metrics/index.ts';
import { Queue } from '../../src/queue/index.ts';
import { testClient } from '../../src/testing/index.ts';
import { threads } from '../../src/threads/index.ts';
import { coded } from '../support/coded.ts';
import { parseMetrics, type Scrape } from '../support/parse-metrics.ts';
import { openSocket } from '../support/raw-socket.ts';
import { sendRequest } from '../support/send-request.ts';
import { until } from '../support/until.ts';

async function listen(app: App) {
  const address = await app.listen({ port: 0 });
  return { address, [Symbol.asyncDispose]: () => app.close({ deadline: 0 }).then(() => {}) };
}

async function scrape(address: string, path = '/metrics'): Promise<Scrape> {
  const { status, headers, text } = await sendRequest(address, path);
  assert.equal(status, 200, text);
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/);
  return parseMetrics(text);
}

const duration = 'http_request_duration_seconds';

test('an app that does not ask for metrics exposes none', async () => {
  await using client = await testClient(new App({ logger: false }));
  assert.equal((await client.get('/metrics')).status, 404);
});

test('counts requests by method, route template and status, and how long they took', async () => {
  const app = new App({ logger: false });
  app.use(metrics());
  app.get('/users/{user_id}', { params: { user_id: z.int() } }, ({ user_id }) => {
    if (user_id === 404) throw new HttpError(404);
    return user_id;
  });
  app.post('/slow', async () => void (await sleep(120)));
  await using server = await listen(app);
  const { address } = server;
  for (const path of ['/users/1', '/users/2', '/users/3', '/users/404', '/users/x']) await sendRequest(address, path);
  await sendRequest(address, '/slow', { method: 'POST' });
  await sendRequest(address, '/users/1', { method: 'HEAD' });
  const { value, types } = await scrape(address);
  const route = '/users/{user_id}';
  assert.equal(types[duration], 'histogram');
  const count = (labels: Record<string, string>) => value(`${duration}_count`, labels);
  assert.equal(count({ method: 'GET', route, status: '200' }), 3);
  assert.equal(count({ method: 'GET', route, status: '404' }), 1);
  assert.equal(count({ method: 'GET', route, status: '422' }), 1);
  assert.equal(count({ method: 'HEAD', route, status: '200' }), 1);
  const slow = { method: 'POST', route: '/slow', status: '200' };
  assert.equal(value(`${duration}_bucket`, { ...slow, le: '0.1' }), 0);
  assert.equal(value(`${duration}_bucket`, { ...slow, le: '+Inf' }), 1);
  const seconds = value(`${duration}_sum`, slow)!;
  assert.ok(seconds >= 0.11 && seconds < 5, `${seconds} s`);
});

test('paths that no route takes are one series, whatever clients ask for', async () => {
  const app = new App({ logger: false });
  app.use(metrics({ process: false }));
  app.get('/items/{name}', { params: { name: z.string() } }, ({ name }) => name);
  await using server = await listen(app);
  const { address } = server;
  for (let n = 0; n < 50; n++) await sendRequest(address, `/wp-login-${n}.php?x=${n}`);
  for (const path of ['/items/', '/items/a/', '/items/%2e%2e']) await sendRequest(address, path);
  await sendRequest(address, '/items/a', { method: 'DELETE' });
  const { samples, value } = await scrape(address);
  const routes = new Set(
    samples.filter(({ name }) => name === `${duration}_count`).map(({ labels }) => labels['route']),
  );
  assert.deepEqual([...routes].sort(), ['/items/{name}', 'unmatched']);
  assert.ok(value(`${duration}_count`, { route: 'unmatched', status: '404', method: 'GET' })! >= 50);
  assert.equal(value(`${duration}_count`, { route: 'unmatched', status: '405' }), 1);
});

test('tells what is in flight, streams and deferred work included, and clients that left as 499', async () => {
  const app = new App({ logger: false });
  app.use(metrics({ process: false }));
  let release = (): void => {};
  app.get('/wait', (_, { signal }) => sleep(10_000, { signal }));
  app.get('/defer', (_, ctx) => {
    ctx.defer(() => new Promise<void>((resolve) => (release = resolve)));
    return 1;
  });
  await using server = await listen(app);
  const { address } = server;
  const socket = await openSocket(address);
  socket.write('GET /wait HTTP/1.1\r\nhost: x\r\n\r\n');
  await until('a request is open', () => assert.equal(app.openRequests, 1));
  await sendRequest(address, '/defer');
  const busy = await scrape(address);
  assert.equal(busy.types['http_requests_in_flight'], 'gauge');
  assert.equal(busy.value('http_requests_in_flight', { route: '/wait', method: 'GET' }), 1);
  assert.equal(busy.value('cortado_deferred_work', { route: '/defer' }), 1);
  socket.destroy();
  release();
  await until('no request is open', () => assert.equal(app.openRequests, 0));
  const idle = await scrape(address);
  assert.equal(idle.value('http_requests_in_flight', { route: '/wait' }), 0);
  assert.equal(idle.value('cortado_deferred_work', { route: '/defer' }), 0);
  assert.equal(idle.value(`${duration}_count`, { route: '/wait', status: '499' }), 1);
});

test('tells who held up the loop, as gauges and as a histogram', async () => {
  const app = new App({ logger: false, loop: { threshold: 30 } });
  app.use(metrics({ process: false }));
  app.get('/block', () => {
    for (const end = performance.now() + 60; performance.now() < end; );
  });
  await using server = await listen(app);
  for (let n = 0; n < 2; n++) await sendRequest(server.address, '/block');
  await pause(20);
  const { value, types } = await scrape(server.address);
  const labels = { owner: 'GET /block', phase: 'handler' };
  assert.equal(types['cortado_loop_blocked_total'], 'counter');
  assert.equal(value('cortado_loop_blocked_total', labels), 2);
  assert.equal(value('cortado_loop_blocked_seconds_count', labels), 2);
  assert.equal(value('cortado_loop_blocked_seconds_bucket', { ...labels, le: '0.05' }), 0);
  assert.ok(value('cortado_loop_blocked_seconds_sum', labels)! >= 0.12);
});

class Cup extends model('cups', { id: primaryKey(), size: z.int() }) {}

test('tells of threads, databases, queues and their tasks', async () => {
  const app = new App({ logger: false });
  const db = database({ url: 'sqlite::memory:', models: { Cup } });
  const queue = new Queue({ engine: 'memory:' });
  const pool = threads<typeof import('../support/waits.ts')>(new URL('../support/waits.ts', import.meta.url), {
    threads: 1,
  });
  const hard = queue.task('hard', { params: { fails: z.boolean() } }, ({ fails }) => {
    if (fails) throw new Error('no');
  });
  const stuck = queue.task('stuck', (_, { signal }) => sleep(10_000, { signal }));
  app
    .use(db, { createSchema: true })
    .use(queue, { worker: { concurrency: 2 } })
    .use(pool);
  app.use(metrics({ process: false }));
  app.get('/hold', { params: { session: db.session } }, async ({ session }) => {
    await session.insertInto('cups').values({ size: 1 }).execute();
    await pool.wait(1000);
  });
  app.get('/tasks', async () => {
    for (const fails of [false, false, true]) await hard.enqueue({ fails });
    await stuck.enqueue();
  });
  await using server = await listen(app);
  const { address } = server;
  await sendRequest(address, '/tasks');
  const held = [sendRequest(address, '/hold'), sendRequest(address, '/hold')];
  const types = await until('everything is at work', async () => {
    const { value, types } = await scrape(address);
    assert.deepEqual(
      {
        dbWaiting: value('cortado_db_waiting'),
        dbInUse: value('cortado_db_in_use', { database: 'sqlite::memory:' }),
        busy: value('cortado_threads_busy', { pool: 'waits' }),
        succeeded: value('cortado_tasks', { queue: 'default', state: 'succeeded' }),
        failed: value('cortado_tasks', { queue: 'default', state: 'failed' }),
        running: value('cortado_tasks', { queue: 'default', state: 'running' }),
        queued: value('cortado_tasks', { queue: 'default', state: 'queued' }),
        done: value('cortado_tasks_succeeded_total'),
        took: value('cortado_task_duration_seconds_count', { task: 'hard', outcome: 'succeeded' }),
        tookFailing: value('cortado_task_duration_seconds_count', { task: 'hard', outcome: 'failed' }),
      },
      {
        dbWaiting: 1,
        dbInUse: 1,
        busy: 1,
        succeeded: 2,
        failed: 1,
        running: 1,
        queued: 0,
        done: 2,
        took: 2,
        tookFailing: 1,
      },
    );
    return types;
  });
  assert.equal(types['cortado_tasks_succeeded_total'], 'counter');
  await Promise.all(held);
});

test('has the figures of the process unless told otherwise, with prefix and labels on all of them', async () => {
  const app = new App({ logger: false });
  app.use(metrics({ path: '/internal/metrics', prefix: 'shop_', labels: { service: 'bar' }, buckets: [0.5, 1] }));
  app.get('/', () => 1);
  await using server = await listen(app);
  await sendRequest(server.address, '/');
  const { samples, value } = await scrape(server.address, '/internal/metrics');
  assert.ok(value('shop_process_resident_memory_bytes')! > 1e6);
  assert.ok(samples.some(({ name }) => name === 'shop_nodejs_eventloop_lag_p99_seconds'));
  assert.deepEqual(
    samples.filter(({ name, labels }) => !name.startsWith('shop_') || labels['service'] !== 'bar'),
    [],
  );
  const bounds = samples.filter(({ name, labels }) => name === `shop_${duration}_bucket` && labels['route'] === '/');
  assert.deepEqual(
    bounds.map(({ labels }) => labels['le']),
    ['0.5', '1', '+Inf'],
  );
  assert.equal((await sendRequest(server.address, '/metrics')).status, 404);
});

test('two apps of one process do not mix, and figures of one’s own are in the registry', async () => {
  const make = (name: string) => {
    const app = new App({ logger: false });
    const figures = metrics();
    const cups = new Counter({ name: 'cups_total', help: 'Cups', registers: [figures.registry] });
    app.use(figures);
    app.get(`/${name}`, () => void cups.inc());
    return app;
  };
  await using one = await listen(make('one'));
  await using two = await listen(make('two'));
  for (let n = 0; n < 3; n++) await sendRequest(one.address, '/one');
  await sendRequest(two.address, '/two');
  const [first, second] = [await scrape(one.address), await scrape(two.address)];
  assert.deepEqual([first.value('cups_total'), second.value('cups_total')], [3, 1]);
  assert.equal(first.value(`${duration}_count`, { route: '/one' }), 3);
  assert.equal(first.value(`${duration}_count`, { route: '/two' }), undefined);
});

test('goes on counting when the app starts again', async () => {
  const app = new App({ logger: false });
  app.use(metrics());
  app.get('/', () => 1);
  for (let n = 1; n <= 2; n++) {
    await using server = await listen(app);
    await sendRequest(server.address, '/');
    assert.equal((await scrape(server.address)).value(`${duration}_count`, { route: '/' }), n);
  }
});

test('guards stand before it, and it is not in the documentation', async () => {
  const friends = dependency(() => {
    throw new HttpError(403, 'Not for you');
  });
  const app = new App({ logger: false });
  app.use(metrics({ guards: [friends] }));
  await using client = await testClient(app);
  assert.equal((await client.get('/metrics')).status, 403);
  assert.deepEqual(app.openapi().paths, {});
});

test('answers while the app refuses other requests, and says how many it refused', async () => {
  const app = new App({ logger: false, limits: { inFlight: 1 } });
  app.use(metrics({ process: false }));
  app.get('/', () => sleep(300));
  await using server = await listen(app);
  const held = sendRequest(server.address, '/');
  await until('a request is open', () => assert.equal(app.openRequests, 1));
  for (let n = 0; n < 4; n++) await sendRequest(server.address, '/');
  const { value, types } = await scrape(server.address);
  assert.equal(value('cortado_requests_refused_total', { cause: 'in-flight' }), 4);
  assert.equal(types['cortado_requests_refused_total'], 'counter');
  assert.equal(value(`${duration}_count`, { route: '/', status: '503' }), 4);
  await held;
});

test('a part that cannot be measured is logged, and the others are there', async () => {
  const warnings: object[] = [];
  const logger = { debug() {}, info() {}, error() {}, warn: (fields: object) => void warnings.push(fields) };
  const app = new App({ logger });
  app.use({ [component]: () => ({ name: 'broken', measure: () => Promise.reject(new Error('gone')) }) });
  const wrong = (): never => {
    throw new Error('wrong');
  };
  app.use({ [component]: () => ({ name: 'wrong', gauges: wrong }) });
  app.use({
    [component]: () => ({ name: 'beans', measure: async () => [{ name: 'beans', help: 'Beans', value: 3 }] }),
  });
  app.use(metrics({ process: false }));
  await using server = await listen(app);
  assert.equal((await scrape(server.address)).value('beans'), 3);
  assert.deepEqual(new Set(warnings.map((fields) => (fields as { part: string }).part)), new Set(['broken', 'wrong']));
});

test('measures requests of plugins by their template, and nothing where nobody listens', async () => {
  const app = new App({ logger: false });
  app.use(async (server: FastifyInstance) => void server.get('/plain/:id', async () => 'plain'));
  const heard: unknown[] = [];
  app.use({
    [component]: (host: Host) => {
      host.observe(({ labels }) => heard.push(labels));
      return { name: 'listener' };
    },
  });
  await using server = await listen(app);
  await sendRequest(server.address, '/plain/5');
  assert.deepEqual(heard, [{ method: 'GET', route: '/plain/:id', status: '200' }]);
});

const wrong: readonly (readonly [object, ErrorCode, ...names: string[]])[] = [
  [{ url: '/x' }, 'CORTADO_OPTION_UNKNOWN', '"url"'],
  [{ prefix: '1shop' }, 'CORTADO_OPTION_INVALID', 'prefix', '"1shop"'],
  [{ labels: { 'a-b': 'x' } }, 'CORTADO_OPTION_INVALID', '"a-b: x"'],
  [{ labels: { a: 1 } }, 'CORTADO_OPTION_INVALID', '"a: 1"'],
  [{ buckets: [1, 1] }, 'CORTADO_OPTION_INVALID', 'buckets'],
  [{ buckets: [0] }, 'CORTADO_OPTION_INVALID', 'buckets'],
];

for (const [options, code, ...names] of wrong)
  test(`refuses metrics(${JSON.stringify(options)})`, () => {
    assert.throws(() => metrics(options), coded(code, ...names));
  });
