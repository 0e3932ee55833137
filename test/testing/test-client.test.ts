import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { App, body, cookie, dependency, query, type RequestContext, redirect, sleep } from '../../src/index.ts';
import { testClient } from '../../src/testing/index.ts';
import { coded } from '../support/coded.ts';

test('sends JSON, forms, bodies, queries, headers and any method', async () => {
  const app = new App({ logger: false });
  app.post(
    '/echo',
    { params: { any: body(z.unknown()), list: query(z.array(z.string()).default([])) } },
    ({ any, list }, { headers }) => ({
      any,
      list,
      type: headers['content-type'],
      own: headers['x-own'],
    }),
  );
  app.options('/echo', (_, { method }) => method);
  await using client = await testClient(app);
  const response = await client.post('/echo?list=a', {
    json: { b: [1] },
    query: { list: ['b', 'c'] },
    headers: { 'x-own': 'y' },
  });
  assert.deepEqual(await response.json(), {
    any: { b: [1] },
    list: ['a', 'b', 'c'],
    type: 'application/json',
    own: 'y',
  });
  const raw = await client.post('/echo', { body: '[1]', headers: { 'content-type': 'application/json' } });
  assert.deepEqual((await raw.json<{ any: unknown }>()).any, [1]);
  assert.equal(await (await client.request('OPTIONS', '/echo')).json(), 'OPTIONS');
});

test('keeps cookies from answer to request, until they are deleted', async () => {
  const app = new App({ logger: false });
  app.post('/login', {}, (_, context) => context.setCookie('sid', 'a b'));
  app.post('/logout', {}, (_, context) => context.deleteCookie('sid'));
  app.get('/me', { params: { sid: cookie(z.string().nullish()) } }, ({ sid }) => sid ?? 'nobody');
  await using client = await testClient(app);
  assert.equal(await (await client.get('/me')).json(), 'nobody');
  await client.post('/login');
  assert.equal(await (await client.get('/me')).json(), 'a b');
  await client.post('/logout');
  assert.equal(await (await client.get('/me')).json(), 'nobody');
  client.cookies.set('sid', 'own');
  assert.equal(await (await client.get('/me')).json(), 'own');
});

test('waits for deferred work when asked to, and says when that takes too long', async () => {
  const app = new App({ logger: false });
  const audit: string[] = [];
  const gate = Promise.withResolvers<void>();
  app.post('/quick', (_, context) => context.defer(async () => void audit.push(await sleep(20).then(() => 'done'))));
  app.post('/stuck', (_, context) => context.defer(() => gate.promise));
  await using client = await testClient(app);
  await client.idle();
  await client.post('/quick');
  assert.deepEqual(audit, []);
  await Promise.all([client.idle(), client.idle()]);
  assert.deepEqual(audit, ['done']);
  await client.post('/stuck');
  await assert.rejects(client.idle(30), { code: 'CORTADO_TIMEOUT' });
  gate.resolve();
  await client.idle();
});

test('follows redirects only when told to, keeping method and body for 307', async () => {
  const app = new App({ logger: false });
  app.post('/old', () => redirect('/new'));
  app.post('/new', { params: { n: body(z.int()) } }, ({ n }) => n);
  await using client = await testClient(app);
  assert.equal((await client.post('/old', { json: 5 })).status, 307);
  assert.equal(await (await client.post('/old', { json: 5, followRedirects: true })).json(), 5);
});

test('runs app-scoped dependencies for the time of the test', async () => {
  const seen: string[] = [];
  const pool = dependency(
    async function* () {
      seen.push('open');
      yield 1;
      seen.push('closed');
    },
    { scope: 'app' },
  );
  const app = new App({ logger: false });
  app.get('/', { params: { pool } }, () => 1);
  for (let round = 0; round < 2; round++) {
    await using client = await testClient(app);
    assert.equal((await client.get('/')).status, 200);
  }
  assert.deepEqual(seen, ['open', 'closed', 'open', 'closed']);
});

test('what a request used has closed once its answer is there', async () => {
  const seen: string[] = [];
  const late = dependency(
    async function* () {
      yield 1;
      seen.push('closed');
    },
    { exit: 'after-send' },
  );
  const app = new App({ logger: false });
  app.get('/', { params: { late } }, () => 1);
  app.get('/lines', { params: { late } }, async function* () {
    yield 1;
  });
  await using client = await testClient(app);
  await client.get('/');
  await client.get('/lines');
  assert.deepEqual(seen, ['closed', 'closed']);
});

