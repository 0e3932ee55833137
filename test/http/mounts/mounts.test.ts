import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import compress from '@fastify/compress';
import cors from '@fastify/cors';
import connect from 'connect';
import express from 'express';
import { Hono } from 'hono';
import { z } from 'zod';
import {
  App,
  component,
  dependency,
  eventStream,
  type FetchHandler,
  HttpError,
  header,
  type MountOptions,
  type NodeHandler,
  proxy,
  Router,
  sleep,
} from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { sendRequest } from '../../support/send-request.ts';
import { until } from '../../support/until.ts';

const onlyKnown = dependency({ 'x-key': header(z.string().optional()) }, ({ 'x-key': key }) => {
  if (key !== 'known') throw new HttpError(401, 'who are you?');
});

function inner(): App {
  const app = new App({ logger: false, title: 'Inner' });
  app.get('/items/{id}', { params: { id: z.int() } }, ({ id }, { rootPath, url }) => ({ id, rootPath, url }));
  app.post('/items', { params: { item: z.object({ name: z.string() }) }, status: 201 }, ({ item }) => item);
  app.get('/slashed/', () => 'slashed');
  app.get('/cookie', (_, context) => context.setCookie('a', '1'));
  app.onError(404, () => new Response('nothing inside', { status: 404 }));
  return app;
}

function expressApp(): NodeHandler {
  const app = express();
  app.use(express.json());
  app.get('/seen', ({ url, originalUrl, baseUrl }, response) => void response.json({ url, originalUrl, baseUrl }));
  app.post('/echo', (incoming, response) => void response.json(incoming.body));
  app.get('/slow', (_incoming, response) => void setTimeout(() => response.json('slow'), 300));
  app.get('/fails', () => {
    throw new Error('inside of Express');
  });
  return app;
}

function honoApp(): Hono {
  const app = new Hono();
  app.get('/seen', ({ req }) => Response.json({ path: req.path, host: new URL(req.url).host }));
  app.post('/echo', async ({ req }) => Response.json(await req.json()));
  return app;
}

// A function that stands in its place has no types of its own.
const node = (handler: NodeHandler): NodeHandler => handler;

/** An app with one of each, and its address. */
async function withAll(use: (address: string, app: App) => Promise<void>, options?: MountOptions): Promise<void> {
  const service = new App({ logger: false });
  service.get('/seen', (_, { url, headers }) => ({ url, headers }));
  service.post('/echo', { params: { body: await z.json() } }, ({ body }) => body as never);
  const plain = connect();
  plain.use('/seen', (incoming, response) => void response.end(JSON.stringify({ url: incoming.originalUrl })));
  const app = new App({ logger: false });
  app.mount('/app', inner(), options);
  app.mount('/hono', honoApp(), options);
  app.mount('/express', expressApp(), options);
  app.mount('/connect', plain, options);
  app.mount('/service', proxy(await service.listen({ port: 0 })), options);
  try {
    await use(await app.listen({ port: 0 }), app);
  } finally {
    await app.close();
    await service.close();
  }
}

test('each kind gets what lies below its prefix, and answers with its own words what it does not know', async () => {
  await withAll(async (address) => {
    const ask = async (url: string): Promise<readonly [number, string]> => {
      const { status, text } = await sendRequest(address, url);
      return [status, text];
    };
    assert.deepEqual(await ask('/app/items/3?x=1'), [200, '{"id":3,"rootPath":"/app","url":"/items/3?x=1"}']);
    assert.deepEqual(await ask('/app/nothing'), [404, 'nothing inside']);
    assert.equal((await ask('/app/items/x'))[0], 422);
    assert.deepEqual(await ask('/hono/seen'), [200, `{"path":"/seen","host":"${new URL(address).host}"}`]);
    assert.deepEqual(await ask('/hono/nothing'), [404, '404 Not Found']);
    assert.deepEqual(await ask('/express/seen?x=1'), [
      200,
      '{"url":"/seen?x=1","originalUrl":"/express/seen?x=1","baseUrl":"/express"}',
    ]);
    assert.match((await ask('/express/nothing'))[1], /Cannot GET \/express\/nothing/);
    assert.equal((await ask('/express/fails'))[0], 500);
    assert.deepEqual(await ask('/connect/seen'), [200, '{"url":"/connect/seen"}']);
    assert.equal((await ask('/connect/nothing'))[0], 404);
    assert.equal((await (await sendRequest(address, '/service/seen?y=2')).json<{ url: string }>()).url, '/seen?y=2');
    assert.deepEqual(await ask('/nothing'), [404, '{"detail":"Not Found"}']);
  });
});

