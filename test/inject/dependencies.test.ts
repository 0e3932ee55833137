import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { App, dependency, type ErrorCode, HttpError, header, path } from '../../src/index.ts';
import { testClient } from '../../src/testing/index.ts';
import { coded } from '../support/coded.ts';
import { memoryLog } from '../support/memory-log.ts';
import { sendRequest } from '../support/send-request.ts';
import { until } from '../support/until.ts';

function recorder(): { seen: string[]; make: (name: string) => ReturnType<typeof dependency<AsyncGenerator<string>>> } {
  const seen: string[] = [];
  const make = (name: string) =>
    dependency(
      async function* () {
        seen.push(`${name} opens`);
        try {
          yield name;
          seen.push(`${name} commits`);
        } catch (error) {
          seen.push(`${name} rolls back`);
          throw error;
        }
      },
      { name },
    );
  return { seen, make };
}

test('opens depth first in the order of declaration, and closes the last one first, before the answer', async () => {
  const { seen, make } = recorder();
  const a = make('a');
  const b = make('b');
  const inner = dependency({ a, b }, ({ a, b }) => a + b);
  const c = make('c');
  const app = new App({ logger: false });
  app.get('/', { params: { inner, c } }, ({ inner, c }) => {
    seen.push('handler');
    return inner + c;
  });
  await using client = await testClient(app);
  assert.equal(await (await client.get('/')).json(), 'abc');
  assert.deepEqual(seen, ['a opens', 'b opens', 'c opens', 'handler', 'c commits', 'b commits', 'a commits']);
});

test('runs once per request, however many ask, and again for the next request', async () => {
  let runs = 0;
  const counted = dependency(() => ++runs);
  const left = dependency({ counted }, ({ counted }) => counted);
  const right = dependency({ counted }, ({ counted }) => counted);
  const app = new App({ logger: false });
  app.get('/', { params: { left, right, counted } }, ({ left, right, counted }) => [left, right, counted]);
  await using client = await testClient(app);
  assert.deepEqual(await (await client.get('/')).json(), [1, 1, 1]);
  assert.deepEqual(await (await client.get('/')).json(), [2, 2, 2]);
});

test('runs for each that asks with cache: false', async () => {
  let runs = 0;
  const counted = dependency(() => ++runs, { cache: false });
  const left = dependency({ counted }, ({ counted }) => counted);
  const app = new App({ logger: false });
  app.get('/', { params: { left, counted } }, ({ left, counted }) => [left, counted]);
  await using client = await testClient(app);
  assert.deepEqual(await (await client.get('/')).json(), [1, 2]);
});

test('opens nothing when an input is invalid, and gathers the inputs of all dependencies', async () => {
  const { seen, make } = recorder();
  const pager = dependency({ skip: z.int(), token: header(z.string()) }, (values) => values);
  const app = new App({ logger: false });
  app.post(
    '/{n}',
    { params: { session: make('session'), n: z.int(), pager, item: z.object({ a: z.int() }) } },
    () => 1,
  );
  await using client = await testClient(app);
  const response = await client.post('/x?skip=y', { json: {} });
  assert.equal(response.status, 422);
  assert.deepEqual(
    (await response.json<{ detail: { loc: string[] }[] }>()).detail.map(({ loc }) => loc.join('.')),
    ['query.skip', 'header.token', 'path.n', 'body.a'],
  );
  assert.deepEqual(seen, []);
});

const failures: [string, () => never, number][] = [
  [
    'an HttpError',
    () => {
      throw new HttpError(409, 'taken');
    },
    409,
  ],
  [
    'an unexpected error',
    () => {
      throw new Error('x');
    },
    500,
  ],
];
for (const [name, fail, status] of failures) {
  test(`rolls back when the handler throws ${name}`, async () => {
    const { seen, make } = recorder();
    const app = new App({ logger: false });
    app.get('/', { params: { a: make('a'), b: make('b') } }, fail);
    await using client = await testClient(app);
    assert.equal((await client.get('/')).status, status);
    assert.deepEqual(seen, ['a opens', 'b opens', 'b rolls back', 'a rolls back']);
  });
}

