import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:http2';
import { get } from 'node:https';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import dependencies, { events } from '../../examples/docs/dependencies.ts';
import errors from '../../examples/docs/errors.ts';
import files from '../../examples/docs/files.ts';
import figures from '../../examples/docs/metrics.ts';
import mounts from '../../examples/docs/mounts.ts';
import documented, { quiet } from '../../examples/docs/openapi.ts';
import plainNode from '../../examples/docs/plain-node.ts';
import security from '../../examples/docs/security.ts';
import sockets, { answers, clock, echo } from '../../examples/docs/sockets.ts';
import sources from '../../examples/docs/sources.ts';
import '../../examples/docs/sockets-testing.ts';
import '../../examples/docs/testing.ts';
import streams, { events as streamed } from '../../examples/docs/streams.ts';
import uploads from '../../examples/docs/uploads.ts';
import values from '../../examples/docs/values.ts';
import wholeApp from '../../examples/docs/whole-app.ts';
import { testClient } from '../../src/testing/index.ts';
import { certFile, keyFile, trusting } from '../support/tls.ts';

test('values come from where the documentation says', async () => {
  await using client = await testClient(sources);
  const got = await client.get('/items/3?q=x', { headers: { 'x-token': 't', cookie: 'sid=s' } });
  assert.deepEqual(await got.json(), { item_id: 3, q: 'x', x_token: 't', sid: 's' });
  assert.deepEqual(await (await client.get('/items?limit=5')).json(), { skip: 0, limit: 5 });
  assert.equal((await client.post('/items?notify=yes', { json: { name: 'cup', price: 2 } })).status, 201);
  const shelf = await client.put('/shelves/a/b', { json: { item: { name: 'cup', price: 2 }, owner: { name: 'Ada' } } });
  assert.equal((await shelf.json<{ place: string }>()).place, 'a/b');
  assert.deepEqual(await (await client.post('/login', { form: { username: 'ada', password: 'x' } })).json(), {
    username: 'ada',
  });
});

test('a whole app includes routers, uses plugins and takes uploads', async () => {
  await using client = await testClient(wholeApp);
  const form = new FormData();
  form.append('photo', new File([new Uint8Array(2_000_000)], 'a.png', { type: 'image/png' }));
  const sent = await client.post('/v1/photos', { form, headers: { origin: 'https://bar.example' } });
  assert.deepEqual(await sent.json(), { name: 'a.png', size: 2_000_000 });
  assert.equal(sent.headers.get('access-control-allow-origin'), 'https://bar.example');
  assert.equal(sent.headers.get('x-served-by'), 'the bar');
  assert.equal((await client.get('/photos')).status, 308);
  assert.equal((await client.get('/docs')).status, 404);
});

test('files, folders and a front end are served as the documentation says', async () => {
  await using client = await testClient(files);
  const headers = { 'x-token': 'secret' };
  const report = await client.get('/report', { headers });
  assert.equal(await report.text(), 'month,cups\n1,4200\n');
  assert.equal(report.headers.get('content-disposition'), "attachment; filename*=utf-8''Report%202026.csv");
  assert.equal((await client.get('/reports/2026.csv')).headers.get('content-type'), 'text/csv; charset=utf-8');
  assert.equal((await client.get('/reports/..%2Ffiles.ts')).status, 404);
  assert.equal((await client.get('/copy')).headers.get('content-length'), '18');
  assert.equal((await client.get('/static/menu.css')).headers.get('cache-control'), 'public, max-age=3600');
  assert.deepEqual(
    [(await client.get('/members/2026.csv')).status, (await client.get('/members/2026.csv', { headers })).status],
    [401, 200],
  );
  assert.match(await (await client.get('/orders/7', { headers: { accept: 'text/html' } })).text(), /Coffee bar/);
  assert.equal((await client.get('/orders/7')).status, 404);
  assert.equal((await client.get('/admin/queues')).status, 401);
  assert.equal(await (await client.get('/admin/queues', { headers })).text(), 'all is quiet');
});