test('fails when a request is still open a second after its end', async () => {
  const app = new App({ logger: false });
  const { promise, resolve } = Promise.withResolvers<void>();
  const late = dependency(
    async function* () {
      yield 1;
      await promise;
    },
    { exit: 'after-send' },
  );
  app.get('/', { params: { late } }, () => 1);
  const client = await testClient(app);
  await client.get('/');
  await assert.rejects(client.close(), coded('CORTADO_LEFT_OPEN', '1 request'));
  resolve();
});

test('an unknown option is named', async () => {
  const app = new App({ logger: false });
  await using client = await testClient(app);
  await assert.rejects(client.get('/', { qery: {} } as never), coded('CORTADO_OPTION_UNKNOWN', '"qery"'));
});

test('a client whose app was stopped says so', async () => {
  const app = new App({ logger: false });
  app.get('/', () => 1);
  const client = await testClient(app);
  await client.close();
  await assert.rejects(client.get('/'), coded('CORTADO_LIFECYCLE', 'GET /: '));
});

test('redirects are followed as browsers do, relative ones too', async () => {
  const app = new App({ logger: false });
  const target = (_: object, ctx: RequestContext): string => `${ctx.method} ${ctx.url}`;
  app.get('/a/target', target);
  app.post('/a/target', target);
  for (const status of [301, 302, 303, 307, 308] as const)
    app.post(`/a/${status}` as '/', () => new Response(null, { status, headers: { location: 'target?x=1' } }));
  await using client = await testClient(app);
  for (const [status, method] of [
    [301, 'GET'],
    [302, 'GET'],
    [303, 'GET'],
    [307, 'POST'],
    [308, 'POST'],
  ] as const) {
    const answer = await client.post(`/a/${status}`, { json: {}, query: { y: 2 }, followRedirects: true });
    assert.equal(await answer.text(), `"${method} /a/target?x=1"`);
  }
});

test('cookies go to the paths that they are for', async () => {
  const app = new App({ logger: false });
  app.get('/admin/set', (_, ctx) => {
    ctx.setCookie('all', '1');
    ctx.setCookie('admin', '2', { path: '/admin' });
    ctx.setCookie('all', '3', { path: '/admin' });
  });
  const show = (_: object, ctx: RequestContext): string | undefined => ctx.headers.cookie;
  app.get('/admin', show);
  app.get('/administrators', show);
  app.get('/', show);
  await using client = await testClient(app);
  await client.get('/admin/set');
  assert.equal(await (await client.get('/admin?x=1')).json(), 'admin=2; all=3; all=1');
  assert.equal(await (await client.get('/administrators')).json(), 'all=1');
  assert.equal(await (await client.get('/')).json(), 'all=1');
});

for (const value of ['x y;z', 'a=b', 'grüße 你好', '100%', '%20', '"quoted"', 'a,b', 'a\\b', '', 'a+b', '\ud83d\ude00'])
  test(`a cookie comes back as it was set: ${JSON.stringify(value)}`, async () => {
    const app = new App({ logger: false });
    app.get('/set', (_, ctx) => {
      ctx.setCookie('b', value);
      ctx.setCookie('c', 'other');
      return 1;
    });
    app.get('/read', (_, ctx) => ctx.cookies);
    app.get('/raw', (_, ctx) => ctx.headers.cookie ?? null);
    app.get('/one', { params: { b: cookie(z.string()) } }, ({ b }) => b);
    await using client = await testClient(app);
    const [set] = (await client.get('/set')).headers.getSetCookie() as string[];
    assert.deepEqual(await (await client.get('/read')).json(), { b: value, c: 'other' });
    assert.equal(await (await client.get('/one')).json(), value);
    // The very characters of the answer's header, as a browser sends them.
    assert.equal(await (await client.get('/raw')).json(), `${set!.split(';')[0]}; c=other`);
    client.cookies.clear();
    client.cookies.set('b', value);
    assert.deepEqual(await (await client.get('/read')).json(), { b: value });
  });

for (const [attributes, isKept] of [
  ['Max-Age=0', false],
  ['Max-Age=-1', false],
  ['Max-Age=60', true],
  ['Expires=Thu, 01 Jan 1970 00:00:00 GMT', false],
  ['Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT', true],
  ['Max-Age=0; Expires=Fri, 01 Jan 2100 00:00:00 GMT', false],
] as const)
  test(`a cookie with ${attributes} is ${isKept ? 'kept' : 'deleted'}`, async () => {
    const app = new App({ logger: false });
    app.get('/set', () => new Response('', { headers: { 'set-cookie': `a=2; Path=/; ${attributes}` } }));
    app.get('/read', (_, ctx) => ctx.cookies);
    await using client = await testClient(app);
    client.cookies.set('a', '1');
    await client.get('/set');
    assert.deepEqual(await (await client.get('/read')).json(), isKept ? { a: '2' } : {});
  });