test('rolls back what is open when a later dependency fails to open', async () => {
  const { seen, make } = recorder();
  const refuses = dependency(() => {
    throw new HttpError(503, 'no pool');
  });
  const app = new App({ logger: false });
  app.get('/', { params: { a: make('a'), refuses } }, () => seen.push('handler'));
  await using client = await testClient(app);
  assert.equal((await client.get('/')).status, 503);
  assert.deepEqual(seen, ['a opens', 'a rolls back']);
});

test('rolls back what was opened before when a later one fails to close', async () => {
  const { seen, make } = recorder();
  const failsToCommit = dependency(async function* () {
    yield 1;
    throw new HttpError(409, 'conflict');
  });
  const app = new App({ logger: false });
  app.get('/', { params: { a: make('a'), failsToCommit } }, () => 'never seen');
  await using client = await testClient(app);
  const response = await client.get('/');
  assert.deepEqual([response.status, await response.json()], [409, { detail: 'conflict' }]);
  assert.deepEqual(seen, ['a opens', 'a rolls back']);
});

test('an answer that its schema forbids is not committed', async () => {
  const { seen, make } = recorder();
  const app = new App({ logger: false });
  app.get('/', { params: { a: make('a') }, response: z.object({ n: z.int() }) as z.ZodType }, () => ({ n: 'x' }));
  await using client = await testClient(app);
  assert.equal((await client.get('/')).status, 500);
  assert.deepEqual(seen, ['a opens', 'a rolls back']);
});

test('a dependency that keeps the error to itself does not turn it into a success', async () => {
  const swallows = dependency(async function* () {
    try {
      yield 1;
    } catch {}
  });
  const app = new App({ logger: false });
  app.get('/', { params: { swallows } }, () => {
    throw new HttpError(404, 'gone');
  });
  await using client = await testClient(app);
  assert.equal((await client.get('/')).status, 404);
});

test('disposes of what it returns, synchronously or not, whether the handler succeeds or fails', async () => {
  const seen: string[] = [];
  const sync = dependency(() => ({ [Symbol.dispose]: () => void seen.push('sync') }));
  const later = dependency(async () => ({
    [Symbol.asyncDispose]: async () => {
      await pause(1);
      seen.push('async');
    },
  }));
  const app = new App({ logger: false });
  app.get('/ok', { params: { sync, later } }, () => 1);
  app.get('/fail', { params: { sync, later } }, () => {
    throw new HttpError(400);
  });
  await using client = await testClient(app);
  await client.get('/ok');
  await client.get('/fail');
  assert.deepEqual(seen, ['async', 'sync', 'async', 'sync']);
});

test('a synchronous generator is a dependency as well', async () => {
  const seen: string[] = [];
  const value = dependency(function* () {
    yield 7;
    seen.push('closed');
  });
  const app = new App({ logger: false });
  app.get('/', { params: { value } }, ({ value }) => value);
  await using client = await testClient(app);
  assert.equal(await (await client.get('/')).json(), 7);
  assert.deepEqual(seen, ['closed']);
});

test('closes before the first byte is sent, and with exit: after-send once the last one is', async () => {
  const order: string[] = [];
  const early = dependency(async function* () {
    yield 1;
    await pause(20);
    order.push('early closes');
  });
  const late = dependency(
    async function* () {
      yield 1;
      await pause(40);
      order.push('late closes');
    },
    { exit: 'after-send' },
  );
  const app = new App({ logger: false });
  app.get('/', { params: { early, late } }, () => 'x');
  const address = await app.listen({ port: 0 });
  await sendRequest(address, '/');
  order.push('client has its answer');
  await app.close();
  assert.deepEqual(order, ['early closes', 'client has its answer', 'late closes']);
});

test('a failure after the answer was sent is logged with its route', async () => {
  const { logger, errors } = memoryLog();
  const late = dependency(
    async function* () {
      yield 1;
      throw new Error('too late');
    },
    { exit: 'after-send' },
  );
  const app = new App({ logger });
  app.get('/late', { params: { late } }, () => 'x');
  await using client = await testClient(app);
  assert.equal((await client.get('/late')).status, 200);
  await until('it is logged', () =>
    assert.deepEqual(
      errors().map(({ route, err }) => [route, err?.message]),
      [['GET /late', 'too late']],
    ),
  );
});

