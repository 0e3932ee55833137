import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import {
  App,
  CortadoError,
  dependency,
  gather,
  HttpError,
  type RequestContext,
  ResponseInvalid,
  ValidationError,
} from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { memoryLog } from '../../support/memory-log.ts';

const details: readonly [string, HttpError, number, unknown][] = [
  ['a text', new HttpError(404, 'No such drink'), 404, 'No such drink'],
  ['an object', new HttpError(409, { drink: 'tea' }), 409, { drink: 'tea' }],
  ['a list', new HttpError(400, [1, 2]), 400, [1, 2]],
  ['null', new HttpError(400, null), 400, null],
  ['nothing', new HttpError(403), 403, 'Forbidden'],
  ['a 500 that is meant', new HttpError(500, 'The grinder is stuck'), 500, 'The grinder is stuck'],
];
for (const [name, error, status, detail] of details) {
  test(`an HttpError with ${name} as its detail`, async () => {
    const { logger, errors } = memoryLog();
    const app = new App({ logger });
    app.get('/', () => {
      throw error;
    });
    await using client = await testClient(app);
    const response = await client.get('/');
    assert.deepEqual([response.status, await response.json()], [status, { detail }]);
    assert.deepEqual(errors(), []);
  });
}

test('an HttpError may have headers', async () => {
  const app = new App({ logger: false });
  app.get('/', () => {
    throw new HttpError(429, 'Slow down', { headers: { 'retry-after': '3' } });
  });
  await using client = await testClient(app);
  assert.equal((await client.get('/')).headers.get('retry-after'), '3');
});

for (const status of [200, 302, 399, 600, 4.5, Number.NaN]) {
  test(`an HttpError cannot have the status ${status}`, () => {
    assert.throws(() => new HttpError(status), RangeError);
  });
}

test('an HttpError whose status is a text says so', () => {
  assert.throws(() => new HttpError('404' as never), { name: 'RangeError' });
});

test('an unexpected error is logged with its route and stack, and leaks nothing', async () => {
  const { logger, errors } = memoryLog();
  const app = new App({ logger });
  app.get('/orders/{id}', { params: { id: z.int() } }, () => {
    throw new Error('password=secret');
  });
  await using client = await testClient(app);
  const response = await client.get('/orders/1');
  assert.deepEqual([response.status, await response.text()], [500, '{"detail":"Internal Server Error"}']);
  const [line] = errors();
  assert.deepEqual([line?.route, line?.err?.message], ['GET /orders/{id}', 'password=secret']);
  assert.match(line?.err?.stack ?? '', /errors\.test\.ts/);
});

test('a CortadoError with a status of its own answers with it', async () => {
  const app = new App({ logger: false });
  app.get('/', () => {
    throw new CortadoError('CORTADO_TIMEOUT', 'Not done within 5 ms', { status: 504, headers: { 'retry-after': '1' } });
  });
  await using client = await testClient(app);
  const response = await client.get('/');
  assert.deepEqual(
    [response.status, await response.json(), response.headers.get('retry-after')],
    [504, { detail: 'The server did not answer in time.' }, '1'],
  );
});

class OutOfBeans extends Error {}
class OutOfDecaf extends OutOfBeans {}

const plain = (text: string, status: number): Response => new Response(text, { status });

test('the handler of the nearest class answers; then that of the status', async () => {
  const app = new App({ logger: false });
  app.onError(OutOfBeans, ({ message }) => plain(`beans: ${message}`, 503));
  app.onError(404, () => plain('nothing here', 404));
  app.onError(Error, () => plain('any error', 500));
  app.onError(HttpError, ({ status, detail }) => plain(`http: ${detail}`, status));
  app.get('/beans', () => {
    throw new OutOfDecaf('decaf');
  });
  app.get('/http', () => {
    throw new HttpError(418, 'teapot');
  });
  app.get('/any', () => {
    throw new TypeError('x');
  });
  app.get('/async', async () => {
    throw Object.assign(new Error('x'), { statusCode: 404 });
  });
  await using client = await testClient(app);
  const asked = async (url: string): Promise<[number, string]> => {
    const { status, text } = await client.get(url);
    return [status, await text()];
  };
  assert.deepEqual(await asked('/beans'), [503, 'beans: decaf']);
  assert.deepEqual(await asked('/http'), [418, 'http: teapot']);
  assert.deepEqual(await asked('/any'), [500, 'any error']);
  assert.deepEqual(await asked('/async'), [500, 'any error']);
});