test('the document says what is declared for it', async () => {
  await using client = await testClient(documented);
  const { paths, webhooks, info } = documented.openapi();
  const ids = Object.values(paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
  assert.deepEqual(ids, ['post_bills', 'showBill', 'post_menu', 'till_total']);
  assert.deepEqual([info['x-logo'], Object.keys(webhooks ?? {})], [{ url: '/logo.png' }, ['newDrink']]);
  const { responses, callbacks } = paths['/bills']!['post'] as Record<string, object>;
  assert.deepEqual(Object.keys(responses!), ['201', '402', '422', '5XX']);
  assert.deepEqual(Object.keys(callbacks!), ['paid']);
  assert.deepEqual(paths['/till/total']!['get']!['security'], [{ HTTPBearer: [] }, { APIKeyHeader: [] }]);
  const made = await client.post('/bills', { json: { id: 7, total: 1 } });
  assert.deepEqual([made.status, made.headers.get('location')], [201, '/bills/7']);
  assert.deepEqual(await (await client.post('/menu', { form: { name: 'tea' } })).json(), {
    name: 'tea',
    size: 'small',
  });
  assert.equal((await client.get('/till/total')).status, 401);
  assert.deepEqual(await (await client.get('/till/total', { headers: { 'x-api-key': 'k' } })).json(), { total: 13.2 });
});

test("the page has Swagger UI's parameters", async () => {
  await using client = await testClient(quiet);
  assert.match(await (await client.get('/docs')).text(), /"docExpansion":"none".*initOAuth\(\{"clientId":"docs"/);
  assert.equal((await client.get('/redoc')).status, 404);
});

test('an upload is copied as the documentation does it', async () => {
  await using client = await testClient(uploads);
  const form = new FormData();
  form.append('film', new File([new Uint8Array(5_000_000)], 'a.mp4'));
  assert.deepEqual(await (await client.post('/films', { form })).json(), { name: 'a.mp4', size: 5_000_000 });
});

test('all mistakes of all sources are in one 422', async () => {
  await using client = await testClient(sources);
  const response = await client.post('/items?notify=perhaps', { json: { name: 'x' } });
  assert.equal(response.status, 422);
  const { detail } = await response.json<{ detail: { type: string; loc: string[] }[] }>();
  assert.deepEqual(
    detail.map(({ type, loc }) => [type, loc.join('.')]),
    [
      ['bool_parsing', 'query.notify'],
      ['string_too_short', 'body.name'],
      ['missing', 'body.price'],
    ],
  );
});

test('dependencies open after validation and close before the answer', async () => {
  const client = await testClient(dependencies);
  const ask = (json: object, name = 'Ada') =>
    client.post('/v1/orders', { json, headers: { authorization: `Bearer ${name}` } });
  assert.equal((await client.post('/v1/orders', { body: '{' })).status, 401);
  assert.equal((await ask({ drink: 1 })).status, 422);
  assert.deepEqual(events, ['pool opens']);
  assert.deepEqual(await (await ask({ drink: 'cortado' })).json(), { drink: 'cortado', for: 'Ada' });
  assert.equal((await ask({ drink: 'tea' })).status, 418);
  await client.close();
  assert.deepEqual(events, ['pool opens', 'commit', 'rollback', 'pool closes']);
});

test('errors take the form that the app has chosen', async () => {
  await using client = await testClient(errors);
  const missing = await client.get('/coffee?cups=0');
  assert.equal(missing.headers.get('content-type'), 'application/problem+json');
  assert.deepEqual(await missing.json(), {
    type: 'about:blank',
    title: 'Not Found',
    status: 404,
    detail: 'Nothing to brew',
  });
  assert.equal((await client.get('/coffee?cups=6')).status, 503);
  assert.deepEqual((await client.get('/coffee?cups=x')).status, 400);
});

test('sockets do what the documentation says', async () => {
  await using client = await testClient(sockets);
  {
    await using socket = await client.socket(echo);
    await socket.send('hello');
    assert.equal(await socket.receive(), 'hello');
  }
  {
    await using socket = await client.socket(clock);
    assert.deepEqual([await socket.receive(), await socket.receive()], [{ tick: 1 }, { tick: 2 }]);
  }
  await using socket = await client.socket(answers);
  await socket.send('And the answer?');
  const said = [await socket.receive(), await socket.receive(), await socket.receive(), await socket.receive()];
  assert.deepEqual(said, [{ word: '42' }, { word: 'of' }, { word: 'course' }, { done: true }]);
  await socket.send('');
  assert.deepEqual(await socket.closed, { code: 4000, reason: 'Nothing was asked' });
});

test('streams send item by item, and hold their session until the end', async () => {
  await using client = await testClient(streams);
  const ticks = await client.get('/ticks');
  assert.equal(
    await ticks.text(),
    'data: {"n":1}\n\ndata: {"n":2}\n\ndata: {"n":3}\n\nevent: done\ndata: [DONE]\nid: 3\n\n',
  );
  assert.equal(await (await client.get('/export')).text(), '{"n":1}\n{"n":2}\n');
  assert.deepEqual(streamed, ['session closes']);
  assert.equal((await client.get('/page')).headers.get('content-type'), 'text/html; charset=utf-8');
  assert.equal(await (await client.get('/ticks.csv')).text(), 'n\n1\n2\n3\n');
});

test('who may enter is asked before the body is read', async () => {
  await using client = await testClient(security);
  const bearing = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  assert.equal((await client.get('/whoami')).status, 401);
  assert.deepEqual(await (await client.get('/whoami', bearing('abc'))).json(), { length: 3 });
  assert.equal(await (await client.get('/hello')).json(), 'Hello, a guest');
  assert.equal(await (await client.get('/hello', bearing('abc'))).json(), 'Hello, a stranger');
  assert.equal((await client.post('/brewed', { body: '{' })).status, 401);
  const brewed = await client.post('/brewed', { json: { name: 'tea' }, headers: { 'x-api-key': 'machine-7' } });
  assert.deepEqual(await brewed.json(), { name: 'tea' });
});

test('a token opens the routes whose scopes it has', async () => {
  await using client = await testClient(security);
  const login = { username: 'ada', password: 'cortado', scope: 'orders:read' };
  assert.equal((await client.post('/token', { form: { ...login, password: 'x' } })).status, 400);
  const { access_token } = await (await client.post('/token', { form: login })).json<{ access_token: string }>();
  const headers = { authorization: `Bearer ${access_token}` };
  assert.deepEqual(await (await client.get('/orders', { headers })).json(), { of: 'ada' });
  const refused = await client.post('/orders', { headers, json: { drink: 'tea' } });
  assert.deepEqual([refused.status, await refused.json()], [403, { detail: 'Not enough permissions' }]);
  const challenge = 'Bearer error="insufficient_scope", scope="orders:read orders:write"';
  assert.equal(refused.headers.get('www-authenticate'), challenge);
  assert.equal((await client.get('/orders', { headers: { authorization: 'Bearer x' } })).status, 401);
});

test('other apps answer below their prefixes, and a service what is left', async () => {
  await using client = await testClient(mounts);
  assert.equal((await client.get('/admin/users/7')).status, 403);
  const admin = await client.get('/admin/users/7', { headers: { 'x-key': 'of an admin' } });
  assert.deepEqual(await admin.json(), { id: 7, self: '/admin/users/7' });
  assert.equal(await (await client.get('/hono/hello')).text(), 'Hello from Hono');
  assert.equal(await (await client.get('/legacy/hello')).text(), 'Hello from Express');
  assert.equal(await (await client.post('/echo/', { body: 'back' })).text(), 'back');
  assert.deepEqual(await (await client.get('/orders/1')).json(), { id: 1, by: 'the new app' });
  // Nobody is there.
  assert.equal((await client.get('/orders')).status, 502);
});

test('HTTPS serves HTTP/2, and HTTP/1 to whoever wants it', async () => {
  Object.assign(process.env, { TLS_KEY: keyFile, TLS_CERT: certFile });
  const { default: app } = await import('../../examples/docs/https.ts');
  await using _ = app;
  const address = await app.listen({ port: 0 });
  const session = connect(address, trusting);
  assert.equal(await text(session.request({ ':path': '/hello/Ada' })), '{"message":"Hello, Ada"}');
  session.close();
  const [answer] = (await once(get(`${address}/hello/Bob`, trusting), 'response')) as [IncomingMessage];
  assert.equal(await text(answer), '{"message":"Hello, Bob"}');
});

test('metrics of one’s own stand beside those of the app', async () => {
  await using client = await testClient(figures);
  await client.post('/cups');
  assert.match(await (await client.get('/metrics')).text(), /^bar_cups_total\{service="coffee-bar"\} 1$/m);
});

test('an app of plain node is imported without listening', async () => {
  assert.equal(plainNode['~listens'], false);
  await using client = await testClient(plainNode);
  assert.equal(await (await client.get('/')).json(), 'served by `node plain-node.ts`');
});

test('values that JSON has no type for come and go as the documentation says', async () => {
  await using client = await testClient(values);
  const json = { room: 'a', from: '2026-03-01', nights: 2, price: 99.5, tags: ['q', 'q'], signature: 'AP/+' };
  const booked = await (await client.post('/bookings', { json })).json<Record<string, unknown>>();
  assert.match(String(booked['made']), /^\d{4}-.*Z$/);
  const { made: _, ...rest } = booked;
  assert.deepEqual(rest, {
    ...json,
    price: '99.5',
    tags: ['q'],
    arrival: null,
    until: '2026-03-03',
    cancelWithin: 'PT48H',
  });
  const found = await client.get('/bookings?from=2026-03-01&tags=a&tags=a');
  assert.deepEqual(await found.json(), { days: 31, until: '2026-04-01', tags: ['a'] });
  assert.equal(await (await client.post('/totals', { json: { price: '0.05', nights: 3 } })).json(), '0.15');
  assert.equal(await (await client.post('/totals', { json: { price: 10.5, nights: 3 } })).json(), '31.50');
  const more = await client.post('/totals', { json: { price: 1, nights: 3, discount: 1 } });
  assert.equal((await more.json<{ detail: { type: string }[] }>()).detail[0]?.type, 'extra_forbidden');
});
