import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { z } from 'zod';
import {
  App,
  around,
  content,
  dependency,
  file,
  HttpError,
  header,
  jsonLines,
  type RequestContext,
  Router,
  sleep,
} from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { sendRequest } from '../../support/send-request.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

const steps = (): { seen: string[]; step: (name: string) => ReturnType<typeof around> } => {
  const seen: string[] = [];
  const step = (name: string): ReturnType<typeof around> =>
    around(
      async (_, _ctx, next) => {
        seen.push(`${name} in`);
        const { status } = await next();
        seen.push(`${name} out ${status}`);
      },
      { name },
    );
  return { seen, step };
};

const session = (seen: string[]) =>
  dependency(async function* () {
    seen.push('open');
    try {
      yield 'session';
      seen.push('commit');
    } catch (error) {
      seen.push('rollback');
      throw error;
    }
  });

test('functions outside go around guards, dependencies and their commit: those of the app, the router, the route', async () => {
  const { seen, step } = steps();
  const router = new Router({ prefix: '/r', around: [step('router')] });
  const guard = dependency(() => void seen.push('guard'));
  router.get('/', { around: [step('route')], guards: [guard], params: { session: session(seen) } }, () => {
    seen.push('handler');
    return 1;
  });
  const app = new App({ logger: false, around: [step('app')] }).include(router, { around: [step('include')] });
  await using client = await testClient(app);
  assert.equal(await (await client.get('/r/')).json(), 1);
  assert.deepEqual(seen, [
    ...['app in', 'include in', 'router in', 'route in'],
    ...['guard', 'open', 'handler', 'commit'],
    ...['route out 200', 'router out 200', 'include out 200', 'app out 200'],
  ]);
});

test('headers of the answer are read, set, added to and taken away, whoever has set them', async () => {
  const change = around(async (_, ctx, next) => {
    ctx.setHeader('x-early', 'yes');
    const { headers, status } = await next();
    headers.set('X-Status', status);
    headers.set('x-set', `${headers.get('x-set')}!`);
    headers.set('x-own', `${headers.get('x-own')}!`);
    headers.append('vary', 'Accept');
    headers.append('set-cookie', 'b=2');
    headers.delete('x-gone');
    headers.delete('x-content-type-options');
    headers.set('x-has', String([headers.has('x-gone'), headers.has('content-type'), headers.get('none')]));
  });
  const app = new App({ logger: false, around: [change] });
  app.get('/json', (_, ctx) => {
    for (const name of ['x-set', 'x-own', 'x-gone']) ctx.setHeader(name, 'v');
    ctx.setHeader('vary', 'Cookie');
    ctx.setCookie('a', '1');
    return { n: 1 };
  });
  app.get('/web', (_, ctx) => {
    ctx.setHeader('x-set', 'v');
    const headers = { 'x-own': 'v', 'x-gone': 'v', vary: 'Cookie', 'set-cookie': 'a=1' };
    return Response.json({ n: 1 }, { headers });
  });
  app.get('/stream', { response: content('text/csv') }, function* (_, ctx: RequestContext) {
    for (const name of ['x-set', 'x-own', 'x-gone']) ctx.setHeader(name, 'v');
    ctx.setHeader('vary', 'Cookie');
    ctx.setHeader('set-cookie', 'a=1');
    yield 'a';
  });
  await using client = await testClient(app);
  for (const path of ['/json', '/web', '/stream']) {
    const { headers, status, text } = await client.get(path);
    const got = Object.fromEntries(headers);
    assert.equal(status, 200);
    assert.deepEqual(
      [got['x-status'], got['x-set'], got['x-own'], got['vary']],
      ['200', 'v!', 'v!', 'Cookie, Accept'],
      path,
    );
    assert.deepEqual(
      [got['x-gone'], got['x-content-type-options'], got['x-early']],
      [undefined, undefined, 'yes'],
      path,
    );
    assert.equal(got['x-has'], 'false,true,', path);
    assert.deepEqual(
      headers.getSetCookie().map((cookie) => cookie.slice(0, 3)),
      ['a=1', 'b=2'],
      path,
    );
    assert.equal(await text(), path === '/stream' ? 'a' : '{"n":1}');
  }
});

