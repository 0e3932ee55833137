import assert from 'node:assert/strict';
import { test } from 'node:test';
import compress from '@fastify/compress';
import cors from '@fastify/cors';
import Fastify from 'fastify';
import { App, component, dependency, health, proxy, Router } from '../../../src/index.ts';
import { Queue } from '../../../src/queue/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';

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

const misuses: readonly [name: string, thing: () => unknown, ...names: string[]][] = [
  ['another App', other, 'an App', 'app.mount(', 'a Router', 'app.include(router)'],
  ['the class Router', () => Router, 'app.include(new Router())'],
  ['the class Queue', () => Queue, 'app.use(new Queue())'],
  ['the class of something disposable', () => Cache, 'app.use(new Cache())'],
  ['a promise', () => Promise.resolve(cors), 'await'],
  ['a Fastify instance', () => Fastify(), 'Fastify', 'app.use(async (server)'],
  ['an Express app', () => express, 'Express', 'app.mount('],
  ['a service elsewhere', () => proxy('http://127.0.0.1:9'), 'app.mount('],
  [
    'a middleware of Express',
    () =>
      function helmet(_req: object, _res: object, next: () => void): void {
        next();
      },
    'middleware',
  ],
  ['a middleware as an arrow', () => (req: object, _res: object, _next: () => void) => req, 'middleware'],
  ['a fetch handler', () => (request: Request) => new Response(request.url), 'fetch', 'app.mount('],
  ['an async fetch handler', () => async (req: Request) => new Response(req.url), 'fetch', 'app.mount('],
  ['an app that is a fetch handler', () => ({ fetch: () => new Response('x') }), 'fetch', 'app.mount('],
  ['a dependency', () => dependency(() => 1), 'guards'],
  ['a module', () => ({ default: cors }), 'default export'],
];

for (const [name, make, ...names] of misuses) {
  test(`app.use refuses ${name}, and says what to write`, () => {
    const app = new App({ logger: false });
    assert.throws(() => app.use(make() as never), refusal('app.use', names));
  });

  test(`include refuses ${name}, and says what to write`, () => {
    assert.throws(() => new App({ logger: false }).include(make() as never), refusal('app.include', names));
    assert.throws(() => new Router().include(make() as never), refusal('router.include', names));
  });
}

for (const [name, thing, ...names] of [
  ['a component', new Queue(), 'app.use(component)'],
  ['a Fastify plugin', cors, 'app.use(plugin)'],
  ['a text', '/path', 'the path'],
  ['nothing', undefined, 'Router', 'undefined'],
] as const)
  test(`include refuses ${name}, and says what to write`, () => {
    assert.throws(() => new App({ logger: false }).include(thing as never), refusal('app.include', names));
  });

for (const [name, thing, ...names] of [
  ['a Router', new Router(), 'app.include(router)'],
  ['a path, as Express takes one', '/path', 'path', 'router'],
  ['nothing', undefined, 'component', 'undefined'],
] as const)
  test(`app.use refuses ${name}, and says what to write`, () => {
    assert.throws(() => new App({ logger: false }).use(thing as never), refusal('app.use', names));
  });

function refusal(owner: string, names: readonly string[]): (error: unknown) => true {
  return coded('CORTADO_OPTION_INVALID', `${owner}(): `, ...names);
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
