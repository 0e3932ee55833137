import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { App, dependency, type ErrorCode, query, Router } from '../../../src/index.ts';
import { Queue } from '../../../src/queue/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { threads } from '../../../src/threads/index.ts';
import { coded } from '../../support/coded.ts';

const make = (options: object): App => new App({ logger: false, ...options });
const route = (options: object): unknown => make({}).get('/x', options as never, () => 1);
const task = (options: object): unknown => new Queue().task('t', options as never, () => 1);
const worker = (options: object): unknown => make({}).use(new Queue(), { worker: options });
const module = new URL('../../threads/cpu.ts', import.meta.url);

const faults: readonly [what: string, declare: () => unknown, names: readonly string[], code?: ErrorCode][] = [
  ['errors of an app', () => make({ errors: 'problems' }), ['App', 'errors', "'fastapi'", "'problem'", '"problems"']],
  ['coerceBody of an app', () => make({ coerceBody: 'yes' }), ['App', 'coerceBody', '"yes"']],
  ['bodyLimit of an app', () => make({ bodyLimit: '1mb' }), ['App', 'bodyLimit', '"1mb"']],
  ['loop', () => make({ loop: { threshold: '5' } }), ['loop: threshold', '"5"']],
  ['loop as a number', () => make({ loop: 5 }), ['loop']],
  ['logger', () => make({ logger: 'silent' }), ['logger', '"silent"']],
  ['docs', () => make({ docs: { swagger: 5 } }), ['swagger']],
  ['an app of a text', () => new App('Coffee' as never), ['"Coffee"']],
  ['a router of nothing', () => new Router(null as never), ['Router', 'null']],
  ['bodyLimit of a route', () => route({ bodyLimit: '1mb' }), ['GET /x', 'bodyLimit', '"1mb"']],
  ['tags', () => route({ tags: 'x' }), ['GET /x', 'tags', "['a', 'b']", '"x"']],
  ['tags of a router', () => new Router({ tags: 'x' as never }), ['Router', 'tags']],
  ['guards', () => route({ guards: 5 }), ['GET /x', 'guards', 'dependency(fn)']],
  ['timeout', () => route({ timeout: 3e9 }), ['GET /x', 'timeout', '3000000000']],
  ['a status of responses', () => route({ responses: { abc: {} } }), ['responses', '"abc"']],
  ['a schema of responses', () => route({ responses: { 404: { schema: 5 } } }), ['responses 404', 'schema']],
  [
    'a misspelt response',
    () => route({ responses: { 404: { shema: 1 } } }),
    ['responses 404', '"shema"', '"schema"'],
    'CORTADO_OPTION_UNKNOWN',
  ],
  ['a misspelt option', () => route({ gaurds: [] }), ['"guards"'], 'CORTADO_OPTION_UNKNOWN'],
  ['an option in other letters', () => route({ bodylimit: 5 }), ['"bodyLimit"'], 'CORTADO_OPTION_UNKNOWN'],
  ['an option like no other', () => route({ zebra: 5 }), ['"zebra"'], 'CORTADO_OPTION_UNKNOWN'],
  ['a parameter', () => query(z.string(), { alias: 5 as never }), ['query()', 'alias']],
  ['a dependency', () => dependency(() => 1, { cache: 'no' as never }), ['cache', '"no"']],
  ['backoff', () => task({ backoff: 10 }), ['task "t"', 'backoff', '{ base: 500, factor: 2 }', '10']],
  ['base of backoff', () => task({ backoff: { base: '1' } }), ['task "t"', 'backoff: base', '"1"']],
  ['timeout of a task', () => task({ timeout: '5' }), ['task "t"', 'timeout', '"5"']],
  ['retryIf', () => task({ retryIf: true }), ['task "t"', 'retryIf', 'true']],
  ['concurrency', () => worker({ concurrency: '5' }), ['worker', 'concurrency', '"5"']],
  ['threads', () => threads(module, { threads: '2' as never }), ['threads()', 'threads', '"2"']],
  ['a status as a text', () => make({}).onError('404' as never, () => undefined), ['app.onError()', '"404"']],
  ['an error', () => make({}).onError(new Error('x') as never, () => undefined), ['app.onError()']],
  ['no handler', () => make({}).onError(404, undefined as never), ['app.onError()', 'undefined']],
  [
    'an override of a function',
    () => make({}).override((() => 1) as never, () => 1),
    ['app.override()', 'first argument'],
  ],
  [
    'an override by a value',
    () =>
      make({}).override(
        dependency(() => 1),
        5 as never,
      ),
    ['app.override()', 'second argument'],
  ],
  ['a router that is used', () => make({}).use(new Router() as never), ['app.use()', 'app.include(router)']],
  ['an app that is included', () => make({}).include(make({}) as never), ['app.include()']],
  ['a limit', () => make({ limits: { loopDelay: '50' } }), ['limits: loopDelay', '"50"']],
];

