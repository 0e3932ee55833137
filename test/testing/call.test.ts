import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import {
  App,
  body,
  content,
  cookie,
  dependency,
  eventStream,
  file,
  form,
  HttpError,
  header,
  jsonLines,
  query,
  Router,
  redirect,
} from '../../src/index.ts';
import { testClient } from '../../src/testing/index.ts';
import { bytes, plainDate } from '../../src/values/index.ts';
import { coded } from '../support/coded.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Equal<A, B>): void {}

test('each input is sent from where the route reads it', async () => {
  const app = new App({ logger: false });
  const pager = dependency({ skip: z.int().default(0) }, ({ skip }) => skip);
  const route = app.post(
    '/shops/{shop}/{rest:path}',
    {
      params: {
        shop: z.string(),
        rest: z.string(),
        on: query(z.date()),
        tags: query(z.array(z.string()).default([])),
        x_token: header(z.string()),
        sid: cookie(z.string()),
        order: z.object({ cups: z.int() }),
        note: body(z.string()),
        pager,
      },
    },
    (values) => ({ ...values, isDate: values.on instanceof Date }),
  );
  await using client = await testClient(app);
  const { data, error } = await client.call(route, {
    shop: 'a/b c',
    rest: 'x y/z',
    on: new Date(0),
    tags: ['1', '&'],
    x_token: 't',
    sid: 'a b;',
    order: { cups: 2 },
    note: 'now',
    skip: 3,
  });
  assert.equal(error, undefined);
  assert.deepEqual(data, {
    shop: 'a/b c',
    rest: 'x y/z',
    on: '1970-01-01T00:00:00.000Z',
    isDate: true,
    tags: ['1', '&'],
    x_token: 't',
    sid: 'a b;',
    order: { cups: 2 },
    note: 'now',
    pager: 3,
  });
});

test('models of the query string, headers, cookies and forms are sent by their members', async () => {
  const app = new App({ logger: false });
  const show = app.get(
    '/',
    {
      params: {
        page: query(z.object({ limit: z.int(), ids: z.array(z.int()) })),
        head: header(z.object({ x_a: z.string() })),
        jar: cookie(z.object({ sid: z.string() })),
      },
    },
    (values) => values,
  );
  const login = app.post('/login', { params: { who: form(z.object({ name: z.string(), age: z.int() })) } }, (v) => v);
  const upload = app.post(
    '/photo',
    { params: { photo: file(z.file()), title: form(z.string()) } },
    async ({ photo, title }) => [await photo.text(), photo.name, title],
  );
  await using client = await testClient(app);
  const values = { page: { limit: 2, ids: [1, 2] }, head: { x_a: 'y' }, jar: { sid: 's' } };
  assert.deepEqual((await client.call(show, values)).data, values);
  assert.deepEqual((await client.call(login, { who: { name: 'Ada', age: 36 } })).data, {
    who: { name: 'Ada', age: 36 },
  });
  const photo = new File(['abc'], 'a.txt');
  assert.deepEqual((await client.call(upload, { photo, title: 'cup' })).data, ['abc', 'a.txt', 'cup']);
});

test('an answer has the type of what was declared, as JSON brings it', async () => {
  const app = new App({ logger: false });
  const User = z.object({ id: z.int(), born: z.date(), roles: z.array(z.string()).optional() });
  const show = app.get('/u/{id}', { params: { id: z.int() }, response: User }, ({ id }) => ({ id, born: new Date(0) }));
  const plain = app.get('/plain', () => ({ at: new Date(0), n: 1 }));
  const given = app.get('/given', { params: { n: query(z.int()) } }, async ({ n }) =>
    n > 0 ? { n } : Response.json(1),
  );
  const lines = app.get('/lines', { response: jsonLines(z.object({ n: z.int() })) }, () => [{ n: 1 }, { n: 2 }]);
  const events = app.get('/events', { response: eventStream(z.int(), { finishes: true }) }, () => [1, 2]);
  const text = app.get('/text', { response: content('text/csv') }, () => 'a,b');
  const yields = app.get('/yields', async function* () {
    yield { n: 1 };
  });
  await using client = await testClient(app);
  const shown = await client.call(show, { id: 1 });
  if (!shown.ok) return assert.fail(String(shown.error.detail));
  same<typeof shown.data, { id: number; born: string; roles?: string[] | undefined }>(true);
  assert.deepEqual(shown.data, { id: 1, born: '1970-01-01T00:00:00.000Z' });
  const said = (await client.call(plain)).data;
  same<typeof said, { at: string; n: number } | undefined>(true);
  assert.deepEqual(said, { at: '1970-01-01T00:00:00.000Z', n: 1 });
  const more = (await client.call(given, { n: 1 })).data;
  same<typeof more, { n: number } | undefined>(true);
  const all = (await client.call(lines)).data;
  same<typeof all, readonly { n: number }[] | undefined>(true);
  assert.deepEqual(all, [{ n: 1 }, { n: 2 }]);
  assert.deepEqual((await client.call(events)).data, [{ data: 1 }, { data: 2 }]);
  assert.equal((await client.call(text)).data, 'a,b');
  assert.deepEqual((await client.call(yields)).data, [{ n: 1 }]);
});