test('an error is its answer outside, and an unknown one tells the client nothing', async () => {
  const seen: unknown[] = [];
  const watch = around(async (_, _ctx, next) => {
    const answer = await next();
    seen.push([answer.status, (answer.error as Error | undefined)?.message]);
    answer.headers.set('x-around', 'yes');
  });
  const log = memoryLog();
  const app = new App({ logger: log.logger, around: [watch] });
  app.get('/own', () => {
    throw new HttpError(409, 'taken', { headers: { 'x-why': 'own' } });
  });
  app.get('/fault', () => {
    throw new Error('secret');
  });
  app.get('/{id}', { params: { id: z.int() } }, ({ id }) => id);
  app.get('/refused', { guards: [dependency(() => Promise.reject(new HttpError(403)))] }, () => 1);
  await using client = await testClient(app);
  for (const [path, status, body] of [
    ['/own', 409, { detail: 'taken' }],
    ['/fault', 500, { detail: 'Internal Server Error' }],
    ['/refused', 403, { detail: 'Forbidden' }],
  ] as const) {
    const response = await client.get(path);
    assert.deepEqual([response.status, await response.json(), response.headers.get('x-around')], [status, body, 'yes']);
  }
  assert.equal((await client.get('/own')).headers.get('x-why'), 'own');
  assert.equal((await client.get('/x')).status, 422);
  assert.deepEqual(seen.slice(0, 3), [
    [409, 'taken'],
    [500, 'secret'],
    [403, 'HTTP 403'],
  ]);
  assert.equal(log.errors().length, 1);
});

test('what a function outside throws is answered in the place of the answer; those around it see that', async () => {
  const seen: string[] = [];
  const outer = around(async (_, _ctx, next) => void seen.push(String((await next()).status)));
  const before = around(async () => {
    throw new HttpError(503, 'closed');
  });
  const after = around(async (_, _ctx, next) => {
    await next();
    throw new HttpError(418, 'late');
  });
  const app = new App({ logger: false, around: [outer] });
  app.get('/before', { around: [before] }, () => void seen.push('handler'));
  app.get('/after', { around: [after], params: { session: session(seen) } }, () => 1);
  app.get('/lines', { around: [after], params: { session: session(seen) }, response: jsonLines() }, function* () {
    yield 1;
  });
  await using client = await testClient(app);
  for (const [path, status] of [
    ['/before', 503],
    ['/after', 418],
    ['/lines', 418],
  ] as const)
    assert.equal((await client.get(path)).status, status);
  // A stream has sent nothing yet, so what it used is rolled back.
  assert.deepEqual(seen, ['503', 'open', 'commit', '418', 'open', '418', 'rollback']);
});

test('a function outside answers by itself, or puts a Response in the place of an answer', async () => {
  const seen: string[] = [];
  const closed = around(async () => Response.json({ closed: true }, { status: 503 }));
  const other = around(async (_, _ctx, next) => {
    const { status } = await next();
    return new Response(`was ${status}`, { status: 202, headers: { 'x-other': 'yes' } });
  });
  const app = new App({ logger: false });
  const read = { body: z.object({ n: z.int() }) };
  app.post('/closed', { around: [closed], params: read }, () => void seen.push('handler'));
  app.get('/other', { around: [other], params: { session: session(seen) } }, () => 1);
  app.get('/error', { around: [other] }, () => {
    throw new HttpError(404);
  });
  await using client = await testClient(app);
  const refused = await client.post('/closed', { json: { n: 'x' } });
  assert.deepEqual([refused.status, await refused.json()], [503, { closed: true }]);
  for (const [path, text] of [
    ['/other', 'was 200'],
    ['/error', 'was 404'],
  ] as const) {
    const response = await client.get(path);
    assert.deepEqual([response.status, await response.text(), response.headers.get('x-other')], [202, text, 'yes']);
  }
  assert.deepEqual(seen, ['open', 'commit']);
});

test('inputs are declared, in the document, and a 422 of theirs passes the function by', async () => {
  const pool = dependency(() => 'pool', { scope: 'app' });
  const tenant = around(
    { x_tenant: header(z.int()), pool },
    async ({ x_tenant, pool }, _ctx, next) => {
      (await next()).headers.set('x-tenant', `${x_tenant} ${pool}`);
    },
    { responseHeaders: { 'x-tenant': z.string().describe('Whose it is') } },
  );
  const app = new App({ logger: false, around: [tenant] });
  app.post('/', { params: { body: z.object({ n: z.int() }) } }, ({ body }) => body.n);
  const parameters = app.openapi().paths['/']!['post']!['parameters'] as readonly { name: string; in: string }[];
  assert.deepEqual(
    parameters.map(({ name, in: place }) => [name, place]),
    [['x-tenant', 'header']],
  );
  const { responses } = app.openapi().paths['/']!['post'] as { responses: Record<string, { headers?: object }> };
  const schema = { type: 'string', description: 'Whose it is' };
  assert.deepEqual(responses['200']!.headers, { 'x-tenant': { required: true, schema } });
  await using client = await testClient(app);
  const fine = await client.post('/', { json: { n: 1 }, headers: { 'x-tenant': '7' } });
  assert.deepEqual([await fine.json(), fine.headers.get('x-tenant')], [1, '7 pool']);
  const wrong = await client.post('/', { json: { n: 'x' }, headers: { 'x-tenant': 'y' } });
  assert.deepEqual([wrong.status, wrong.headers.get('x-tenant')], [422, null]);
});