const sent = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":"Ada"}' };

test('bodies arrive whole, whoever reads them', async () => {
  await withAll(async (address) => {
    for (const [url, status] of [
      ['/app/items', 201],
      ['/hono/echo', 200],
      ['/express/echo', 200],
      ['/service/echo', 200],
    ] as const) {
      const { status: got, text } = await sendRequest(address, url, sent);
      assert.deepEqual([got, text], [status, sent.body], url);
    }
  });
});

test('guards run before a byte is handed on', async () => {
  await withAll(
    async (address) => {
      for (const url of ['/app/items', '/hono/echo', '/express/echo', '/service/echo']) {
        const { status, text } = await sendRequest(address, url, sent);
        assert.deepEqual([status, text], [401, '{"detail":"who are you?"}'], url);
        const headers = { ...sent.headers, 'x-key': 'known' };
        assert.ok((await sendRequest(address, url, { ...sent, headers })).status < 300, url);
      }
    },
    { guards: [onlyKnown] },
  );
});

test("an app's own guards stand before what is mounted in it, and tests can override them", async () => {
  const app = new App({ logger: false, guards: [onlyKnown] });
  app.mount('/app', inner());
  await using client = await testClient(app);
  assert.equal((await client.get('/app/items/1')).status, 401);
  using _ = app.override(onlyKnown, () => undefined);
  assert.equal((await client.get('/app/items/1')).status, 200);
});

for (const framing of ['content-length', 'chunks'] as const)
  test(`a body over the limit of a mount is a 413, by its ${framing}, and is not read on`, async () => {
    await withAll(
      async (address) => {
        for (const url of ['/app/items', '/hono/echo', '/express/echo', '/service/echo']) {
          const body = JSON.stringify({ name: 'x'.repeat(2000) });
          const status =
            framing === 'chunks' ? await sendChunks(address, url, body) : await sendLength(address, url, body);
          assert.equal(status, 413, url);
          assert.ok((await sendRequest(address, url, sent)).status < 300, url);
        }
      },
      { bodyLimit: 1000 },
    );
  });

async function sendLength(address: string, url: string, body: string): Promise<number> {
  return (await sendRequest(address, url, { ...sent, body })).status;
}

async function sendChunks(address: string, url: string, body: string): Promise<number> {
  const asked = request(`${address}${url}`, { method: 'POST', headers: sent.headers });
  asked.on('error', () => {});
  asked.flushHeaders();
  for (let at = 0; at < body.length; at += 200) asked.write(body.slice(at, at + 200));
  asked.end();
  const [response] = (await once(asked, 'response')) as [{ statusCode: number; resume(): void }];
  response.resume();
  return response.statusCode;
}

test('a time limit of a mount is a 504, whatever is mounted', async () => {
  const late = inner();
  let reason: unknown;
  late.get('/slow', async (_, { signal }) => {
    await sleep(2000, { signal }).catch((error: unknown) => (reason = error));
    return 'late';
  });
  const service = new App({ logger: false });
  service.get('/slow', () => sleep(2000));
  const app = new App({ logger: false });
  const options = { timeout: 60 };
  app.mount('/app', late, options);
  app.mount('/fetch', async () => pause(2000, new Response('late')), options);
  app.mount(
    '/node',
    node((_request, response, _next) => void setTimeout(() => response.end('late'), 200)),
    options,
  );
  app.mount('/service', proxy(await service.listen({ port: 0 })), options);
  const address = await app.listen({ port: 0 });
  for (const prefix of ['app', 'fetch', 'node', 'service']) {
    const { status } = await sendRequest(address, `/${prefix}/slow`);
    assert.equal(status, 504, prefix);
  }
  assert.equal((reason as { code?: string }).code, 'CORTADO_TIMEOUT');
  await app.close({ deadline: 3000 });
  await service.close({ deadline: 0 });
});