test('a failure is told by its status, with the body that was declared for it', async () => {
  const app = new App({ logger: false });
  const OutOfBeans = z.object({ detail: z.object({ left: z.int() }) });
  const brew = app.post(
    '/brew',
    { params: { cups: body(z.int()) }, responses: { 409: { schema: OutOfBeans } } },
    ({ cups }) => {
      if (cups > 5) throw new HttpError(409, { left: 5 });
      if (cups === 5) throw new HttpError(404, 'no such machine');
      return cups;
    },
  );
  await using client = await testClient(app);
  const failed = await client.call(brew, { cups: 9 });
  assert.equal(failed.status, 409);
  if (failed.status === 409) assert.equal(failed.error?.detail.left, 5);
  const invalid = await client.call(brew, { cups: 'many' as never });
  assert.equal(invalid.status, 422);
  if (invalid.status === 422 && !invalid.ok) assert.deepEqual(invalid.error.detail[0]?.loc, ['body']);
  const other = await client.call(brew, { cups: 5 });
  assert.deepEqual([other.ok, other.data, other.error], [false, undefined, { detail: 'no such machine' }]);
  const fine = await client.call(brew, { cups: 1 });
  assert.deepEqual([fine.ok, fine.data, fine.error, fine.response.status], [true, 1, undefined, 200]);
});

test('a failure that only its hundred, or `default`, tells of has the body of that', async () => {
  const app = new App({ logger: false });
  const Missing = z.object({ what: z.string() });
  const responses = { 404: { schema: Missing }, '4XX': { schema: z.object({ left: z.int() }) }, '5XX': {} };
  const brew = app.get('/brew', { responses }, () => Response.json({ left: 5 }, { status: 409 }));
  const other = app.get('/other', { responses: { default: { schema: Missing } } }, () => 1);
  await using client = await testClient(app);
  const failed = await client.call(brew);
  if (failed.ok) return assert.fail(String(failed.data));
  if (failed.status === 404) same<typeof failed.error, { what: string }>(true);
  if (failed.status === 409) same<typeof failed.error, { left: number }>(true);
  if (failed.status === 503) same<typeof failed.error.detail, unknown>(true);
  assert.deepEqual(failed.error, { left: 5 });
  const said = await client.call(other);
  if (!said.ok && (said.status === 409 || said.status === 503)) same<typeof said.error, { what: string }>(true);
  assert.equal(said.data, 1);
});

test('headers that no input says, and redirects, are options', async () => {
  const app = new App({ logger: false });
  const target = app.get('/target', (_, { headers }) => headers['x-own'] ?? 'none');
  const old = app.get('/old', () => redirect('/target', 303));
  await using client = await testClient(app);
  assert.equal((await client.call(target, {}, { headers: { 'x-own': 'y' } })).data, 'y');
  assert.deepEqual([(await client.call(old)).status, (await client.call(old)).error], [303, undefined]);
  assert.equal((await client.call(old, {}, { followRedirects: true })).status, 200);
});

test("a router's route is called where it was included, by its prefix where that is several times", async () => {
  const users = new Router({ prefix: '/users' });
  const show = users.get('/{id}', { params: { id: z.int() } }, ({ id }, ctx): unknown[] => [
    id,
    ctx.path,
    ctx.urlFor(show, { id: 2 }),
  ]);
  const once = new App({ logger: false }).include(users, { prefix: '/v1' });
  const twice = new App({ logger: false }).include(users, { prefix: '/v1' }).include(users, { prefix: '/v2' });
  const none = new App({ logger: false });
  {
    await using client = await testClient(once);
    assert.deepEqual((await client.call(show, { id: 1 })).data, [1, '/v1/users/{id}', '/v1/users/2']);
  }
  {
    await using client = await testClient(twice);
    await assert.rejects(
      client.call(show, { id: 1 }),
      coded('CORTADO_OPTION_INVALID', '/v1/users/{id}, /v2/users/{id}'),
    );
    const called = await client.call(show, { id: 1 }, { prefix: '/v2' });
    assert.deepEqual(called.data, [1, '/v2/users/{id}', '/v2/users/2']);
    await assert.rejects(client.call(show, { id: 1 }, { prefix: '/v3' }), coded('CORTADO_OPTION_INVALID', '/v3'));
  }
  await using client = await testClient(none);
  await assert.rejects(client.call(show, { id: 1 }), coded('CORTADO_LIFECYCLE', 'GET /{id}'));
});

