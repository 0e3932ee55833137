import assert from 'node:assert/strict';
import { test } from 'node:test';
import compress from '@fastify/compress';
import cors from '@fastify/cors';
import Fastify from 'fastify';
import { App, CortadoError, component, dependency, health, Router } from '../../../src/index.ts';
import { Queue } from '../../../src/queue/index.ts';
import { testClient } from '../../../src/testing/index.ts';

// Of the shape that Express and Connect make: a function with methods.
const express = Object.assign(function app(_req: object, _res: object, _next: () => void): void {}, {
  handle() {},
  use() {},
  set() {},
});

function other(): App {
  const app = new App({ logger: false });
  app.get('/', () => 'never served');
  return app;
}

class Cache {
  [Symbol.dispose](): void {}
}

const misuses: readonly [name: string, thing: () => unknown, words: RegExp][] = [
  ['another App', other, /an App serves by itself.*put its routes on a Router.*app\.include\(router\)/],
  ['the class Router', () => Router, /Router is a class: make one, app\.include\(new Router\(\)\)/],
  ['the class Queue', () => Queue, /Queue is a class: make one, app\.use\(new Queue\(\)\)/],
  ['the class of something disposable', () => Cache, /Cache is a class.*app\.use\(new Cache\(\)\)/],
  ['a promise', () => Promise.resolve(cors), /it is a promise: await it, (app|router)\.(use|include)\(/],
  ['a Fastify instance', () => Fastify(), /a Fastify instance serves by itself.*app\.use\(async \(server\)/],
  ['an Express app', () => express, /Express or Connect app.*@fastify\/middie.*@fastify\/express/],
  [
    'a middleware of Express',
    () =>
      function helmet(_req: object, _res: object, next: () => void): void {
        next();
      },
    /middleware does not run here/,
  ],
  [
    'a middleware as an arrow',
    () => (req: object, _res: object, _next: () => void) => req,
    /middleware does not run here/,
  ],
  ['a fetch handler', () => (request: Request) => new Response(request.url), /takes a request, as a fetch handler/],
  ['an async fetch handler', () => async (req: Request) => new Response(req.url), /takes a request, as a fetch/],
  ['an app that is a fetch handler', () => ({ fetch: () => new Response('x') }), /fetch handler serves by itself/],
  ['a dependency', () => dependency(() => 1), /named where it is needed.*guards/],
  ['a module', () => ({ default: cors }), /it is a whole module: use its default export/],
];

for (const [name, make, words] of misuses) {
  test(`app.use refuses ${name}, and says what to write`, () => {
    const app = new App({ logger: false });
    assert.throws(() => app.use(make() as never), refusal('app.use', words));
  });

  test(`include refuses ${name}, and says what to write`, () => {
    assert.throws(() => new App({ logger: false }).include(make() as never), refusal('app.include', words));
    assert.throws(() => new Router().include(make() as never), refusal('router.include', words));
  });
}

for (const [name, thing, words] of [
  ['a component', new Queue(), /is used: app\.use\(component\)/],
  ['a Fastify plugin', cors, /a Fastify plugin is used, app\.use\(plugin\)/],
  ['a text', '/path', /the path is an option/],
  ['nothing', undefined, /expected a Router, not undefined/],
] as const)
  test(`include refuses ${name}, and says what to write`, () => {
    assert.throws(() => new App({ logger: false }).include(thing as never), refusal('app.include', words));
  });

for (const [name, thing, words] of [
  ['a Router', new Router(), /a Router is included: app\.include\(router\)/],
  ['a path, as Express takes one', '/path', /is a path; a router is included/],
  ['nothing', undefined, /expected a component.*not undefined/],
] as const)
  test(`app.use refuses ${name}, and says what to write`, () => {
    assert.throws(() => new App({ logger: false }).use(thing as never), refusal('app.use', words));
  });

function refusal(owner: string, words: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof CortadoError, String(error));
    assert.equal(error.code, 'CORTADO_OPTION_INVALID');
    assert.ok(error.message.startsWith(`${owner}(): `), error.message);
    assert.match(error.message, words);
    return true;
  };
}

test('components, plugins and what is disposable are used', async () => {
  const seen: string[] = [];
  const app = new App({ logger: false });
  app.use(health());
  app.use(cors, { origin: 'https://bar.example' });
  app.use(compress);
  app.use(async (server) => void server.get('/plugin', async () => 'plugin'));
  app.use((server, _options, done) => {
    server.get('/callback', async () => 'callback');
    done();
  });
  app.use(
    new (class extends Cache {
      override [Symbol.dispose](): void {
        seen.push('disposed');
      }
    })(),
  );
  app.use({ [component]: () => ({ name: 'pool', stop: () => void seen.push('pool') }) });
  {
    await using client = await testClient(app);
    for (const path of ['/livez', '/plugin', '/callback']) assert.equal((await client.get(path)).status, 200);
  }
  assert.deepEqual(seen, ['pool', 'disposed']);
});