test("routes of the app that name a place more exactly win; what they do not take is the mount's", async () => {
  const app = new App({ logger: false });
  app.get('/app/items/special', () => 'outer');
  app.get('/here', () => 'outer');
  app.mount('/app', inner());
  app.mount('/', honoApp());
  await using client = await testClient(app);
  assert.equal(await (await client.get('/app/items/special')).text(), '"outer"');
  assert.equal((await client.get('/app/items/2')).status, 200);
  assert.equal(await (await client.get('/here')).text(), '"outer"');
  // Another method of a path that the app has a route for.
  assert.equal(await (await client.post('/here')).text(), '404 Not Found');
  assert.equal((await client.get('/seen')).status, 200);
  assert.equal(await (await client.get('/')).text(), '404 Not Found');
  assert.equal((await client.get('/docs')).status, 200);
});

test('a mounted app has its own documents, docs page and redirects, all below its prefix', async () => {
  const middle = new App({ logger: false, title: 'Middle' });
  const deepest = inner();
  middle.mount('/deep', deepest);
  const app = new App({ logger: false, rootPath: '/api' });
  app.mount('/middle', middle);
  await using client = await testClient(app);
  const document = await (await client.get('/middle/deep/openapi.json')).json<{
    servers: unknown;
    info: { title: string };
  }>();
  assert.deepEqual([document.servers, document.info.title], [[{ url: '/api/middle/deep' }], 'Inner']);
  assert.deepEqual(deepest.openapi()['servers'], [{ url: '/api/middle/deep' }]);
  assert.equal(Object.keys(app.openapi().paths).length, 0);
  assert.match(await (await client.get('/middle/deep/docs')).text(), /"url":"openapi\.json"/);
  assert.equal((await client.get('/middle/deep/slashed')).headers.get('location'), './slashed/');
  assert.equal((await client.get('/middle/deep')).headers.get('location'), './deep/');
  assert.equal((await client.get('/middle/deep?a=1')).headers.get('location'), './deep/?a=1');
  assert.equal(await (await client.get('/middle/deep/slashed', { followRedirects: true })).text(), '"slashed"');
  assert.equal(
    (await (await client.get('/middle/deep/items/1')).json<{ rootPath: string }>()).rootPath,
    '/api/middle/deep',
  );
  assert.match(String((await client.get('/middle/deep/cookie')).headers.getSetCookie()), /Path=\/api\/middle\/deep;/);
});

test('headers that plugins of the outer app set are there, and its compression holds', async () => {
  const app = new App({ logger: false });
  app.use(cors, { origin: 'https://example.com' });
  app.use(compress, { threshold: 0 });
  app.mount('/app', inner());
  app.mount('/express', expressApp());
  app.mount('/hono', honoApp());
  const address = await app.listen({ port: 0 });
  for (const url of ['/app/items/1', '/express/seen', '/hono/seen']) {
    const { status, headers } = await sendRequest(address, url, { headers: { origin: 'https://example.com' } });
    assert.deepEqual([status, headers['access-control-allow-origin']], [200, 'https://example.com'], url);
  }
  assert.equal((await sendRequest(address, '/app/items', sent)).status, 201);
  await app.close();
});

test('a fetch handler streams both ways, and hears of a client that has left', async () => {
  const app = new App({ logger: false });
  let gone = false;
  const handler: FetchHandler = ({ body, signal }) => {
    signal.addEventListener('abort', () => (gone = true));
    // The answer begins before the request has ended.
    return new Response(body?.pipeThrough(new TransformStream()));
  };
  app.mount('/echo', handler);
  const address = await app.listen({ port: 0 });
  const asked = request(`${address}/echo/`, { method: 'POST' });
  asked.on('error', () => {});
  asked.write('one');
  const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
  response.on('error', () => {});
  const [first] = (await once(response, 'data')) as [Buffer];
  assert.equal(String(first), 'one');
  asked.write('two');
  const [second] = (await once(response, 'data')) as [Buffer];
  assert.equal(String(second), 'two');
  asked.destroy();
  await until('the handler knows', () => assert.equal(gone, true));
  await until('nothing is open', () => assert.equal(app.openRequests, 0));
  await app.close();
});

