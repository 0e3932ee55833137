import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { App, component, dependency } from '../../src/index.ts';
import { testClient } from '../../src/testing/index.ts';
import { type Threads, type ThreadsOptions, threads } from '../../src/threads/index.ts';
import { coded } from '../support/coded.ts';
import { memoryLog } from '../support/memory-log.ts';
import { startNode } from '../support/program.ts';
import { makeProject } from '../support/project.ts';
import { until } from '../support/until.ts';

const pool = (options?: ThreadsOptions): Threads<typeof import('./cpu.ts')> =>
  threads<typeof import('./cpu.ts')>(new URL('./cpu.ts', import.meta.url), options);

test('a thread function is a handler: it gets the validated values, and nothing else', async () => {
  const cpu = pool();
  const app = new App({ logger: false });
  app.use(cpu);
  app.get('/greet', { params: { name: z.string().min(2) } }, cpu.greet);
  app.get('/arguments', { params: { n: z.int() } }, cpu.argumentsOf);
  await using client = await testClient(app);
  assert.deepEqual(await (await client.get('/greet?name=Ada')).json(), { greeting: 'Hello, Ada' });
  assert.equal((await client.get('/greet?name=A')).status, 422);
  assert.equal(await (await client.get('/arguments?n=1')).json(), 1);
});

test('a thread function is a dependency, too', async () => {
  const cpu = pool();
  const app = new App({ logger: false });
  app.use(cpu);
  const greeting = dependency({ name: z.string() }, cpu.greet);
  app.get('/', { params: { greeting } }, ({ greeting }) => greeting);
  await using client = await testClient(app);
  assert.deepEqual(await (await client.get('/?name=Ada')).json(), { greeting: 'Hello, Ada' });
});

test('an HttpError thrown in a thread is the answer', async () => {
  const cpu = pool();
  const app = new App({ logger: false });
  app.use(cpu);
  app.get('/', () => cpu.fails('http'));
  await using client = await testClient(app);
  const { status, headers, text } = await client.get('/');
  assert.deepEqual([status, headers.get('x-bar'), await text()], [409, 'shut', '{"detail":{"reason":"closed"}}']);
});

test('a full queue answers 503 with Retry-After, makes the app unready, and shows in its gauges', async () => {
  const cpu = pool({ threads: 1, queue: 0 });
  const app = new App({ logger: false });
  app.use(cpu);
  app.get('/spin', () => cpu.spin(300));
  await using client = await testClient(app);
  const first = client.get('/spin');
  await until('its thread is busy', () => assert.notDeepEqual(app.notReady(), []));
  const { status, headers } = await client.get('/spin');
  assert.deepEqual([status, headers.get('retry-after')], [503, '1']);
  assert.match(app.notReady().join(), /"cpu" are busy/);
  assert.equal(app.gauges().find(({ name }) => name.endsWith('_busy'))?.value, 1);
  assert.equal(await (await first).json(), 'spun');
  assert.deepEqual(app.notReady(), []);
});

test('the loop answers others while every thread computes', async () => {
  const cpu = pool({ threads: 1 });
  const app = new App({ logger: false });
  app.use(cpu);
  app.get('/spin', () => cpu.spin(400));
  app.get('/ping', () => 'pong');
  const address = await app.listen({ port: 0 });
  await using _ = app;
  let isDone = false;
  const spins = Promise.all([fetch(`${address}/spin`), fetch(`${address}/spin`)]).then(() => {
    isDone = true;
  });
  let answers = 0;
  for (const end = performance.now() + 60_000; !isDone && performance.now() < end; answers++)
    assert.equal(await (await fetch(`${address}/ping`)).json(), 'pong');
  await spins;
  assert.ok(answers > 20, `${answers} answers`);
});

test('a client that leaves stops the thread that worked for it', async () => {
  const cpu = pool({ threads: 1 });
  const app = new App({ logger: false });
  app.use(cpu);
  app.get('/forever', () => cpu.forever());
  app.get('/fib', () => cpu.fib(7));
  const address = await app.listen({ port: 0 });
  try {
    await fetch(`${address}/fib`);
    await assert.rejects(fetch(`${address}/forever`, { signal: AbortSignal.timeout(100) }));
    assert.equal(await (await fetch(`${address}/fib`)).json(), 13);
  } finally {
    await app.close();
  }
});

test('works again when its app starts again', async () => {
  const cpu = pool();
  const app = new App({ logger: false });
  app.use(cpu);
  app.get('/fib', { params: { n: z.int() } }, ({ n }) => cpu.fib(n));
  for (let turn = 0; turn < 2; turn++) {
    await using client = await testClient(app);
    assert.equal(await (await client.get('/fib?n=7')).json(), 13);
  }
  await assert.rejects(cpu.fib(7), coded('CORTADO_LIFECYCLE'));
});

test('an app that closes right after a request to a thread logs nothing', async () => {
  for (let times = 0; times < 10; times++) {
    const { logger, errors } = memoryLog();
    const cpu = pool(times % 2 === 0 ? {} : { threads: 4 });
    const app = new App({ logger });
    app.use(cpu);
    app.get('/', () => cpu.fib(5));
    await using client = await testClient(app);
    assert.equal(await (await client.get('/')).text(), '5');
    await client.close();
    assert.deepEqual(errors(), []);
  }
});

// What a thread still does as it is ended is nobody's error.
for (const name of ['throwsAfterwards', 'rejectsAfterwards'] as const)
  test(`a thread that is ended as it ${name} logs nothing`, async () => {
    for (let times = 0; times < 3; times++) {
      const { logger, errors } = memoryLog();
      const cpu = pool({ threads: 1 });
      const parts = cpu[component]({ log: logger } as never);
      await cpu.fib(1);
      const call = cpu[name]();
      const stopping = parts.stop!(new AbortController().signal);
      // The thread is heard late: what it says after its answer comes along with it.
      await new Promise((resolve) => setImmediate(resolve));
      for (const end = performance.now() + 60; performance.now() < end; );
      assert.equal(await call, 1);
      await stopping;
      assert.deepEqual(errors(), []);
    }
  });

test('a call that waits for its thread keeps the process alive, however late the thread is heard', async () => {
  const script = `import { threads } from 'cortado/threads';
const cpu = threads(new URL('./cpu.ts', import.meta.url), { threads: 1 });
for (const ms of [40, 120, 240, 400]) {
  const call = cpu.work();
  await new Promise((resolve) => setImmediate(resolve));
  for (const end = performance.now() + ms; performance.now() < end; );
  console.log(await call);
  await cpu[Symbol.asyncDispose]();
  cpu[COMPONENT]({}).start();
}`;
  using project = makeProject({
    'main.ts': `import { component } from 'cortado';\n${script.replace('COMPONENT', 'component')}`,
    'cpu.ts': 'export function work() { return "worked"; }',
  });
  await using program = startNode(['main.ts'], { cwd: project.folder });
  assert.equal(await program.ended, 0, program.output());
  assert.equal(program.output(), 'worked\n'.repeat(4));
});