for (const [what, declare, names, code = 'CORTADO_OPTION_INVALID'] of faults)
  test(`refuses ${what} at its declaration`, () => {
    assert.throws(declare, coded(code, ...names));
  });

test('takes what is right', async () => {
  await using app = make({
    errors: 'problem',
    coerceBody: true,
    bodyLimit: 5,
    loop: false,
    docs: false,
    tags: [{ name: 'a' }],
  });
  app.get('/x', { tags: ['a'], guards: [], timeout: 1, responses: { 404: { description: 'No' } } }, () => 1);
  app.onError(404, () => undefined).onError(TypeError, () => undefined);
  app.use(new Queue(), { worker: { concurrency: 5 }, prefix: '/tasks' });
  const client = await testClient(app);
  assert.equal(await (await client.get('/x')).json(), 1);
  const { paths, tags } = app.openapi() as unknown as {
    readonly paths: Readonly<Record<string, { readonly get: { readonly tags: string[]; readonly responses: object } }>>;
    readonly tags: readonly object[];
  };
  assert.deepEqual([paths['/x']?.get.tags, Object.keys(paths['/x']!.get.responses)], [['a'], ['200', '404']]);
  assert.deepEqual([tags, '/tasks' in paths], [[{ name: 'a' }], true]);
  assert.equal((await client.get('/docs')).status, 404);
});

for (const middleware of [
  (req: object, res: object, next: () => void) => void [req, res, next()],
  function log(request: object, _response: object, next: () => void): void {
    void request;
    next();
  },
  async (ctx: object, next: () => Promise<void>) => [ctx, await next()],
])
  test(`app.use() refuses middleware: ${String(middleware).slice(0, 30).replaceAll('\n', ' ')}`, () => {
    assert.throws(() => make({}).use(middleware as never), coded('CORTADO_OPTION_INVALID', 'middleware'));
  });