test('a fetch handler that answers faster than its client reads is held back', async () => {
  const app = new App({ logger: false });
  let made = 0;
  app.mount('/endless', () => {
    const chunk = Buffer.alloc(64 * 1024);
    return new Response(
      new ReadableStream({
        pull(controller) {
          made++;
          controller.enqueue(chunk);
        },
      }),
    );
  });
  const address = await app.listen({ port: 0 });
  const asked = request(`${address}/endless/`).end();
  const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
  response.pause();
  await pause(200);
  const before = made;
  await pause(200);
  assert.equal(made, before, 'it is still asked for more');
  assert.ok(made < 400, `${made} pieces`);
  response.on('error', () => {});
  asked.destroy();
  await until('nothing is open', () => assert.equal(app.openRequests, 0));
  await app.close();
});

test('middleware that has no answer is a 404 of the app, and what it throws a 500', async () => {
  const { logger, errors } = memoryLog();
  const app = new App({ logger });
  app.mount(
    '/next',
    node((_request, _response, next) => next()),
  );
  app.mount(
    '/fails',
    node((_request, _response, next) => next(new Error('a secret'))),
  );
  app.mount(
    '/throws',
    node((_request, _response, _next) => {
      throw new HttpError(418, 'short and stout');
    }),
  );
  app.mount(
    '/rejects',
    node(async (_request, _response, _next) => {
      throw new Error('a secret');
    }),
  );
  const address = await app.listen({ port: 0 });
  const seen: [number, string][] = [];
  for (const prefix of ['next', 'fails', 'throws', 'rejects']) {
    const { status, text } = await sendRequest(address, `/${prefix}/x`);
    seen.push([status, text]);
  }
  const fault: [number, string] = [500, '{"detail":"Internal Server Error"}'];
  assert.deepEqual(seen, [[404, '{"detail":"Not Found"}'], fault, [418, '{"detail":"short and stout"}'], fault]);
  assert.equal(errors().length, 2);
  await app.close();
});

test('limits of the outer app count what is mounted, unless the mount is left out', async () => {
  const app = new App({ logger: false, limits: { inFlight: 1 } });
  app.mount('/express', expressApp());
  app.mount('/free', inner(), { limits: false });
  const address = await app.listen({ port: 0 });
  const slow = sendRequest(address, '/express/slow');
  await until('one is open', () => assert.equal(app.openRequests, 1));
  assert.equal((await sendRequest(address, '/express/seen')).status, 503);
  assert.equal((await sendRequest(address, '/free/items/1')).status, 200);
  assert.equal((await slow).status, 200);
  await app.close();
});

test('starts and stops a mounted app with the outer one, in order, and waits for its requests', async () => {
  const seen: string[] = [];
  const mounted = new App({ logger: false });
  mounted.use({
    [component]: () => ({
      name: 'store',
      start: () => void seen.push('inner starts'),
      stop: () => void seen.push('inner stops'),
    }),
  });
  mounted.get('/slow', async () => {
    await pause(150);
    seen.push('answered');
    return 1;
  });
  mounted.get('/events', { response: eventStream() }, async function* () {
    yield 1;
    await pause(60_000);
  });
  const app = new App({ logger: false });
  app.use({
    [component]: () => ({
      name: 'store',
      start: () => void seen.push('outer starts'),
      stop: () => void seen.push('outer stops'),
    }),
  });
  app.mount('/in', mounted);
  for (let round = 0; round < 2; round++) {
    seen.length = 0;
    const address = await app.listen({ port: 0 });
    assert.deepEqual(app.notReady(), []);
    const slow = sendRequest(address, '/in/slow');
    await until('it is open', () => assert.deepEqual([app.openRequests, mounted.openRequests], [1, 1]));
    const { cut, ms } = await app.close();
    assert.equal((await slow).text, '1');
    assert.deepEqual([cut, mounted.isStarted], [[], false]);
    assert.ok(ms < 5000, `${ms} ms`);
    assert.deepEqual(seen, ['outer starts', 'inner starts', 'answered', 'inner stops', 'outer stops']);
  }
});

