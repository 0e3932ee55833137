import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { App, dependency, HttpError, header, sleep } from '../../../src/index.ts';
import {
  chain,
  Queue,
  type QueueComponentOptions,
  type QueueOptions,
  TaskInputError,
} from '../../../src/queue/index.ts';
import { type TestClient, testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { sendRequest } from '../../support/send-request.ts';
import { until } from '../../support/until.ts';

interface View {
  readonly id: string;
  readonly status: string;
  readonly result: unknown;
  readonly input: unknown;
  readonly error: { readonly message: string; readonly code?: string } | null;
}

function makeBar(use: QueueComponentOptions = { prefix: '/tasks' }, options: QueueOptions = {}) {
  const queue = new Queue(options);
  const brew = queue.task(
    'brew',
    { params: { cups: z.int(), password: z.string().default('x') } },
    async ({ cups }, { signal, progress, log }) => {
      progress(1, cups, 'first cup');
      log.info({}, 'water is hot');
      await sleep(cups === 0 ? 60_000 : 30, { signal });
      if (cups > 5) throw new Error('too many cups');
      return { cups, password: 'secret' };
    },
  );
  const app = new App({ logger: false });
  app.use(queue, use);
  app.post('/brew', { params: { cups: z.int() }, status: 202 }, async ({ cups }) => ({
    status: 'Queued',
    task_id: (await brew.enqueue({ cups })).id,
  }));
  return { app, queue, brew };
}

const worker = { prefix: '/tasks', worker: { concurrency: 1 } };

async function start(client: TestClient, cups: number): Promise<string> {
  const response = await client.post('/brew', { query: { cups } });
  assert.equal(response.status, 202);
  return (await response.json<{ task_id: string }>()).task_id;
}

function reach(client: TestClient, id: string, status: string): Promise<View> {
  return until(`the task is ${status}`, async () => {
    const view = await (await client.get(`/tasks/${id}`)).json<View>();
    assert.equal(view.status, status);
    return view;
  });
}

test('hands out a number, and answers with state and result under it', async () => {
  await using client = await testClient(makeBar().app);
  const id = await start(client, 2);
  const view = await reach(client, id, 'succeeded');
  assert.deepEqual(view.result, { cups: 2, password: 'secret' });
  assert.deepEqual(view.input, { cups: 2 });
});

test('task routes work again on an app that was stopped and started', async () => {
  const { app } = makeBar();
  for (let round = 0; round < 2; round++) {
    await using client = await testClient(app);
    await reach(client, await start(client, 1), 'succeeded');
  }
});

test('answers 404 for an unknown id, on every route', async () => {
  await using client = await testClient(makeBar().app);
  for (const [method, path] of [
    ['GET', '/tasks/nobody'],
    ['GET', '/tasks/nobody/events'],
    ['POST', '/tasks/nobody/cancel'],
    ['POST', '/tasks/nobody/retry'],
  ] as const) {
    const response = await client.request(method, path);
    assert.deepEqual([response.status, await response.json()], [404, { detail: 'There is no task nobody.' }], path);
  }
});

test('lists tasks by status, name and queue, page by page', async () => {
  await using client = await testClient(makeBar({ prefix: '/tasks', worker: false }).app);
  const ids = [await start(client, 1), await start(client, 1), await start(client, 1)].reverse();
  interface Page {
    readonly tasks: readonly View[];
    readonly cursor: string | null;
  }
  const first = await (
    await client.get('/tasks', { query: { status: ['queued', 'running'], name: 'brew', queue: 'default', limit: 2 } })
  ).json<Page>();
  assert.deepEqual(
    first.tasks.map(({ id }) => id),
    ids.slice(0, 2),
  );
  assert.equal('input' in first.tasks[0]!, false);
  const second = await (await client.get('/tasks', { query: { limit: 2, cursor: first.cursor! } })).json<Page>();
  assert.deepEqual(
    second.tasks.map(({ id }) => id),
    ids.slice(2),
  );
  assert.equal(second.cursor, null);
  assert.deepEqual((await (await client.get('/tasks', { query: { status: 'failed' } })).json<Page>()).tasks, []);
});

test('refuses a cursor that no page has given as the document says', async () => {
  await using client = await testClient(makeBar({ prefix: '/tasks', worker: false }).app);
  for (const cursor of ['x', '-1', '1e3', '9'.repeat(30)]) {
    const response = await client.get('/tasks', { query: { cursor } });
    const { detail } = await response.json<{ detail: { loc: unknown; type: unknown; input: unknown }[] }>();
    assert.deepEqual(
      [response.status, detail.map(({ loc, type, input }) => [loc, type, input])],
      [422, [[['query', 'cursor'], 'value_error', cursor]]],
    );
  }
});

test('explains what is wrong with a query, as every route does', async () => {
  await using client = await testClient(makeBar().app);
  const response = await client.get('/tasks', { query: { status: 'lost', limit: 1000 } });
  assert.equal(response.status, 422);
  const { detail } = await response.json<{ detail: { loc: string[]; type: string }[] }>();
  assert.deepEqual(
    detail.map(({ loc, type }) => [loc.join('.'), type]),
    [
      ['query.status.0', 'enum'],
      ['query.limit', 'less_than_equal'],
    ],
  );
});

test('cancels a task that waits and one that runs; one that is over is a conflict', async () => {
  await using client = await testClient(makeBar(worker).app);
  const running = await start(client, 0);
  await reach(client, running, 'running');
  const waiting = await start(client, 1);
  assert.equal((await (await client.post(`/tasks/${waiting}/cancel`)).json<View>()).status, 'cancelled');
  assert.equal((await client.post(`/tasks/${running}/cancel`)).status, 200);
  await reach(client, running, 'cancelled');
  const again = await client.post(`/tasks/${running}/cancel`);
  assert.deepEqual(
    [again.status, (await again.json<{ detail: string }>()).detail],
    [409, `Task ${running} is cancelled, so it cannot be cancelled.`],
  );
});

test('retries a task that failed; one that succeeded is a conflict', async () => {
  await using client = await testClient(makeBar().app);
  const failed = await start(client, 6);
  const view = await reach(client, failed, 'failed');
  assert.equal(view.error!.message, 'too many cups');
  assert.equal('stack' in view.error!, false);
  assert.equal((await client.post(`/tasks/${failed}/retry`)).status, 200);
  await reach(client, failed, 'failed');
  const done = await start(client, 1);
  await reach(client, done, 'succeeded');
  assert.equal((await client.post(`/tasks/${done}/retry`)).status, 409);
});

test('hides fields by name, however deep they are', async () => {
  await using client = await testClient(makeBar({ prefix: '/tasks', redact: ['password'] }).app);
  const view = await reach(client, await start(client, 1), 'succeeded');
  assert.deepEqual(view.result, { cups: 1, password: '[redacted]' });
});

test('runs guards before each of its routes', async () => {
  const staff = dependency({ x_key: header(z.string().optional()) }, ({ x_key }) => {
    if (x_key !== 'staff') throw new HttpError(401);
  });
  await using client = await testClient(makeBar({ prefix: '/tasks', guards: [staff] }).app);
  const id = await start(client, 1);
  for (const [method, path] of [
    ['GET', '/tasks'],
    ['GET', `/tasks/${id}`],
    ['GET', `/tasks/${id}/events`],
    ['POST', `/tasks/${id}/cancel`],
    ['POST', `/tasks/${id}/retry`],
  ] as const)
    assert.equal((await client.request(method, path)).status, 401, path);
  assert.equal((await client.get('/tasks', { headers: { 'x-key': 'staff' } })).status, 200);
});

test('has no routes without a prefix', async () => {
  const { app } = makeBar({});
  assert.deepEqual(
    app.routes.map(({ name }) => name).filter((name) => name.includes('tasks')),
    [],
  );
  assert.throws(() => makeBar({ redact: ['a'] }), coded('CORTADO_OPTION_INVALID', 'redact', 'prefix'));
});

test('documents its routes', async () => {
  const { app } = makeBar();
  const { paths } = app.openapi() as unknown as {
    paths: Record<string, Record<string, { tags: string[]; responses: object }>>;
  };
  assert.deepEqual(
    Object.keys(paths).filter((path) => path.startsWith('/tasks')),
    ['/tasks', '/tasks/{task_id}', '/tasks/{task_id}/events', '/tasks/{task_id}/cancel', '/tasks/{task_id}/retry'],
  );
  const operation = paths['/tasks/{task_id}']!['get']!;
  assert.deepEqual(operation.tags, ['tasks']);
  assert.deepEqual(Object.keys(operation.responses).sort(), ['200', '404', '422']);
});

function parseEvents(
  text: string,
): { id: string; event: string; data: { status?: string; message?: string; done?: number } }[] {
  return text
    .split('\n\n')
    .filter((block) => block.includes('data: '))
    .map((block) => {
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(block)![1]!;
      return { id: field('id'), event: field('event'), data: JSON.parse(field('data')) };
    });
}

test('streams state, progress and log of a task, and ends with it', async () => {
  await using client = await testClient(makeBar().app);
  const id = await start(client, 2);
  const response = await client.get(`/tasks/${id}/events`);
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const events = parseEvents(await response.text());
  const states = events.filter(({ event }) => event === 'state').map(({ data }) => data.status);
  assert.equal(states.at(-1), 'succeeded');
  assert.deepEqual(
    events.filter(({ event }) => event === 'log').map(({ data }) => data.message),
    ['water is hot'],
  );
});

test('goes on where a client broke off, and tells one that has seen the end not to come back', async () => {
  await using client = await testClient(makeBar().app);
  const id = await start(client, 2);
  const events = parseEvents(await (await client.get(`/tasks/${id}/events`)).text());
  const log = events.find(({ event }) => event === 'log')!;
  const rest = parseEvents(
    await (await client.get(`/tasks/${id}/events`, { headers: { 'last-event-id': log.id } })).text(),
  );
  assert.equal(
    rest.some(({ event }) => event === 'log'),
    false,
  );
  assert.equal(rest.at(-1)!.data.status, 'succeeded');
  const end = await client.get(`/tasks/${id}/events`, { headers: { 'last-event-id': events.at(-1)!.id } });
  assert.deepEqual([end.status, await end.text()], [204, '']);
  const nonsense = await client.get(`/tasks/${id}/events`, { headers: { 'last-event-id': 'x'.repeat(500) } });
  assert.equal(parseEvents(await nonsense.text()).length > 1, true);
});

test('stops watching when the client leaves', async () => {
  const { app, queue } = makeBar();
  const address = await app.listen({ port: 0 });
  const { task_id: id } = await (await sendRequest(address, '/brew?cups=0', { method: 'POST' })).json<{
    task_id: string;
  }>();
  const engine = await queue.open();
  let watching = 0;
  const { watch } = engine;
  engine.watch = (...parameters) => {
    watching++;
    const end = watch.apply(engine, parameters);
    return () => {
      watching--;
      end();
    };
  };
  const gone = new AbortController();
  const response = await fetch(`${address}/tasks/${id}/events`, { signal: gone.signal });
  const reader = response.body!.getReader();
  await reader.read();
  assert.equal(watching, 1);
  gone.abort();
  await until('nobody watches the task', () => assert.equal(watching, 0));
  await app.close({ deadline: 200 });
});

test('ends streams when the app begins to stop, instead of holding it up', async () => {
  const { app } = makeBar({ prefix: '/tasks', worker: false });
  const address = await app.listen({ port: 0 });
  const { task_id: id } = await (await sendRequest(address, '/brew?cups=1', { method: 'POST' })).json<{
    task_id: string;
  }>();
  const response = await fetch(`${address}/tasks/${id}/events`);
  const reading = response.text();
  const began = performance.now();
  await app.close({ deadline: 30_000 });
  assert.ok(performance.now() - began < 10_000, `${performance.now() - began} ms`);
  assert.match(await reading, /"status":"queued"/);
});

test('answers 500 to input that code enqueues wrongly, and logs it: the client sent none of it', async () => {
  const log = memoryLog();
  const queue = new Queue();
  const mail = queue.task('mail', { params: { to: z.email(), times: z.int() } }, () => 1);
  const wrong = { to: 'secret-value', times: 1 };
  const app = new App({ logger: log.logger });
  app.use(queue);
  app.post('/one', () => mail.enqueue(wrong));
  app.post('/many', () => mail.enqueueAll([wrong]));
  app.post('/flow', () => chain(mail.with(wrong)).enqueue());
  app.post('/own', () =>
    mail.enqueue(wrong).catch((error: unknown) => {
      throw error instanceof TaskInputError ? new HttpError(400, { wrong: error.issues.map(({ loc }) => loc) }) : error;
    }),
  );
  await using client = await testClient(app);
  for (const path of ['/one', '/many', '/flow']) {
    const response = await client.post(path);
    assert.deepEqual([response.status, await response.json()], [500, { detail: 'Internal Server Error' }]);
    const [line, ...others] = log.errors().filter(({ route }) => route === `POST ${path}`);
    coded('CORTADO_TASK_INPUT', 'task "mail": to: ')(line!.err);
    assert.equal(others.length, 0);
  }
  assert.doesNotMatch(JSON.stringify(log.lines), /secret-value/);
  const own = await client.post('/own');
  assert.deepEqual([own.status, await own.json()], [400, { detail: { wrong: [['to']] } }]);
});

const unused: readonly [string, 0 | 1, (queue: Queue, app: App) => unknown][] = [
  ['warns once of', 1, () => {}],
  ['does not warn of tasks in a queue that the app uses, instead of', 0, (queue, app) => app.use(queue)],
  ['does not warn of tasks where a worker is started by hand, instead of', 0, (queue) => queue.work()],
];
for (const [what, warnings, prepare] of unused)
  for (const engine of ['memory:', 'sqlite::memory:'])
    test(`${what} tasks in ${engine} that nobody runs, as their queue was forgotten`, async () => {
      const log = memoryLog();
      await using queue = new Queue({ engine });
      const task = queue.task('forgotten', () => 1);
      const app = new App({ logger: log.logger });
      app.post('/one', async () => (await task.enqueue()).id);
      app.post('/many', async () => (await task.enqueueAll([{}, {}])).length);
      await task.enqueue();
      await prepare(queue, app);
      await using client = await testClient(app);
      for (const path of ['/one', '/many', '/one']) assert.equal((await client.post(path)).status, 200);
      const lines = log.lines.filter(({ level, msg }) => level === 40 && /nobody runs it/.test(msg));
      assert.equal(lines.length, warnings);
      if (warnings > 0) assert.match(lines[0]!.msg, /^task "forgotten" .*Call app\.use\(queue\)/);
    });