const written: readonly [
  what: string,
  write: (app: Record<string, (...args: unknown[]) => unknown>) => unknown,
  says: string,
][] = [
  [
    'a router under a path',
    (app) => app['use']!('/v1', new Router()),
    'app.use(): "/v1" is a path; a router is included: app.include(router, { prefix: "/v1" }).',
  ],
  [
    'a handler under a path',
    (app) => app['use']!('/x', () => 1),
    'app.use(): "/x" is a path; a handler is a route: app.get("/x", handler).',
  ],
  [
    'a plugin that was not awaited',
    (app) => app['use']!(import('@fastify/cors')),
    'app.use(): it is a promise: await it, app.use((await import(…)).default) for example.',
  ],
  [
    'a whole module',
    (app) => app['use']!({ default: () => {} }),
    'app.use(): it is a whole module: use its default export, app.use(module.default).',
  ],
  [
    'a number',
    (app) => app['use']!(5),
    'app.use(): expected a component, a Fastify plugin or something disposable, not 5.',
  ],
  [
    'a prefix before the router',
    (app) => app['include']!('/v1', new Router()),
    'app.include(): the path is an option: app.include(router, { prefix: "/v1" }).',
  ],
  [
    'a handler of all errors',
    (app) => app['onError']!(() => 1),
    'app.onError(): it takes a class of errors, or a status, before the handler: app.onError(Error, handler).',
  ],
  [
    'two handlers',
    (app) =>
      app['get']!(
        '/x',
        () => 1,
        () => 2,
      ),
    'GET /x: expected (path, handler) or (path, options, handler). What runs before the handler is a guard: { guards: [dependency(fn)] }.',
  ],
  [
    'options and two handlers',
    (app) =>
      app['get']!(
        '/x',
        {},
        () => 1,
        () => 2,
      ),
    'GET /x: expected (path, handler) or (path, options, handler). What runs before the handler is a guard: { guards: [dependency(fn)] }.',
  ],
  [
    'options alone',
    (app) => app['get']!('/x', { handler: () => 1 }),
    'GET /x: expected (path, handler) or (path, options, handler).',
  ],
];

for (const [what, write, message] of written)
  test(`what is written as other frameworks have it says what to write here: ${what}`, () => {
    assert.throws(() => write(make({}) as never), { name: 'CortadoError', message });
  });

test('app.use() takes plugins of Fastify, however their parameters are called', async () => {
  await using app = make({});
  const ran: string[] = [];
  app.use((server, _options, done) => void [ran.push('server'), server, done()]);
  app.use(async (fastify) => void [ran.push('fastify'), fastify]);
  app.use(async function plugin(instance) {
    instance.decorate('bean', 1);
    ran.push('instance');
  });
  await app.ready();
  assert.deepEqual(ran, ['server', 'fastify', 'instance']);
});

const listens: readonly [what: string, args: readonly unknown[], says: string][] = [
  ['a port', [3000], 'write await app.listen({ port: 3000 }).'],
  ['a port of the environment', ['3000'], 'write await app.listen({ port: 3000 }).'],
  ['a port and a host', [3000, '0.0.0.0'], 'write await app.listen({ port: 3000, host: "0.0.0.0" }).'],
  ['a port and a function', [3000, () => {}], 'write const address = await app.listen({ port: 3000 }).'],
  [
    'a function behind options',
    [{ port: 3000 }, () => {}],
    'write const address = await app.listen({ port: 8000 }), and what follows below it.',
  ],
  ['no number', [{ port: 'http' }], 'port must be a whole number from 0 to 65535, not "http".'],
  ['too large a number', [{ port: 65_536 }], 'port must be a whole number from 0 to 65535, not 65536.'],
  ['what is not a number', [{ port: Number.NaN }], 'port must be a whole number from 0 to 65535, not NaN.'],
  ['a host that is none', [{ host: 1 }], 'host must be a text, not 1.'],
  ['a misspelt option', [{ hostname: 'x' }], 'unknown option "hostname". Known options: port, host.'],
  ['nothing', [null], 'its options are an object, { port: … } for example, not null.'],
];

for (const [what, args, says] of listens)
  test(`app.listen() is refused with ${what}, and says what to write`, async () => {
    const app = make({});
    await assert.rejects((app.listen as (...given: unknown[]) => Promise<string>).apply(app, [...args]), {
      name: 'CortadoError',
      message: `app.listen(): ${says}`,
    });
    assert.equal(app.isStarted, false);
  });

test('app.listen() takes a port that stands in the environment', async () => {
  await using app = make({});
  assert.match(await app.listen({ port: '0' as never }), /^http:/);
});

for (const method of ['close', 'stopOnSignals'] as const)
  test(`app.${method}() is refused with a number, and says what to write`, () => {
    assert.throws(() => make({})[method](5000 as never), {
      message: `app.${method}(): write { deadline: 5000 }, in milliseconds.`,
    });
  });