test('the report of a stop names what was cut of a mounted app, by its path', async () => {
  const mounted = new App({ logger: false });
  mounted.use({ [component]: () => ({ name: 'stubborn', stop: () => new Promise<void>(() => {}) }) });
  mounted.get('/sleep', () => sleep(60_000));
  const app = new App({ logger: false });
  app.mount('/in', mounted);
  app.mount(
    '/express',
    node((_request, _response, _next) => {}),
  );
  const address = await app.listen({ port: 0 });
  const answers = [sendRequest(address, '/in/sleep'), sendRequest(address, '/express/x')];
  await until('both are open', () => assert.equal(app.openRequests, 2));
  const { cut } = await app.close({ deadline: 100 });
  for (const answer of answers) assert.equal((await answer).status, 503);
  assert.deepEqual(cut, [
    { what: 'requests', name: 'ANY /express/*', count: 1 },
    { what: 'requests', name: 'GET /in/sleep', count: 1 },
    { what: 'component', name: '/in: stubborn', count: 1 },
  ]);
});

test('an event stream of a mounted app ends as soon as a stop begins', async () => {
  const mounted = new App({ logger: false });
  mounted.get('/events', { response: eventStream() }, async function* (_, { signal }) {
    yield 1;
    await sleep(60_000, { signal });
  });
  const app = new App({ logger: false });
  app.mount('/in', mounted);
  const address = await app.listen({ port: 0 });
  const events = sendRequest(address, '/in/events');
  await until('it is open', () => assert.equal(app.openRequests, 1));
  await pause(50);
  const { ms, cut } = await app.close();
  assert.deepEqual(cut, []);
  assert.ok(ms < 3000, `${ms} ms`);
  assert.match((await events).text, /data: 1/);
});

test('why a mounted app is not ready, the outer one tells', async () => {
  const mounted = new App({ logger: false });
  mounted.use({ [component]: () => ({ name: 'store', notReady: () => 'the store is away' }) });
  const app = new App({ logger: false });
  app.mount('/in', mounted);
  await app.ready();
  assert.deepEqual(app.notReady(), ['/in: the store is away']);
  await app.close();
});

test('a failed start of a mounted app fails that of the outer one, which can start again', async () => {
  let fails = true;
  const mounted = inner();
  mounted.use({
    [component]: () => ({
      name: 'store',
      start: () => {
        if (fails) throw new Error('no store');
      },
    }),
  });
  const app = new App({ logger: false });
  app.mount('/in', mounted);
  await assert.rejects(app.ready(), /no store/);
  fails = false;
  await using client = await testClient(app);
  assert.equal((await client.get('/in/items/1')).status, 200);
});

const misuses: readonly [name: string, mount: (app: App) => unknown, code: string][] = [
  ['a prefix without a slash', (app) => app.mount('sub', inner()), 'CORTADO_PATH_INVALID'],
  ['a prefix with a slash at its end', (app) => app.mount('/sub/', inner()), 'CORTADO_PATH_INVALID'],
  ['a prefix with a parameter', (app) => app.mount('/{a}', inner()), 'CORTADO_PATH_INVALID'],
  ['a prefix that leads upwards', (app) => app.mount('/a/..', inner()), 'CORTADO_PATH_INVALID'],
  ['no prefix', (app) => app.mount(inner() as never, {} as never), 'CORTADO_OPTION_INVALID'],
  ['two at one prefix', (app) => app.mount('/a', inner()).mount('/a', inner()), 'CORTADO_ROUTE_DUPLICATE'],
  ['itself', (app) => app.mount('/a', app), 'CORTADO_OPTION_INVALID'],
  [
    'what it is mounted in',
    (app) => app.mount('/a', inner().mount('/b', new App({ logger: false }).mount('/c', app))),
    'CORTADO_OPTION_INVALID',
  ],
  ['a Router', (app) => app.mount('/a', new Router() as never), 'CORTADO_OPTION_INVALID'],
  ['nothing', (app) => app.mount('/a', undefined as never), 'CORTADO_OPTION_INVALID'],
  ['a class', (app) => app.mount('/a', class {} as never), 'CORTADO_OPTION_INVALID'],
  ['an unknown option', (app) => app.mount('/a', inner(), { guard: [] } as never), 'CORTADO_OPTION_UNKNOWN'],
  ['an impossible limit', (app) => app.mount('/a', inner(), { bodyLimit: -1 }), 'CORTADO_OPTION_INVALID'],
  [
    'an app with a root path',
    (app) => app.mount('/a', new App({ logger: false, rootPath: '/b' })),
    'CORTADO_OPTION_INVALID',
  ],
  [
    'an app that is mounted elsewhere',
    (app) => {
      const once = inner();
      app.mount('/a', once).mount('/b', once);
    },
    'CORTADO_LIFECYCLE',
  ],
  [
    'Express over HTTP/2',
    () => new App({ logger: false, server: { http2: true } }).mount('/a', expressApp()),
    'CORTADO_OPTION_INVALID',
  ],
];

