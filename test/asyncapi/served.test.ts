import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import type { AsyncApiDocument } from '../../src/asyncapi/document.ts';
import { App, component, type DocsOptions, eventStream } from '../../src/index.ts';
import { Queue } from '../../src/queue/index.ts';
import { apiKey } from '../../src/security/index.ts';
import { testClient } from '../../src/testing/index.ts';
import { coded } from '../support/coded.ts';
import { sendRequest } from '../support/send-request.ts';
import { assertValid } from '../support/valid-async-api.ts';
import { allApp } from './all-app.ts';

type Add = (app: App) => unknown;

const socket: Add = (app) => app.socket('/ws', async () => {});

async function statusOf(app: App, path = '/asyncapi.json'): Promise<number> {
  await using client = await testClient(app);
  return (await client.get(path)).status;
}

function withTask(options: { readonly documented?: boolean } = {}): Add {
  return (app) => {
    const queue = new Queue();
    app.use(queue, { worker: false, ...options });
    // Declared after the use, as by modules that are loaded later.
    queue.task('brew', () => 1);
  };
}

const tellers: readonly (readonly [string, Add, boolean])[] = [
  ['nothing', () => {}, false],
  ['a route', (app) => app.get('/', () => 1), false],
  ['a socket', socket, true],
  ['a socket that is not documented', (app) => app.socket('/', { documented: false }, async () => {}), false],
  ['an event stream', (app) => app.get('/', { response: eventStream() }, async function* () {}), true],
  [
    'an event stream that is not documented',
    (app) => app.get('/', { response: eventStream(), documented: false }, async function* () {}),
    false,
  ],
  ['a queue without tasks', (app) => app.use(new Queue(), { worker: false }), false],
  ['a task', withTask(), true],
  ['a task of a queue that is not documented', withTask({ documented: false }), false],
  [
    'a channel of a component',
    (app) =>
      app.use({
        [component]: () => ({
          name: 'a',
          channels: () => [{ kind: 'a', name: 'a', address: 'a', sends: [], receives: [] }],
        }),
      }),
    true,
  ],
];
for (const [what, add, isServed] of tellers)
  test(`an app with ${what} ${isServed ? 'serves' : 'does not serve'} /asyncapi.json`, async () => {
    const app = new App({ logger: false });
    add(app);
    assert.equal(await statusOf(app), isServed ? 200 : 404);
  });

const choices: readonly (readonly [string, DocsOptions | false, path: string, status: number])[] = [
  ['another path', { asyncapi: '/messages.json' }, '/messages.json', 200],
  ['another path, and not the usual one', { asyncapi: '/messages.json' }, '/asyncapi.json', 404],
  ['false', { asyncapi: false }, '/asyncapi.json', 404],
  ['no OpenAPI document', { openapi: false }, '/asyncapi.json', 404],
  ['no OpenAPI document, and a path', { openapi: false, asyncapi: '/asyncapi.json' }, '/asyncapi.json', 200],
  ['no pages', { swagger: false, redoc: false }, '/asyncapi.json', 200],
  ['no docs', false, '/asyncapi.json', 404],
];
for (const [what, docs, path, status] of choices)
  test(`docs.asyncapi: ${what}: GET ${path} is ${status}`, async () => {
    const app = new App({ logger: false, docs });
    socket(app);
    assert.equal(await statusOf(app, path), status);
  });

test('what is served is the document of the app, valid, with the host that it was asked at', async () => {
  await using app = allApp();
  const address = await app.listen({ port: 0 });
  const { status, headers, text } = await sendRequest(address, '/asyncapi.json');
  assert.deepEqual([status, headers['content-type']], [200, 'application/json']);
  const { servers, ...served } = JSON.parse(text) as AsyncApiDocument;
  const host = new URL(address).host;
  assert.deepEqual(
    [servers!['ws'], servers!['http']],
    [
      { host, protocol: 'ws' },
      { host, protocol: 'http' },
    ],
  );
  const { servers: _, ...own } = app.asyncapi();
  assert.deepEqual(served, JSON.parse(JSON.stringify(own)));
  await assertValid({ servers, ...served });
});

test('a request is told the root path that a trusted proxy says, and TLS', async () => {
  const app = new App({ logger: false, server: { trustProxy: true } });
  socket(app);
  await using client = await testClient(app);
  const headers = {
    host: 'inside:8000',
    'x-forwarded-host': 'api.example.com',
    'x-forwarded-proto': 'https',
    'x-forwarded-prefix': '/v1',
  };
  const { servers } = (await (await client.get('/asyncapi.json', { headers })).json()) as AsyncApiDocument;
  assert.deepEqual(servers, { ws: { host: 'api.example.com', pathname: '/v1', protocol: 'wss' } });
});

test('the document is behind the guards of the app', async () => {
  const app = new App({ logger: false, guards: [apiKey({ in: 'header', name: 'x-key' })] });
  socket(app);
  assert.equal(await statusOf(app), 401);
});

test('the document is no part of the OpenAPI document, and has its route once', async () => {
  const app = new App({ logger: false });
  socket(app);
  const count = (): number => app.routes.filter(({ name }) => name === 'GET /asyncapi.json').length;
  await app.ready();
  assert.equal(count(), 1);
  assert.deepEqual(Object.keys(app.openapi().paths), []);
  await app.close();
  await app.ready();
  assert.equal(count(), 1);
  await app.close();
});

test('a route of the app in its place is a mistake that the start tells', async () => {
  const app = new App({ logger: false });
  socket(app);
  app.get('/asyncapi.json', () => 1);
  await assert.rejects(app.ready(), coded('CORTADO_ROUTE_DUPLICATE', 'GET /asyncapi.json'));
});

test('a document that was asked for before the start has all that was declared since', async () => {
  const app = new App({ logger: false });
  socket(app);
  assert.deepEqual(Object.keys(app.asyncapi().channels), ['ws']);
  app.socket('/more', { incoming: z.object({ n: z.int() }) }, async () => {});
  withTask()(app);
  assert.deepEqual(Object.keys(app.asyncapi().channels), ['ws', 'more', 'queue_default']);
  await app.close();
});

const pages: readonly (readonly [string, DocsOptions, Add, link: string | undefined])[] = [
  ['an app with a socket', {}, socket, 'asyncapi.json'],
  ['an app without', {}, () => {}, undefined],
  ['one that serves none', { asyncapi: false }, socket, undefined],
  ['pages further down', { swagger: '/a/b/docs', asyncapi: '/c/messages.json' }, socket, '../../c/messages.json'],
];
for (const [what, docs, add, link] of pages)
  test(`the page of ${what} ${link === undefined ? 'has no link' : `leads to ${link}`}`, async () => {
    const app = new App({ logger: false, docs });
    add(app);
    await using client = await testClient(app);
    const page = await (await client.get(docs.swagger === undefined ? '/docs' : '/a/b/docs')).text();
    assert.equal(/<a href="([^"]*)">the AsyncAPI document<\/a>/.exec(page)?.[1], link);
  });

test('an app that is mounted has its own document, with the whole path in its servers', async () => {
  const inner = new App({ logger: false });
  socket(inner);
  const outer = new App({ logger: false });
  outer.mount('/inner', inner);
  await using client = await testClient(outer);
  assert.equal((await client.get('/asyncapi.json')).status, 404);
  const { servers } = (await (await client.get('/inner/asyncapi.json')).json()) as AsyncApiDocument;
  assert.equal(servers!['ws']!['pathname'], '/inner');
});