const wrongGenerators: [string, () => AsyncGenerator<number>, string][] = [
  ['never', async function* () {}, '"odd"'],
  [
    'twice',
    async function* () {
      yield 1;
      yield 2;
    },
    '"odd"',
  ],
];
for (const [times, generator, dependencyName] of wrongGenerators) {
  test(`a generator that yields ${times} is a logged 500`, async () => {
    const { logger, errors } = memoryLog();
    const app = new App({ logger });
    app.get('/', { params: { odd: dependency(generator, { name: 'odd' }) } }, () => 1);
    await using client = await testClient(app);
    assert.equal((await client.get('/')).status, 500);
    coded('CORTADO_GENERATOR_YIELD', dependencyName)(errors()[0]?.err);
  });
}

test('an app-scoped value is made once at the start, in order, and closed at the stop', async () => {
  const seen: string[] = [];
  const config = dependency(
    async function* () {
      seen.push('config opens');
      yield { url: 'sqlite:' };
      seen.push('config closes');
    },
    { scope: 'app' },
  );
  const pool = dependency(
    { config },
    async function* ({ config }) {
      seen.push(`pool opens on ${config.url}`);
      yield { size: 3 };
      seen.push('pool closes');
    },
    { scope: 'app' },
  );
  const app = new App({ logger: false });
  app.get('/', { params: { pool } }, ({ pool }) => pool.size);
  {
    await using client = await testClient(app);
    assert.deepEqual(seen, ['config opens', 'pool opens on sqlite:']);
    await client.get('/');
    assert.equal(await (await client.get('/')).json(), 3);
  }
  assert.deepEqual(seen, ['config opens', 'pool opens on sqlite:', 'pool closes', 'config closes']);
});

test('a start that fails closes what was opened before, and says why', async () => {
  const seen: string[] = [];
  const first = dependency(
    async function* () {
      try {
        yield 1;
      } finally {
        seen.push('first closes');
      }
    },
    { scope: 'app' },
  );
  const second = dependency(
    () => {
      throw new Error('no database');
    },
    { scope: 'app' },
  );
  const app = new App({ logger: false });
  app.get('/', { params: { first, second } }, () => 1);
  await assert.rejects(testClient(app), /no database/);
  assert.deepEqual(seen, ['first closes']);
});

test('overrides a dependency and what is below it, until the override is disposed of', async () => {
  const database = dependency(
    () => {
      throw new Error('a real database');
    },
    { name: 'database' },
  );
  const user = dependency({ database, token: header(z.string()) }, ({ token }) => ({ name: token }));
  const app = new App({ logger: false });
  app.get('/', { params: { user } }, ({ user }) => user.name);
  await using client = await testClient(app);
  {
    using _ = app.override(user, () => ({ name: 'Ada' }));
    assert.equal(await (await client.get('/')).json(), 'Ada');
    // The fake asks for nothing, so neither does the documentation.
    assert.equal(JSON.stringify(app.openapi()).includes('token'), false);
  }
  assert.equal((await client.get('/')).status, 422);
  using _ = app.override(
    database,
    dependency({ q: z.string() }, () => ({}) as never),
  );
  assert.equal((await client.get('/', { headers: { token: 'x' } })).status, 422);
  assert.equal(await (await client.get('/?q=1', { headers: { token: 'Eve' } })).json(), 'Eve');
});

test('overrides an app-scoped dependency before the start', async () => {
  const pool = dependency(() => 'real', { scope: 'app' });
  const app = new App({ logger: false });
  app.get('/', { params: { pool } }, ({ pool }) => pool);
  using _ = app.override(pool, () => 'fake');
  await using client = await testClient(app);
  assert.equal(await (await client.get('/')).json(), 'fake');
});

