import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import cors from '@fastify/cors';
import { z } from 'zod';
import { App, dependency, type ErrorCode, HttpError, header, Router } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';
import { sendRequest } from '../../support/send-request.ts';

const app = new App({ logger: false });
for (const verb of ['get', 'post', 'put', 'patch', 'delete'] as const) app[verb]('/verbs', (_, { method }) => method);
app.options('/options', (_, context) => {
  context.setHeader('allow', 'OPTIONS');
});
app.head('/head', (_, context) => context.setHeader('x-head', 'own'));
app.get('/head', () => 'from get');
app.get('/files/{name}/{rest:path}', { params: { name: z.string(), rest: z.string() } }, (values) => values);
app.get('/files/special/readme', () => 'static wins');
app.get('/time/12:30', () => 'a colon');
app.get('/u/{id}.json', { params: { id: z.int() } }, ({ id }) => id);
app.get('/a/{x}/b/{y}', { params: { x: z.string(), y: z.string() } }, (values) => values);
app.get('/slash/', () => 'slash');
app.get('/bare', () => 'bare');
app.post('/bare', () => 'posted');
app.get('/ümlaut', () => 'umlaut');

let address = '';
before(async () => {
  address = await app.listen({ port: 0 });
});
after(() => app.close());

for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
  test(`answers ${method}`, async () => {
    assert.equal((await sendRequest(address, '/verbs', { method })).text, `"${method}"`);
  });
}

