import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, dependency, HttpError, sleep } from '../../../src/index.ts';
import { coded } from '../../support/coded.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { sendRequest } from '../../support/send-request.ts';

test('runs deferred work after the answer, in its order', async () => {
  const steps: string[] = [];
  const app = new App({ logger: false });
  const session = dependency(async function* session() {
    yield 1;
    steps.push('closed');
  });
  app.post('/orders', { params: { session } }, (_, context) => {
    context.defer(async () => {
      await sleep(50);
      steps.push('first');
    });
    context.defer(() => void steps.push('second'));
    return 'ok';
  });
  const address = await app.listen({ port: 0 });
  const response = await sendRequest(address, '/orders', { method: 'POST' });
  steps.push('answered');
  assert.equal(response.text, '"ok"');
  // A stop waits for what is under way.
  await app.close();
  assert.deepEqual(steps, ['closed', 'answered', 'first', 'second']);
});

test('logs deferred work that fails with its route, and goes on', async () => {
  const log = memoryLog();
  const app = new App({ logger: log.logger });
  let ran = false;
  app.get('/', (_, context) => {
    context.defer(() => {
      throw new Error('no paper');
    });
    context.defer(() => void (ran = true));
    return 1;
  });
  const address = await app.listen({ port: 0 });
  await sendRequest(address, '/');
  await app.close();
  assert.equal(ran, true);
  const [line] = log.errors();
  assert.deepEqual([line!.msg, line!.route, line!.err!.message], ['deferred work failed', 'GET /', 'no paper']);
});

for (const thrown of [undefined, null, 'boo'])
  test(`logs deferred work that throws ${thrown}`, async () => {
    const log = memoryLog();
    const app = new App({ logger: log.logger });
    app.get('/', (_, context) => context.defer(() => Promise.reject(thrown)));
    const address = await app.listen({ port: 0 });
    await sendRequest(address, '/');
    await app.close();
    const [line] = log.errors();
    assert.equal(line?.msg, 'deferred work failed');
    assert.match(line!.err!.message, /not an Error was thrown: .+; throw new Error/);
  });

test('warns of work that is deferred after the answer, with its route', async () => {
  const log = memoryLog();
  const app = new App({ logger: log.logger });
  app.get('/', (_, context) => context.defer(() => context.defer(() => {})));
  const address = await app.listen({ port: 0 });
  await sendRequest(address, '/');
  await app.close();
  const line = log.lines.find(({ level }) => level === 40);
  coded('CORTADO_LIFECYCLE', 'GET /', 'ctx.defer()')(line?.err);
});

test('drops deferred work of a request that failed', async () => {
  const app = new App({ logger: false });
  let ran = false;
  app.get('/', (_, context) => {
    context.defer(() => void (ran = true));
    throw new HttpError(400);
  });
  const address = await app.listen({ port: 0 });
  await sendRequest(address, '/');
  await app.close();
  assert.equal(ran, false);
});

test('tells deferred work to end when a stop can wait no longer', async () => {
  const app = new App({ logger: false });
  const { promise: ended, resolve } = Promise.withResolvers<unknown>();
  app.get('/', (_, context) => {
    context.defer((signal) => sleep(60_000, { signal }).catch(resolve));
    return 1;
  });
  const address = await app.listen({ port: 0 });
  await sendRequest(address, '/');
  await app.close({ deadline: 50 });
  coded('CORTADO_ABORTED')(await ended);
});

test('refuses work that runs already', async () => {
  const log = memoryLog();
  const app = new App({ logger: log.logger });
  app.get('/', (_, context) => context.defer(Promise.resolve() as never));
  const address = await app.listen({ port: 0 });
  assert.equal((await sendRequest(address, '/')).status, 500);
  await app.close();
  coded('CORTADO_OPTION_INVALID', 'work()')(log.errors()[0]!.err);
});