test('inside, next() gives what the handler returned, and what the function returns goes in its place', async () => {
  const seen: string[] = [];
  const double = around(async (_, _ctx, next) => ({ n: ((await next()) as { n: number }).n * 2 }), { place: 'inside' });
  const cached = around(() => ({ n: 7 }), { place: 'inside' });
  const fail = around(
    { session: session(seen) },
    async ({ session }, _ctx, next) => {
      await next();
      throw new HttpError(409, session);
    },
    { place: 'inside' },
  );
  const app = new App({ logger: false });
  const response = z.object({ n: z.int() });
  app.get('/double', { around: [double, double], response }, () => ({ n: 1 }));
  app.get('/cached', { around: [double, cached], response }, () => assert.fail('not called'));
  app.get('/fail', { around: [fail] }, () => void seen.push('handler'));
  await using client = await testClient(app);
  assert.deepEqual(await (await client.get('/double')).json(), { n: 4 });
  assert.deepEqual(await (await client.get('/cached')).json(), { n: 14 });
  const failed = await client.get('/fail');
  assert.deepEqual([failed.status, await failed.json()], [409, { detail: 'session' }]);
  assert.deepEqual(seen, ['open', 'handler', 'rollback']);
});

test('a function that runs next() twice, or not at all, or returns no answer, is told', async () => {
  const log = memoryLog();
  const app = new App({ logger: log.logger });
  const twice = around(async (_, _ctx, next) => void (await next().then(next)), { name: 'twice' });
  const again = around((_, _ctx, next) => next().then(next), { name: 'again', place: 'inside' });
  const never = around(async () => {}, { name: 'never' });
  app.get('/twice', { around: [twice] }, () => 1);
  app.get('/again', { around: [again] }, () => 1);
  app.get('/never', { around: [never] }, () => 1);
  const other = around(async (_, _ctx, next) => next().then(() => 'an answer' as never), { name: 'other' });
  app.get('/other', { around: [other] }, () => 1);
  await using client = await testClient(app);
  for (const path of ['/twice', '/again', '/never', '/other']) assert.equal((await client.get(path)).status, 500);
  const told = log.errors().map(({ err }) => String((err as { message: string }).message));
  for (const [at, name] of ['"twice"', '"again"', '"never"', '"other".*an answer'].entries())
    assert.match(told[at] ?? '', new RegExp(name));
});

test('a time limit and a client that leaves end the wait of a function outside', async () => {
  const seen: unknown[] = [];
  const watch = around(async (_, _ctx, next) => {
    try {
      seen.push((await next()).status);
    } catch (error) {
      seen.push((error as { code?: string }).code);
      throw error;
    }
  });
  const app = new App({ logger: false, around: [watch] });
  app.get('/slow', { timeout: 20 }, async () => {
    await sleep(60).catch(() => {});
    return 1;
  });
  await using client = await testClient(app);
  assert.equal((await client.get('/slow')).status, 504);
  await client.idle();
  await sleep(80);
  assert.deepEqual(seen, ['CORTADO_TIMEOUT']);
});

// Comes after some turns of the loop, so that it is sent as a stream.
const slowly = (text: string): Response =>
  new Response(ReadableStream.from(bytesOf(text)), { headers: { 'content-type': 'text/plain' } });

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  await sleep(20);
  yield Buffer.from(text);
}

// Larger than what is read at once.
const big = join(temporaryFolder('around'), 'big.bin');
writeFileSync(big, Buffer.alloc(500_000));

const failing = dependency(async function* () {
  yield 1;
  throw new HttpError(409, 'cannot close');
});

for (const kind of ['json', 'stream', 'file', 'error', 'file that fails to close'])
  for (const method of ['GET', 'HEAD'])
    test(`a Response that streams takes the place of the answer to ${method}: ${kind}`, async () => {
      const instead = around(async (_, _ctx, next) => {
        await next();
        return slowly('instead');
      });
      const app = new App({ logger: false, around: [instead] });
      app.get('/json', () => 1);
      app.get('/stream', { response: content('text/csv') }, function* () {
        yield 'a';
      });
      app.get('/file', () => file(big));
      app.get('/error', () => {
        throw new HttpError(418);
      });
      app.get('/file that fails to close', { params: { failing } }, () => file(big));
      const address = await app.listen({ port: 0 });
      try {
        const { status, text } = await sendRequest(address, encodeURI(`/${kind}`), { method });
        assert.deepEqual([status, text], [200, method === 'HEAD' ? '' : 'instead']);
        await app.idle();
      } finally {
        await app.close({ deadline: 500 });
      }
    });