test('an error handler may be asynchronous, see the context, and leave the error to its usual way', async () => {
  const app = new App({ logger: false });
  app.onError(OutOfBeans, async (_, { path }) => (path === '/own' ? plain('own', 418) : undefined));
  app.get('/own', () => {
    throw new OutOfBeans();
  });
  app.get('/usual', () => {
    throw new OutOfBeans();
  });
  await using client = await testClient(app);
  assert.deepEqual([await (await client.get('/own')).text(), (await client.get('/usual')).status], ['own', 500]);
});

test('validation errors can be answered otherwise, with their issues and the body', async () => {
  const app = new App({ logger: false });
  app.onError(ValidationError, ({ issues, body }) => Response.json({ count: issues.length, body }, { status: 400 }));
  app.post('/', { params: { item: z.object({ a: z.int() }) } }, () => 1);
  await using client = await testClient(app);
  const response = await client.post('/', { json: { a: 'x' } });
  assert.deepEqual([response.status, await response.json()], [400, { count: 1, body: { a: 'x' } }]);
});

test('handlers by status answer unknown paths and methods as well', async () => {
  const app = new App({ logger: false });
  app.onError(404, () => plain('nothing here', 404));
  app.onError(405, () => plain('not so', 405));
  app.get('/x', () => 1);
  await using client = await testClient(app);
  assert.equal(await (await client.get('/nowhere')).text(), 'nothing here');
  assert.equal(await (await client.post('/x')).text(), 'not so');
});

const brokenHandlers: readonly [string, () => never][] = [
  [
    'throws',
    () => {
      throw new Error('handler broken');
    },
  ],
  ['returns no Response', () => ({ status: 418 }) as never],
];
for (const [name, handler] of brokenHandlers) {
  test(`an error handler that ${name} is a logged 500`, async () => {
    const { logger, errors } = memoryLog();
    const app = new App({ logger });
    app.onError(OutOfBeans, handler);
    app.get('/', () => {
      throw new OutOfBeans();
    });
    await using client = await testClient(app);
    assert.equal((await client.get('/')).status, 500);
    assert.equal(errors().length, 1);
  });
}

const problems: readonly [string, object, number][] = [
  ['/http', { type: 'about:blank', title: 'Not Found', status: 404, detail: 'No such drink' }, 404],
  ['/object', { type: 'https://bar.example/stock', title: 'Conflict', status: 409, left: 0 }, 409],
  [
    '/unexpected',
    { type: 'about:blank', title: 'Internal Server Error', status: 500, detail: 'Internal Server Error' },
    500,
  ],
  ['/nowhere', { type: 'about:blank', title: 'Not Found', status: 404, detail: 'Not Found' }, 404],
  [
    '/%zz',
    { type: 'about:blank', title: 'Bad Request', status: 400, detail: "'/%zz' is not a valid url component" },
    400,
  ],
  [
    '/invalid?n=x',
    {
      type: 'about:blank',
      title: 'Unprocessable Entity',
      status: 422,
      errors: [
        {
          type: 'int_parsing',
          loc: ['query', 'n'],
          msg: 'Input should be a valid integer, unable to parse string as an integer',
          input: 'x',
        },
      ],
    },
    422,
  ],
];

function problemApp(): App {
  const app = new App({ logger: false, errors: 'problem' });
  app.get('/http', () => {
    throw new HttpError(404, 'No such drink');
  });
  app.get('/object', () => {
    throw new HttpError(409, { type: 'https://bar.example/stock', left: 0 });
  });
  app.get('/unexpected', () => {
    throw new Error('secret');
  });
  app.get('/invalid', { params: { n: z.int() } }, () => 1);
  return app;
}

for (const [url, body, status] of problems) {
  test(`errors: 'problem' answers ${status} at ${url} as RFC 9457 has it`, async () => {
    await using client = await testClient(problemApp());
    const response = await client.get(url);
    assert.equal(response.status, status);
    assert.equal(response.headers.get('content-type'), 'application/problem+json');
    assert.deepEqual(await response.json(), body);
  });
}

test("errors: 'problem' changes the documentation together with the wire", () => {
  const { paths, components } = problemApp().openapi();
  const responses = paths['/invalid']!['get']!['responses'] as Record<string, { content: object }>;
  assert.deepEqual(Object.keys(responses['422']!.content), ['application/problem+json']);
  assert.ok('ValidationProblem' in components!.schemas);
  assert.ok(!('HTTPValidationError' in components!.schemas));
});

test('what a response forbids can be told from other errors', async () => {
  const app = new App({ logger: false });
  app.onError(ResponseInvalid, ({ issues }) => plain(`${issues.length} faults`, 502));
  app.get('/', { response: z.object({ a: z.int(), b: z.int() }) as z.ZodType }, () => ({ a: 'x' }));
  await using client = await testClient(app);
  assert.deepEqual([(await client.get('/')).status, await (await client.get('/')).text()], [502, '2 faults']);
});