test('what cannot be sent, or is no input, is told', async () => {
  const app = new App({ logger: false });
  const show = app.get('/{id}', { params: { id: z.string(), q: query(z.string().optional()) } }, ({ id }) => id);
  await using client = await testClient(app);
  await assert.rejects(client.call(show, {} as never), coded('CORTADO_PATH_PARAMETER', '{id}'));
  await assert.rejects(client.call(show, { id: '..' }), coded('CORTADO_OPTION_INVALID', '".."'));
  await assert.rejects(client.call(show, { id: 'a', p: 1 }), coded('CORTADO_OPTION_UNKNOWN', '"p"'));
  await assert.rejects(client.call(show, { id: 'a', q: {} as never }), coded('CORTADO_OPTION_INVALID', '"q"'));
  await assert.rejects(
    client.call(show, { id: 'a' }, { qery: {} } as never),
    coded('CORTADO_OPTION_UNKNOWN', '"qery"'),
  );
});

test('an answer is a web Response, which can be read again', async () => {
  const app = new App({ logger: false });
  app.get('/', (_, ctx) => {
    ctx.setCookie('a', '1');
    ctx.setCookie('b', '2');
    return { n: 1 };
  });
  app.get('/none', { status: 204 }, () => undefined);
  app.get('/old', () => redirect('/'));
  await using client = await testClient(app);
  const response = await client.get('/');
  assert.ok(response instanceof Response);
  assert.deepEqual(await response.json(), { n: 1 });
  assert.equal((await response.json<{ n: number }>()).n, 1);
  assert.equal(await response.clone().text(), '{"n":1}');
  assert.equal((await response.blob()).type, 'application/json');
  assert.deepEqual([...(await response.bytes())].length, 7);
  assert.equal(response.headers.getSetCookie().length, 2);
  const none = await client.get('/none');
  assert.deepEqual([none.status, none.body, await none.text()], [204, null, '']);
  const followed = await client.get('/old', { followRedirects: true });
  assert.deepEqual([followed.redirected, followed.url], [true, 'http://localhost/']);
});

test('for one release the old form is there, and warns once', async () => {
  const app = new App({ logger: false });
  app.get('/', (_, ctx) => ctx.setHeader('x-own', 'y'));
  const warned: Error[] = [];
  const listen = (warning: Error): void => void warned.push(warning);
  process.on('warning', listen);
  for (let round = 0; round < 2; round++) {
    await using client = await testClient(app, { responses: 'properties' });
    const { status, text, headers, json, bytes } = await client.get('/');
    assert.deepEqual([status, text, headers['x-own'], json(), bytes.toString()], [200, 'null', 'y', null, 'null']);
  }
  await new Promise(setImmediate);
  process.off('warning', listen);
  assert.deepEqual(
    warned.map(({ name }) => name),
    ['DeprecationWarning'],
  );
});

const held = { b: new Uint8Array([104, 105]), s: new Set([new Date(0)]), p: '2024-01-02' };
const Held = z.object({ b: bytes(), s: z.set(z.date()), p: plainDate() });
const Deep = z.object({ ...Held.shape, m: z.map(z.string(), z.array(z.set(bytes()))) });

for (const [place, params, given] of [
  ['JSON', { deep: Deep }, { deep: { ...held, m: new Map([['k', [new Set([Buffer.from('hi')])]]]) } }],
  ['a form', { form: form(Held) }, { form: held }],
  [
    'a form with a file',
    { form: form(z.object({ ...Held.shape, up: z.file() })) },
    { form: { ...held, up: new File([], 'a') } },
  ],
  ['a query', { b: query(bytes()), s: query(z.set(z.date())), p: query(plainDate()) }, held],
  ['a model of the query', { all: query(Held) }, { all: held }],
  ['headers', { b: header(bytes()), p: header(plainDate()) }, { b: held.b, p: held.p }],
  ['cookies', { b: cookie(bytes()), p: cookie(plainDate()) }, { b: held.b, p: held.p }],
] as const)
  test(`bytes, sets and maps arrive as what they are from ${place}`, async () => {
    const app = new App({ logger: false });
    let got: unknown;
    const route = app.post('/', { params: params as Record<string, z.ZodType> }, (values) => {
      got = values;
    });
    await using client = await testClient(app);
    const { status, error } = await client.call(route, given as never);
    assert.deepEqual([status, error], [200, undefined]);
    const { b, s, m } =
      (got as Record<string, typeof got>)[Object.keys(given)[0]!] instanceof Uint8Array
        ? (got as Record<string, unknown>)
        : (Object.values(got as object)[0] as Record<string, unknown>);
    assert.equal(Buffer.from(b as Uint8Array).toString(), 'hi');
    if (s !== undefined) assert.deepEqual(s, held.s);
    if (m !== undefined)
      assert.deepEqual([...(m as Map<string, Set<Uint8Array>[]>).get('k')![0]!].map(String), ['104,105']);
  });