test('guards run in order before a byte of the body is read, with what they ask for', async () => {
  const seen: string[] = [];
  const user = dependency({ authorization: header(z.string()) }, ({ authorization }) => {
    seen.push('user');
    if (authorization !== 'Bearer ada')
      throw new HttpError(401, 'Who are you?', { headers: { 'www-authenticate': 'Bearer' } });
    return 'ada';
  });
  const admin = dependency({ user }, ({ user }) => {
    seen.push(`admin ${user}`);
  });
  const app = new App({ logger: false });
  app.post('/', { guards: [user, admin], params: { item: z.object({ a: z.int() }), user } }, ({ item, user }) => ({
    ...item,
    user,
  }));
  await using client = await testClient(app);
  const refused = await client.post('/', {
    body: '{broken',
    headers: { authorization: 'x', 'content-type': 'application/json' },
  });
  assert.deepEqual([refused.status, refused.headers.get('www-authenticate')], [401, 'Bearer']);
  assert.deepEqual(seen.splice(0), ['user']);
  const response = await client.post('/', { json: { a: 1 }, headers: { authorization: 'Bearer ada' } });
  assert.deepEqual(await response.json(), { a: 1, user: 'ada' });
  assert.deepEqual(seen, ['user', 'admin ada']);
});

test('a guard may open something: it closes with the rest, after a 422 as well', async () => {
  const { seen, make } = recorder();
  const app = new App({ logger: false });
  app.post('/', { guards: [make('audit')], params: { item: z.object({ a: z.int() }) } }, () => 1);
  await using client = await testClient(app);
  assert.equal((await client.post('/', { json: {} })).status, 422);
  assert.deepEqual(seen, ['audit opens', 'audit rolls back']);
});

test('inputs of dependencies below dependencies stand in the documentation', () => {
  const inner = dependency({ x_trace: header(z.string()) }, ({ x_trace }) => x_trace);
  const outer = dependency({ inner, limit: z.int().default(10) }, (values) => values);
  const app = new App({ logger: false });
  app.get('/{id}', { params: { outer, id: z.int() } }, () => 1);
  const { parameters } = app.openapi().paths['/{id}']!['get'] as {
    parameters: { name: string; in: string; required: boolean }[];
  };
  assert.deepEqual(
    parameters.map(({ name, in: place, required }) => [place, name, required]),
    [
      ['path', 'id', true],
      ['query', 'limit', false],
      ['header', 'x-trace', true],
    ],
  );
});

type Registration = readonly [string, (app: App) => unknown, ErrorCode, ...names: string[]];