interface Ask {
  readonly name: string;
  readonly method?: string;
  readonly url: string;
  readonly status: number;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const asks: readonly Ask[] = [
  {
    name: 'HEAD is answered from GET, without a body',
    method: 'HEAD',
    url: '/bare',
    status: 200,
    text: '',
    headers: { 'content-length': '6', 'content-type': 'application/json' },
  },
  {
    name: 'a HEAD route of its own wins',
    method: 'HEAD',
    url: '/head',
    status: 200,
    text: '',
    headers: { 'x-head': 'own' },
  },
  {
    name: 'HEAD of what has no GET is a 405',
    method: 'HEAD',
    url: '/options',
    status: 405,
    headers: { allow: 'OPTIONS' },
  },
  { name: 'an OPTIONS route answers', method: 'OPTIONS', url: '/options', status: 200, headers: { allow: 'OPTIONS' } },
  {
    name: 'a method that no route has is a 405 with Allow',
    method: 'DELETE',
    url: '/bare',
    status: 405,
    text: '{"detail":"Method Not Allowed"}',
    headers: { allow: 'GET, HEAD, POST' },
  },
  {
    name: 'OPTIONS without a route is a 405 with Allow',
    method: 'OPTIONS',
    url: '/bare',
    status: 405,
    headers: { allow: 'GET, HEAD, POST' },
  },
  {
    name: 'a 405 of a path with parameters',
    method: 'PUT',
    url: '/a/1/b/2',
    status: 405,
    headers: { allow: 'GET, HEAD' },
  },
  { name: 'an unknown path is a 404', url: '/nowhere', status: 404, text: '{"detail":"Not Found"}' },
  { name: '{rest:path} takes slashes', url: '/files/a/b/c/d', status: 200, text: '{"name":"a","rest":"b/c/d"}' },
  { name: '{rest:path} may be empty', url: '/files/a/', status: 200, text: '{"name":"a","rest":""}' },
  { name: '{rest:path} is decoded', url: '/files/a/b%20c%2Fd', status: 200, text: '{"name":"a","rest":"b c/d"}' },
  { name: 'a static path wins over parameters', url: '/files/special/readme', status: 200, text: '"static wins"' },
  { name: 'a colon is a letter of a path', url: '/time/12:30', status: 200, text: '"a colon"' },
  { name: 'a parameter may have a suffix', url: '/u/7.json', status: 200, text: '7' },
  { name: 'parameters do not take slashes', url: '/a/1/2/b/3', status: 404 },
  { name: 'a parameter is decoded', url: '/a/%C3%BC%20x/b/%2F', status: 200, text: '{"x":"ü x","y":"/"}' },
  {
    name: 'a missing slash at the end is redirected',
    url: '/slash?q=1&r=%20',
    status: 307,
    headers: { location: './slash/?q=1&r=%20' },
  },
  { name: 'a slash too many is redirected', url: '/bare/', status: 307, headers: { location: '../bare' } },
  { name: 'no redirect leads to another host', url: '//evil.example/bare/', status: 404 },
  { name: 'letters beyond ASCII may stand in a path', url: '/%C3%BCmlaut', status: 200, text: '"umlaut"' },
];
for (const { name, method = 'GET', url, status, text, headers = {} } of asks) {
  test(name, async () => {
    const response = await sendRequest(address, url, { method });
    assert.equal(response.status, status, response.text);
    if (text !== undefined) assert.equal(response.text, text);
    for (const [header, value] of Object.entries(headers)) assert.equal(response.headers[header], value);
  });
}

test('redirects of slashes can be switched off', async () => {
  const strict = new App({ logger: false, redirectSlashes: false });
  strict.get('/bare', () => 1);
  await using client = await testClient(strict);
  assert.equal((await client.get('/bare/')).status, 404);
});

test('a router adds prefix, tags, guards, responses and deprecation to its routes, through every level', async () => {
  const seen: string[] = [];
  const guard = (name: string) => dependency(() => void seen.push(name), { name });
  const inner = new Router({ prefix: '/inner', tags: ['inner'], guards: [guard('inner')] });
  inner.get('', { guards: [guard('route')], tags: ['route'] }, () => 'root');
  inner.get('/{id}', { params: { id: z.int() } }, ({ id }) => id);
  const outer = new Router({
    prefix: '/outer',
    tags: ['outer'],
    guards: [guard('outer')],
    responses: { 404: { description: 'Gone' } },
  });
  outer.include(inner, { prefix: '/v2', tags: ['v2'], guards: [guard('include')] });
  const nested = new App({ logger: false, guards: [guard('app')] });
  nested.include(outer, { prefix: '/api', deprecated: true });
  await using client = await testClient(nested);
  assert.equal(await (await client.get('/api/outer/v2/inner')).json(), 'root');
  assert.deepEqual(seen.splice(0), ['app', 'outer', 'include', 'inner', 'route']);
  assert.equal(await (await client.get('/api/outer/v2/inner/5')).json(), 5);
  const { paths } = nested.openapi();
  const operation = paths['/api/outer/v2/inner']!['get']!;
  assert.deepEqual(operation['tags'], ['outer', 'v2', 'inner', 'route']);
  assert.equal(operation['deprecated'], true);
  assert.equal((operation['responses'] as Record<string, { description: string }>)['404']!.description, 'Gone');
});

test('a router can be included twice', async () => {
  const router = new Router();
  router.get('/x', (_, { path }) => path);
  const twice = new App({ logger: false });
  twice.include(router, { prefix: '/v1' }).include(router, { prefix: '/v2' });
  await using client = await testClient(twice);
  assert.equal(await (await client.get('/v1/x')).json(), '/v1/x');
  assert.equal(await (await client.get('/v2/x')).json(), '/v2/x');
});

test('a prefix may have parameters', async () => {
  const router = new Router({ prefix: '/users/{user_id}' });
  router.get('/orders/{id}', { params: { user_id: z.int(), id: z.int() } }, (values) => values);
  const nested = new App({ logger: false });
  nested.include(router);
  await using client = await testClient(nested);
  assert.deepEqual(await (await client.get('/users/1/orders/2')).json(), { user_id: 1, id: 2 });
});

test('a guard answers for a whole router, in its own words', async () => {
  const signedIn = dependency({ authorization: header(z.string().optional()) }, ({ authorization }) => {
    if (authorization === undefined)
      throw new HttpError(401, 'Not authenticated', { headers: { 'www-authenticate': 'Bearer' } });
  });
  const router = new Router({ guards: [signedIn] });
  router.post('/orders', { params: { order: z.object({ drink: z.string() }) } }, ({ order }) => order);
  const guarded = new App({ logger: false });
  guarded.include(router);
  await using client = await testClient(guarded);
  const response = await client.post('/orders', { body: 'x'.repeat(100) });
  assert.deepEqual(
    [response.status, await response.json(), response.headers.get('www-authenticate')],
    [401, { detail: 'Not authenticated' }, 'Bearer'],
  );
});

const faults: readonly [string, (app: App) => unknown, ErrorCode, ...names: string[]][] = [
  [
    'the same route twice',
    (app) => {
      app.get('/x', () => 1);
      app.get('/x', () => 2);
    },
    'CORTADO_ROUTE_DUPLICATE',
    'GET /x',
  ],
  [
    'two routes that differ by the name of a parameter only',
    (app) => {
      app.post('/a/{x}', { params: { x: z.int() } }, () => 1);
      app.get('/a/{x}', { params: { x: z.int() } }, () => 1);
      app.get('/a/{y}', { params: { y: z.int() } }, () => 2);
    },
    'CORTADO_ROUTE_DUPLICATE',
    'GET /a/{y}',
    'GET /a/{x}',
  ],
  [
    'two such routes through routers',
    (app) => {
      const [first, second] = [new Router({ prefix: '/a' }), new Router({ prefix: '/a' })];
      first.get('/{rest:path}', { params: { rest: z.string() } }, () => 1);
      second.get('/{all:path}', { params: { all: z.string() } }, () => 2);
      app.include(first).include(second, {});
    },
    'CORTADO_ROUTE_DUPLICATE',
    'GET /a/{all:path}',
    'GET /a/{rest:path}',
  ],
  ['a path without its slash', (app) => app.get('x', () => 1), 'CORTADO_PATH_INVALID', '"x"', '"/"'],
  ['a parameter in colon form', (app) => app.get('/:id', () => 1), 'CORTADO_PATH_INVALID', '{name}', ':name'],
  ['a parameter twice', (app) => app.get('/{a}/{a}' as '/', {}, () => 1), 'CORTADO_PATH_INVALID', '"a"'],
  ['braces that do not match', (app) => app.get('/{a' as '/', {}, () => 1), 'CORTADO_PATH_INVALID'],
  [
    'the rest of a path beside another parameter',
    (app) => app.get('/x/{a}.{p:path}', { params: { a: z.string(), p: z.string() } }, () => 1),
    'CORTADO_PATH_INVALID',
    '{p:path}',
  ],
  ['an unknown convertor', (app) => app.get('/{a:int}' as '/', {}, () => 1), 'CORTADO_PATH_INVALID', '"int"'],
  ['{rest:path} before the end', (app) => app.get('/{a:path}/b' as '/', {}, () => 1), 'CORTADO_PATH_INVALID'],
  ['a wildcard', (app) => app.get('/*', () => 1), 'CORTADO_PATH_INVALID', '{name:path}'],
  [
    'a path parameter that is not declared',
    (app) => app.get('/{a}' as '/', {}, () => 1),
    'CORTADO_PATH_PARAMETER',
    '"a"',
  ],
  [
    'a path parameter that is an object',
    (app) => app.get('/{a}', { params: { a: z.object({}) } }, () => 1),
    'CORTADO_PARAM_INVALID',
    '"a"',
  ],
  [
    'a prefix that ends with a slash',
    (app) => app.include(new Router(), { prefix: '/v1/' }),
    'CORTADO_PATH_INVALID',
    '"/v1/"',
  ],
  [
    'a router that includes itself',
    () => {
      const router = new Router();
      router.include(new Router().include(router));
    },
    'CORTADO_OPTION_INVALID',
  ],
  ['an unknown option of a router', () => new Router({ prefx: '/v1' } as never), 'CORTADO_OPTION_UNKNOWN', '"prefx"'],
  ['an unknown option of an app', () => new App({ titel: 'x' } as never), 'CORTADO_OPTION_UNKNOWN', '"titel"'],
  [
    'an unknown option of a route',
    (app) => app.get('/x', { respons: 1 } as never, () => 1),
    'CORTADO_OPTION_UNKNOWN',
    'GET /x',
    '"respons"',
  ],
  [
    'a response that is no schema',
    (app) => app.get('/x', { response: {} as z.ZodType }, () => 1),
    'CORTADO_OPTION_INVALID',
    'response',
  ],
  ['an impossible status', (app) => app.get('/x', { status: 42 }, () => 1), 'CORTADO_OPTION_INVALID', 'status', '42'],
  ['no handler', (app) => app.get('/x', {} as never), 'CORTADO_OPTION_INVALID', '(path, handler)'],
  [
    'a body for a GET',
    (app) => app.get('/x', { params: { item: z.object({}) } }, () => 1),
    'CORTADO_PARAM_INVALID',
    'GET',
  ],
  ['what cannot be used', (app) => app.use(5 as never), 'CORTADO_OPTION_INVALID', 'app.use()'],
];
for (const [name, register, code, ...names] of faults) {
  test(`${name} fails at registration and says what to do`, () => {
    assert.throws(() => register(new App({ logger: false })), coded(code, ...names));
  });
}

test('a Fastify plugin works: CORS answers preflights, and marks every answer, errors included', async () => {
  const open = new App({ logger: false });
  open.use(cors, { origin: 'https://bar.example', methods: ['GET', 'POST'] });
  open.post('/orders', { params: { order: z.object({ drink: z.string() }) } }, ({ order }) => order);
  const openAddress = await open.listen({ port: 0 });
  const origin = { origin: 'https://bar.example' };
  try {
    const preflight = await sendRequest(openAddress, '/orders', {
      method: 'OPTIONS',
      headers: { ...origin, 'access-control-request-method': 'POST' },
    });
    assert.deepEqual([preflight.status, preflight.headers['access-control-allow-methods']], [204, 'GET, POST']);
    for (const [url, method, status] of [
      ['/orders', 'POST', 422],
      ['/nowhere', 'GET', 404],
      ['/orders', 'DELETE', 405],
    ] as const) {
      const response = await sendRequest(openAddress, url, { method, headers: origin });
      assert.deepEqual(
        [response.status, response.headers['access-control-allow-origin']],
        [status, 'https://bar.example'],
      );
    }
  } finally {
    await open.close();
  }
});

const beside: readonly (readonly [template: string, url: string, values: object])[] = [
  ['/act/{id}:run', '/act/5:run', { id: '5' }],
  ['/geo/{lat},{lon}', '/geo/25.1,121,5', { lat: '25.1,121', lon: '5' }],
  ['/under/{a}_{b}', '/under/x_y', { a: 'x', b: 'y' }],
  ['/mail/{user}@{host}', '/mail/ada@b.example', { user: 'ada', host: 'b.example' }],
  ['/file/{name}.{ext}', '/file/a.tar.gz', { name: 'a.tar', ext: 'gz' }],
  ['/odata/Products({id})', '/odata/Products(5)', { id: '5' }],
  ['/literal/{id}(abc)', '/literal/1(abc)', { id: '1' }],
  ['/space/{a} {b}', '/space/x%20y', { a: 'x', b: 'y' }],
  ['/twins/{a}{b}', '/twins/xyz', { a: 'xy', b: 'z' }],
  ['/colons/{a}:{b}', '/colons/1:2', { a: '1', b: '2' }],
  ['/before/v{a}', '/before/v2', { a: '2' }],
  ['/mixed/{a}-{b}.{c}/{d}', '/mixed/1-2.3/4', { a: '1', b: '2', c: '3', d: '4' }],
];
for (const [template, url, values] of beside)
  test(`parameters stand beside text: ${template}`, async () => {
    const own = new App({ logger: false });
    const params = Object.fromEntries(Object.keys(values).map((name) => [name, z.string()]));
    own.get(template as '/', { params: params as Record<never, never> }, (inputs) => inputs);
    await using client = await testClient(own);
    assert.deepEqual(await (await client.get(url)).json(), values);
    assert.equal((await client.post(url)).status, 405);
  });

test('a path parameter may be as long as a signed token', async () => {
  const own = new App({ logger: false });
  own.get('/verify/{token}', { params: { token: z.string() } }, ({ token }) => token.length);
  await using client = await testClient(own);
  assert.equal(await (await client.get(`/verify/${'a'.repeat(1500)}`)).json(), 1500);
});