test('only Fastify, its plugins and http-errors mean their status for the client; a client of another service does not', async () => {
  const log = memoryLog();
  const app = new App({ logger: log.logger });
  const errors = {
    service: Object.assign(new Error('key sk_live_1 is invalid'), { statusCode: 401 }),
    fastify: Object.assign(new Error('no token'), { statusCode: 401, code: 'FST_JWT_NO_AUTHORIZATION' }),
    'http-errors': Object.assign(new Error('gone'), { statusCode: 410, expose: true }),
  };
  for (const [name, error] of Object.entries(errors))
    app.get(`/${name}` as '/', () => {
      throw error;
    });
  app.server.addHook('onRequest', async ({ url }) => {
    if (url === '/hook') throw Object.assign(new Error('slow down'), { statusCode: 429 });
  });
  app.get('/hook', () => 1);
  await using client = await testClient(app);
  const asked = async (url: string): Promise<unknown[]> => {
    const { status, json } = await client.get(url);
    return [status, (await json<{ detail: unknown }>()).detail];
  };
  assert.deepEqual(await asked('/service'), [500, 'Internal Server Error']);
  assert.equal(log.errors().at(-1)?.route, 'GET /service');
  assert.deepEqual(await asked('/fastify'), [401, 'no token']);
  assert.deepEqual(await asked('/http-errors'), [410, 'gone']);
  assert.deepEqual(await asked('/hook'), [429, 'slow down']);
});

test('an error answers without the headers and cookies that were set before it, and with those of plugins', async () => {
  const app = new App({ logger: false });
  const failing = dependency(async function* () {
    yield 1;
    throw new Error('commit failed');
  });
  const set = (_: object, ctx: RequestContext): void => {
    ctx.setHeader('cache-control', 'max-age=3600');
    ctx.setHeader('x-plugin', 'changed');
    ctx.setCookie('sid', 'x');
  };
  app.get('/thrown', (inputs, ctx) => {
    set(inputs, ctx);
    throw new HttpError(404, 'x');
  });
  app.get('/commit', { params: { failing } }, set);
  app.get('/fine', set);
  app.onError(418, (_, ctx) => {
    ctx.deleteCookie('sid');
    return plain('teapot', 418);
  });
  app.get('/handled', (inputs, ctx) => {
    set(inputs, ctx);
    throw new HttpError(418);
  });
  app.server.addHook('onRequest', async (_request, reply) => void reply.header('x-plugin', 'own'));
  await using client = await testClient(app);
  for (const [url, status, plugin, cookie] of [
    ['/thrown', 404, 'own', undefined],
    ['/commit', 500, 'own', undefined],
    ['/fine', 200, 'changed', /^sid=x;/],
    ['/handled', 418, 'own', /^sid=; Max-Age=0/],
  ] as const) {
    const { status: answered, headers } = await client.get(url);
    assert.deepEqual([answered, headers.get('x-plugin')], [status, plugin], url);
    assert.equal(headers.get('cache-control'), url === '/fine' ? 'max-age=3600' : null, url);
    if (cookie === undefined) assert.equal(headers.get('set-cookie'), null, url);
    else assert.match(String(headers.get('set-cookie')), cookie);
  }
});

test('a handler of `Error` takes what nobody expected, and nothing that has its own answer', async () => {
  const app = new App({ logger: false });
  app.onError(Error, () => plain('any error', 500));
  app.get('/bug', () => {
    throw new TypeError('x');
  });
  app.get('/http', () => {
    throw new HttpError(403, 'no');
  });
  app.get('/input', { params: { n: z.int() } }, () => 1);
  await using client = await testClient(app);
  const statuses = ['/bug', '/http', '/input', '/nowhere'].map(async (url) => (await client.get(url)).status);
  assert.deepEqual(await Promise.all(statuses), [500, 403, 422, 404]);
  assert.equal(await (await client.get('/bug')).text(), 'any error');
});

test('works of a gather that fail at once answer as the first of them, unless one was not expected', async () => {
  const app = new App({ logger: false });
  const refuse = async (): Promise<never> => {
    throw new HttpError(403, 'no');
  };
  const bug = async (): Promise<never> => {
    throw new Error('bug');
  };
  app.get('/refused', () => gather([refuse, refuse]));
  app.get('/bug', () => gather([refuse, bug]));
  await using client = await testClient(app);
  assert.deepEqual([(await client.get('/refused')).status, (await client.get('/bug')).status], [403, 500]);
});