const session = dependency(() => 'session', { name: 'session' });
const registrations: readonly Registration[] = [
  [
    'an app-scoped dependency that needs one of a request',
    (app) => {
      const pool = dependency({ session }, () => 1, { name: 'pool', scope: 'app' });
      app.get('/x', { params: { pool } }, () => 1);
    },
    'CORTADO_DEPENDENCY_SCOPE',
    'GET /x',
    '"pool"',
    '"session"',
  ],
  [
    'an app-scoped dependency that needs an input',
    (app) => {
      const pool = dependency({ q: z.string() }, () => 1, { name: 'pool', scope: 'app' });
      app.get('/x', { params: { pool } }, () => 1);
    },
    'CORTADO_DEPENDENCY_SCOPE',
    '"pool"',
    '"q"',
  ],
  [
    'dependencies in a circle',
    (app) => {
      const params: Record<string, ReturnType<typeof dependency>> = {};
      const a = dependency(params, () => 1, { name: 'a' });
      const b = dependency({ a }, () => 1, { name: 'b' });
      params['b'] = b as never;
      app.get('/x', { params: { b } }, () => 1);
    },
    'CORTADO_DEPENDENCY_CYCLE',
    '"b" → "a" → "b"',
  ],
  [
    'two dependencies with one name',
    (app) => {
      const other = dependency(() => 2, { name: 'session' });
      app.get('/x', { params: { session, other } }, () => 1);
    },
    'CORTADO_DEPENDENCY_NAME',
    '"session"',
  ],
  [
    'two app-scoped dependencies with one name, in two routes',
    (app) => {
      app.get('/x', { params: { a: dependency(() => 1, { name: 'pool', scope: 'app' }) } }, () => 1);
      app.get('/y', { params: { a: dependency(() => 2, { name: 'pool', scope: 'app' }) } }, () => 1);
    },
    'CORTADO_DEPENDENCY_NAME',
    '"pool"',
  ],
  [
    'a guard that asks for the body',
    (app) => {
      const guard = dependency({ item: z.object({}) }, () => 1);
      app.post('/x', { guards: [guard] }, () => 1);
    },
    'CORTADO_GUARD_BODY',
    '"item"',
  ],
  [
    'a guard that is no dependency',
    (app) => app.get('/x', { guards: [(() => 1) as never] }, () => 1),
    'CORTADO_PARAM_INVALID',
    'guards',
  ],
  ['an unknown option', () => dependency(() => 1, { scop: 'app' } as never), 'CORTADO_OPTION_UNKNOWN', '"scop"'],
  [
    'an unknown scope',
    () => dependency(() => 1, { scope: 'session' as never }),
    'CORTADO_OPTION_INVALID',
    'scope',
    '"session"',
  ],
  ['an unknown exit', () => dependency(() => 1, { exit: 'never' as never }), 'CORTADO_OPTION_INVALID', 'exit'],
  ['no function', () => dependency({} as never), 'CORTADO_PARAM_INVALID', 'dependencies.test.ts', 'dependency(fn)'],
  [
    'a parameter that is neither schema nor dependency',
    (app) => app.get('/x', { params: { n: 5 as never } }, () => 1),
    'CORTADO_PARAM_INVALID',
    'GET /x',
    '"n"',
    '5',
    'z.string()',
  ],
  [
    'a type of JavaScript',
    (app) => app.get('/x', { params: { n: Number as never } }, () => 1),
    'CORTADO_PARAM_INVALID',
    '"n"',
    'Number',
    'z.number()',
    'z.int()',
  ],
  [
    'a bare function below a dependency',
    (app) => {
      const loadUser = (): number => 1;
      const user = dependency({ loadUser: loadUser as never }, () => 1, { name: 'user' });
      app.get('/x', { params: { user } }, () => 1);
    },
    'CORTADO_PARAM_INVALID',
    '"loadUser"',
    '"user"',
    'dependency(loadUser)',
  ],
];
for (const [name, register, code, ...names] of registrations) {
  test(`${name} fails at registration and names the culprit`, () => {
    assert.throws(() => register(new App({ logger: false })), coded(code, ...names));
  });
}

test('overrides nest: the last one counts, and the one before it comes back', async () => {
  const app = new App({ logger: false });
  const name = dependency(() => 'real', { name: 'name' });
  app.get('/', { params: { name } }, (values) => values.name);
  await using client = await testClient(app);
  const asked = async (): Promise<unknown> => await (await client.get('/')).json();
  const outer = app.override(name, () => 'outer');
  {
    using _ = app.override(name, () => 'inner');
    assert.equal(await asked(), 'inner');
  }
  assert.equal(await asked(), 'outer');
  const last = app.override(name, () => 'last');
  outer[Symbol.dispose]();
  assert.equal(await asked(), 'last');
  last[Symbol.dispose]();
  assert.equal(await asked(), 'real');
});

test('an override that no route can take is refused, and leaves nothing behind', async () => {
  const app = new App({ logger: false });
  const user = dependency(() => 'real', { name: 'user' });
  app.get('/', { params: { user } }, (values) => values.user);
  const needsPath = dependency({ id: path(z.string()) }, ({ id }) => id);
  assert.throws(() => app.override(user, needsPath), { code: 'CORTADO_PATH_PARAMETER' });
  app.get('/more', { params: { user } }, (values) => values.user);
  await using client = await testClient(app);
  for (const url of ['/', '/more']) assert.equal(await (await client.get(url)).json(), 'real');
});

test('a guard that returns false lets nobody in, and says so in the log', async () => {
  const log = memoryLog();
  const app = new App({ logger: log.logger });
  const below = dependency(() => false, { name: 'below' });
  app.get('/', { guards: [dependency(() => false, { name: 'isStaff' })] }, () => 'secret');
  app.get('/below', { guards: [dependency({ below }, () => undefined, { name: 'outer' })] }, () => 'fine');
  await using client = await testClient(app);
  const { status, text } = await client.get('/');
  assert.deepEqual([status, await text()], [500, '{"detail":"Internal Server Error"}']);
  coded('CORTADO_GUARD_VALUE', '"isStaff"')(log.errors()[0]!.err);
  assert.equal(await (await client.get('/below')).json(), 'fine');
});