test('a file is closed where a dependency fails to close, with functions around it', async () => {
  const app = new App({ logger: false, around: [around(async (_, _ctx, next) => void (await next()))] });
  app.get('/', { params: { failing } }, () => file(big));
  await using client = await testClient(app);
  for (let count = 0; count < 5; count++) assert.equal((await client.get('/')).status, 409);
  const open = async (): Promise<number> => {
    const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
    return (await Promise.all(links)).filter((link) => link === big).length;
  };
  await until('no file is open', async () => (await open()) === 0, 2000);
});

for (const path of ['/json', '/file', '/stream'])
  for (const [name, value] of [
    ['content-length', '3'],
    ['Content-Length', 'x'],
    ['transfer-encoding', 'chunked'],
  ] as const)
    test(`a function outside does not frame the answer: ${name} ${value} of ${path}`, async () => {
      const log = memoryLog();
      for (const change of ['set', 'append'] as const) {
        const frame = around(async (_, _ctx, next) => (await next()).headers[change](name, value));
        const app = new App({ logger: log.logger, around: [frame] });
        app.get('/json', () => 1);
        app.get('/file', () => file(big));
        app.get('/stream', { response: content('text/csv') }, function* () {
          yield 'a';
        });
        await using client = await testClient(app);
        assert.equal((await client.get(path)).status, 500);
      }
      const told = log.errors().map(({ err }) => String((err as { message: string }).message));
      assert.match(told.join(), /answer\.headers\.set.*answer\.headers\.append/);
    });

test('what a stream opened is not committed where a function outside takes longer than the time limit', async () => {
  const seen: string[] = [];
  const slow = around(async (_, _ctx, next) => {
    await next();
    await sleep(60).catch(() => {});
  });
  const app = new App({ logger: false, around: [slow] });
  app.get('/', { params: { session: session(seen) }, timeout: 20, response: content('text/csv') }, function* () {
    yield 'a';
  });
  await using client = await testClient(app);
  assert.equal((await client.get('/')).status, 504);
  await client.idle();
  assert.deepEqual(seen, ['open', 'rollback']);
});

test('what a function outside cannot have is refused at registration', () => {
  const inner = dependency(() => 1, { name: 'inner' });
  const app = new App({ logger: false });
  const make = (...args: readonly unknown[]): unknown => around(...(args as Parameters<typeof around>));
  const faults: readonly [() => unknown, string, string][] = [
    [
      () => app.get('/a', { around: [around({ inner }, async (_, _c, next) => next())] }, () => 1),
      'CORTADO_DEPENDENCY_SCOPE',
      '"inner"',
    ],
    [
      () => app.get('/b', { around: [around({ item: z.object({}) }, async (_, _c, next) => next())] }, () => 1),
      'CORTADO_GUARD_BODY',
      '"item"',
    ],
    [() => app.get('/c', { around: [(() => 1) as never] }, () => 1), 'CORTADO_PARAM_INVALID', 'around(fn)'],
    [() => new App({ logger: false, around: 5 as never }), 'CORTADO_OPTION_INVALID', 'around'],
    [() => make(z.object({}), async () => {}), 'CORTADO_PARAM_INVALID', 'around(fn)'],
    [() => make({}), 'CORTADO_PARAM_INVALID', 'around(fn)'],
    [() => make(async () => {}, { place: 'inner' }), 'CORTADO_OPTION_INVALID', "'outside' or 'inside'"],
  ];
  for (const [declare, code, words] of faults) assert.throws(declare, coded(code as never, words));
});