for (const [name, mount, code] of misuses)
  test(`refuses to mount ${name}`, () => {
    assert.throws(() => mount(new App({ logger: false })), coded(code as never));
  });

test('refuses to mount once the app has started, and to listen by itself where it is mounted', async () => {
  const mounted = inner();
  const app = new App({ logger: false });
  app.mount('/a', mounted);
  await app.ready();
  assert.throws(() => app.mount('/b', inner()), coded('CORTADO_LIFECYCLE'));
  await assert.rejects(mounted.listen({ port: 0 }), coded('CORTADO_LIFECYCLE'));
  await app.close();
});

for (const prefix of ['/app', '/express', '/connect', '/hono', '/service'])
  test(`a client that leaves while a guard waits is handed on to nobody and leaves nothing open: ${prefix}`, async () => {
    const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
    const { promise: gone, resolve: go } = Promise.withResolvers<void>();
    const guard = dependency(async () => {
      enter();
      await gone;
    });
    await withAll(
      async (address, app) => {
        const sent = request(`${address}${prefix}/seen`)
          .on('error', () => {})
          .end();
        await entered;
        sent.destroy();
        await pause(30);
        go();
        await until('nothing is open', () => app.openRequests === 0, 1000);
      },
      { guards: [guard] },
    );
  });

test('what is mounted gets no request that has had its 504 while a guard waited', async () => {
  let calls = 0;
  const app = new App({ logger: false });
  const guard = dependency(() => pause(80));
  const handler = node((_incoming, response) => {
    calls++;
    response.end('late');
  });
  app.mount('/node', handler, { guards: [guard], timeout: 20 });
  const address = await app.listen({ port: 0 });
  assert.equal((await sendRequest(address, '/node/x')).status, 504);
  await until('nothing is open', () => app.openRequests === 0, 1000);
  assert.equal(calls, 0);
  await app.close();
});

for (const [folder, prefix, isHidden] of [
  ['/', '/', true],
  ['/ui', '/ui', true],
  ['/', '/ui', false],
  ['/ui', '/', false],
] as const)
  test(`a start says where a folder hides what is mounted: ${folder} and ${prefix}`, async () => {
    const log = memoryLog();
    const app = new App({ logger: log.logger });
    app.mount(prefix, inner()).static(folder, new URL('.', import.meta.url));
    await app.ready();
    const told = log.lines.filter(({ msg }) => String(msg).includes('never reach'));
    assert.deepEqual(
      told.map(({ msg }) => msg.split(':', 1)[0]),
      isHidden ? [`mount ${prefix}`] : [],
    );
    await app.close();
  });

test('the test client reaches Express and Connect, which change what a request is', async () => {
  const app = new App({ logger: false });
  app.mount('/express', expressApp());
  await using client = await testClient(app);
  const seen = await client.get('/express/seen');
  assert.deepEqual([seen.status, (await seen.json<{ url: string }>()).url], [200, '/seen']);
  assert.deepEqual(await (await client.post('/express/echo', { json: { name: 'Ada' } })).json(), { name: 'Ada' });
  assert.equal((await client.get('/express/nothing')).status, 404);
});

