import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, component, dependency } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';

const part = (seen: string[], name: string) => ({
  [component]: () => ({
    name,
    start: () => void seen.push(`${name} starts`),
    stop: () => void seen.push(`${name} stops`),
  }),
});

test('a lifespan starts behind all that the app uses, and ends before it, each time', async () => {
  const seen: string[] = [];
  const app = new App({
    logger: false,
    lifespan: async function* ({ signal, log }) {
      assert.equal(typeof log.info, 'function');
      seen.push('begins');
      yield;
      seen.push(`ends ${signal.aborted}`);
    },
  });
  app.use(part(seen, 'db'));
  app.get('/', () => void seen.push('request'));
  for (let round = 0; round < 2; round++) {
    await using client = await testClient(app);
    await client.get('/');
  }
  const once = ['db starts', 'begins', 'request', 'ends true', 'db stops'];
  assert.deepEqual(seen, [...once, ...once]);
});

test('a lifespan may return something disposable, or nothing', async () => {
  const seen: string[] = [];
  const app = new App({ logger: false, lifespan: () => ({ [Symbol.dispose]: () => void seen.push('disposed') }) });
  const other = new App({ logger: false, lifespan: async () => void seen.push('began') });
  for (const one of [app, other]) await (await testClient(one)).close();
  assert.deepEqual(seen, ['disposed', 'began']);
});

test('a lifespan that throws keeps the app from starting, and what had started stops', async () => {
  const seen: string[] = [];
  const app = new App({ logger: false, lifespan: () => Promise.reject(new Error('no beans')) });
  app.use(part(seen, 'db'));
  await assert.rejects(app.ready(), /no beans/);
  assert.deepEqual(seen, ['db starts', 'db stops']);
  const twice = new App({
    logger: false,
    lifespan: function* () {
      yield;
      yield;
    },
  });
  await twice.ready();
  await assert.rejects(twice.close(), coded('CORTADO_GENERATOR_YIELD', '"lifespan"'));
});

test('an app-scoped dependency that is used opens though nobody asks for it', async () => {
  const seen: string[] = [];
  const warm = dependency(
    async function* () {
      seen.push('open');
      yield 1;
      seen.push('closed');
    },
    { scope: 'app', name: 'warm' },
  );
  const app = new App({ logger: false }).use(warm);
  {
    await using _ = await testClient(app);
    assert.deepEqual(seen, ['open']);
    assert.throws(() => app.use(warm), coded('CORTADO_LIFECYCLE', '"warm"'));
  }
  assert.deepEqual(seen, ['open', 'closed']);
  const short = dependency(() => 1);
  assert.throws(() => new App({ logger: false }).use(short), coded('CORTADO_OPTION_INVALID', "scope: 'app'"));
  assert.throws(() => new App({ lifespan: 5 as never }), coded('CORTADO_OPTION_INVALID', 'lifespan'));
});