test('everywhere, a function also goes around the routes of plugins and paths that nobody knows, once', async () => {
  const seen: unknown[] = [];
  const watch = around(
    { x_tenant: header(z.int()) },
    async ({ x_tenant }, { request }, next) => {
      const answer = await next();
      seen.push([request.method, request.url, x_tenant, answer.status]);
      answer.headers.set('x-around', 'yes');
      answer.headers.delete('x-plugin');
    },
    { everywhere: true },
  );
  const app = new App({ logger: false, around: [watch, around(async (_, _ctx, next) => next(), { name: 'own' })] });
  app.use(async (server) => {
    server.get('/plugin', async (_request, reply) => {
      reply.header('x-plugin', 'own');
      return { n: 1 };
    });
    server.get('/broken', async () => {
      throw new Error('secret');
    });
    server.get('/stream', async (_request, reply) => reply.type('text/plain').send(Readable.from(['a', 'b'])));
  });
  app.get('/own', () => 1);
  await using client = await testClient(app);
  const headers = { 'x-tenant': '7' };
  for (const [method, path, status, body] of [
    ['GET', '/plugin', 200, '{"n":1}'],
    ['GET', '/own', 200, '1'],
    ['GET', '/stream', 200, 'ab'],
    ['GET', '/nowhere', 404, '{"detail":"Not Found"}'],
    ['POST', '/own', 405, '{"detail":"Method Not Allowed"}'],
    ['GET', '/broken', 500, '{"detail":"Internal Server Error"}'],
  ] as const) {
    seen.length = 0;
    const response = await client.request(method, path, { headers });
    assert.deepEqual([response.status, await response.text()], [status, body], path);
    assert.deepEqual([response.headers.get('x-around'), response.headers.get('x-plugin')], ['yes', null], path);
    assert.deepEqual(seen, [[method, path, 7, status]]);
  }
  // Nothing there declares the header, so that without it there is no 422.
  seen.length = 0;
  assert.deepEqual([(await client.get('/plugin')).status, seen], [200, []]);
});

test('everywhere, a function answers by itself, puts a Response in the place of an answer, or fails', async () => {
  const how = around(
    async (_, { request }, next) => {
      if (request.url === '/closed') return Response.json({ closed: true }, { status: 503 });
      const { status } = await next();
      if (request.url === '/late') throw new HttpError(418, 'late');
      return new Response(`was ${status}`, { status: 202, headers: { 'x-other': 'yes' } });
    },
    { everywhere: true },
  );
  const app = new App({ logger: false, around: [how] });
  app.use(async (server) => void server.get('/plugin', async () => ({ n: 1 })));
  await using client = await testClient(app);
  const closed = await client.get('/closed');
  assert.deepEqual([closed.status, await closed.json()], [503, { closed: true }]);
  assert.equal((await client.get('/late')).status, 418);
  for (const [path, text] of [
    ['/plugin', 'was 200'],
    ['/nowhere', 'was 404'],
  ] as const) {
    const response = await client.get(path);
    assert.deepEqual([response.status, await response.text(), response.headers.get('x-other')], [202, text, 'yes']);
  }
  assert.throws(
    () => around(() => 1, { place: 'inside', everywhere: true }),
    coded('CORTADO_OPTION_INVALID', 'outside'),
  );
});

for (const [what, end, status] of [
  ['puts a Response in its place', () => new Response('instead'), 200],
  [
    'throws',
    () => {
      throw new HttpError(409);
    },
    409,
  ],
] as const)
  test(`the stream of a plugin is ended where a function around it ${what}`, async () => {
    const streams: Readable[] = [];
    const app = new App({
      logger: false,
      around: [
        around(
          async (_, _ctx, next) => {
            await next();
            return end();
          },
          { everywhere: true },
        ),
      ],
    });
    app.use(async (server) => {
      server.get('/plugin', (_request, reply) => {
        const stream = Readable.from(['a', 'b']);
        streams.push(stream);
        return reply.send(stream);
      });
    });
    await using client = await testClient(app);
    assert.equal((await client.get('/plugin')).status, status);
    assert.deepEqual(
      streams.map(({ destroyed }) => destroyed),
      [true],
    );
  });

test('everywhere, a function is planned as the app is made, and anew for what stands in for its values', async () => {
  const shop = dependency(() => 'real', { scope: 'app', name: 'shop' });
  const inner = dependency(() => 1, { name: 'inner' });
  const sign = around({ shop }, async ({ shop }, _ctx, next) => (await next()).headers.append('x-shop', shop), {
    everywhere: true,
  });
  const late = around({ inner }, async (_, _ctx, next) => next(), { everywhere: true });
  assert.throws(() => new App({ logger: false, around: [late] }), coded('CORTADO_DEPENDENCY_SCOPE', '"inner"'));
  assert.throws(
    () => new App({ logger: false, around: [null as never] }).get('/', () => 1),
    coded('CORTADO_PARAM_INVALID'),
  );
  const app = new App({ logger: false, around: [sign] });
  const shown = async (): Promise<string | null> => {
    await using client = await testClient(app);
    return (await client.get('/nowhere')).headers.get('x-shop');
  };
  assert.equal(await shown(), 'real');
  {
    using _ = app.override(shop, () => 'fake');
    assert.equal(await shown(), 'fake');
  }
  assert.equal(await shown(), 'real');
});