test('over HTTP/2 all but Express and Connect are mounted as over HTTP/1', async () => {
  const service = new App({ logger: false });
  service.post('/items', { params: { item: z.object({ name: z.string() }) }, status: 201 }, ({ item }) => item);
  const app = new App({ logger: false, server: { http2: true } });
  app.mount('/app', inner(), { bodyLimit: 100 });
  app.mount('/fetch', async (asked: Request) => new Response(await asked.text(), { status: 201 }), { bodyLimit: 100 });
  app.mount('/service', proxy(await service.listen({ port: 0 })), { bodyLimit: 100 });
  const session = connectHttp2(await app.listen({ port: 0 }));
  const post = async (path: string, body: string): Promise<readonly [unknown, string]> => {
    const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/json' });
    stream.on('error', () => {});
    stream.end(body);
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    return [headers[':status'], (await stream.setEncoding('utf8').toArray()).join('')];
  };
  for (const prefix of ['app', 'fetch', 'service']) {
    assert.deepEqual(await post(`/${prefix}/items`, sent.body), [201, sent.body], prefix);
    const [status] = await post(`/${prefix}/items`, `{"name":"${'x'.repeat(200)}"}`);
    assert.equal(status, 413, prefix);
  }
  session.close();
  assert.deepEqual((await app.close({ deadline: 3000 })).cut, []);
  await service.close();
});

test('an answer of Express whose client takes nothing of it is broken off', async () => {
  const app = new App({ logger: false, sendTimeout: 100 });
  const many = Buffer.alloc(1024 * 1024);
  let isClosed = false;
  app.mount(
    '/node',
    node((_request, response, _next) => {
      response.on('close', () => (isClosed = true));
      for (let pieces = 0; pieces < 64; pieces++) response.write(many);
    }),
  );
  const asked = request(`${await app.listen({ port: 0 })}/node/`).end();
  const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
  response.on('error', () => {});
  response.pause();
  await until('it is broken off', () => assert.equal(isClosed, true));
  await until('nothing is open', () => assert.equal(app.openRequests, 0));
  assert.ok(app.gauges().some(({ name, value }) => name === 'cortado_answers_stalled_total' && value === 1));
  await app.close();
});

for (const host of ['evil.example/admin?', 'a.example#', 'b@a.example', 'a.example:80:80'])
  test(`the host ${host} is no part of what a fetch handler or a service is told`, async () => {
    const service = new App({ logger: false });
    service.get('/seen', (_, { headers }) => headers['x-forwarded-host'] ?? 'nothing');
    const app = new App({ logger: false });
    app.mount('/fetch', (asked: Request) => new Response(asked.url));
    app.mount('/service', proxy(await service.listen({ port: 0 }), { preserveHost: true }));
    const address = await app.listen({ port: 0 });
    const headers = { host };
    assert.equal((await sendRequest(address, '/fetch/seen', { headers })).status, 400);
    assert.equal((await sendRequest(address, '/service/seen', { headers })).text, '"nothing"');
    await app.close();
    await service.close();
  });

test('a mounted app sees the client that a proxy tells of, where the outer app trusts that proxy', async () => {
  const forwarded = { 'x-forwarded-for': '9.9.9.9', 'x-forwarded-proto': 'https', 'x-forwarded-prefix': '/shop' };
  for (const [outer, own, seen] of [
    [['127.0.0.1'], undefined, ['9.9.9.9', 'https', '/shop/in']],
    [undefined, undefined, ['127.0.0.1', 'http', '/in']],
    [['127.0.0.1'], false, ['127.0.0.1', 'http', '/shop/in']],
  ] as const) {
    const mounted = new App({ logger: false, ...(own !== undefined && { server: { trustProxy: own } }) });
    mounted.get('/', (_, { ip, request: { protocol }, rootPath }) => [ip, protocol, rootPath]);
    await using app = new App({ logger: false, ...(outer && { server: { trustProxy: [...outer] } }) });
    app.mount('/in', mounted);
    const address = await app.listen({ port: 0 });
    assert.deepEqual(await (await sendRequest(address, '/in/', { headers: forwarded })).json(), seen);
  }
});

test('a function of two parameters that returns a Response is told what to write', async () => {
  const { logger, errors } = memoryLog();
  const app = new App({ logger });
  app.mount('/a', ((_request: object, _environment: object) => new Response('x')) as never);
  await using client = await testClient(app);
  assert.equal((await client.get('/a/')).status, 500);
  assert.match(errors()[0]!.err!.message, /\{ fetch: handler \}/);
});
