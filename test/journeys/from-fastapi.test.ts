import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { SignJWT } from 'jose';
import advanced, { behind } from '../../examples/from-fastapi/advanced.ts';
import answers from '../../examples/from-fastapi/answers.ts';
import application, { events as happened } from '../../examples/from-fastapi/application.ts';
import bodies from '../../examples/from-fastapi/bodies.ts';
import dependencies, { events } from '../../examples/from-fastapi/dependencies.ts';
import documented, { quiet, silent } from '../../examples/from-fastapi/documented.ts';
import heroes from '../../examples/from-fastapi/heroes.ts';
import parameters from '../../examples/from-fastapi/parameters.ts';
import security from '../../examples/from-fastapi/security.ts';
import sockets, { chatSocket, items } from '../../examples/from-fastapi/sockets.ts';
import '../../examples/from-fastapi/testing.ts';
import { types } from '../../examples/from-fastapi/types.ts';
import type { App, Schema } from '../../src/index.ts';
import { type TestRequest, testClient } from '../../src/testing/index.ts';
import { brief, sources, take, typeRows } from './python-types.ts';

/** JSON, a text, or what a text looks like; of a 422 the types and places of its mistakes, `query.q missing`. */
type Answer = object | string | number | RegExp | null;

interface Asked extends TestRequest {
  /** Headers that the answer has. */
  readonly has?: Readonly<Record<string, string | RegExp>>;
}

type Row = readonly [request: string, status: number, answer: Answer, options?: Asked];

function upload(fields: Readonly<Record<string, string | File | readonly File[]>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields))
    for (const one of Array.isArray(value) ? (value as readonly File[]) : [value as string | File]) {
      if (typeof one === 'string') form.append(name, one);
      else form.append(name, one);
    }
  return form;
}

const photo = new File(['fake PNG'], 'a.png', { type: 'image/png' });
const token = { headers: { 'x-token': 'of the bar' } };
const both = { headers: { ...token.headers, 'x-key': 'of the till' } };

const chapters: readonly [app: App, file: string, rows: readonly Row[]][] = [
  [
    parameters,
    'parameters',
    [
      ['GET /', 200, { message: 'Hello World' }],
      ['GET /items/mine', 200, { item_id: 'mine' }],
      ['GET /items/3', 200, { item_id: 3 }],
      ['GET /items/foo', 422, 'path.item_id int_parsing'],
      ['GET /models/espresso', 200, { name: 'espresso' }],
      ['GET /models/x', 422, 'path.name enum'],
      ['GET /files/home/johndoe/a.txt', 200, { place: 'home/johndoe/a.txt' }],
      ['GET /items?needy=n&short=on', 200, { needy: 'n', skip: 0, q: null, short: true }],
      ['GET /items', 422, 'query.needy missing'],
      ['GET /search?item-query=fixed&tags=a&tags=b&id=bar-1', 200, { q: 'fixed', tags: ['a', 'b'], id: 'bar-1' }],
      ['GET /search?item-query=no&id=x', 422, 'query.item-query string_too_short, query.id value_error'],
      ['GET /shelves/1000?weight=10.4', 200, { shelf: 1000, weight: 10.4 }],
      ['GET /shelves/1001?weight=10.5', 422, 'path.shelf less_than_equal, query.weight less_than'],
      ['GET /filtered?limit=5&tags=a', 200, { limit: 5, order_by: 'created_at', tags: ['a'] }],
      ['GET /filtered?tool=plumbus', 422, 'query.tool extra_forbidden'],
      ['GET /ads', 200, { ads_id: 'abc' }, { headers: { cookie: 'ads_id=abc' } }],
      ['GET /ads', 200, { ads_id: null }],
      [
        'GET /agent',
        200,
        { user_agent: 'me', x_token: ['a', 'b'] },
        { headers: { 'user-agent': 'me', 'x-token': ['a', 'b'] } },
      ],
      ['GET /cookies', 200, { session_id: 's', tracker: null }, { headers: { cookie: 'session_id=s' } }],
      ['GET /cookies', 422, 'cookie.x extra_forbidden', { headers: { cookie: 'session_id=s; x=1' } }],
      ['GET /headers', 200, { save_data: true, x_tag: [] }, { headers: { 'save-data': 'true' } }],
    ],
  ],
  [
    bodies,
    'bodies',
    [
      [
        'PUT /items/1?q=z',
        200,
        { item_id: 1, name: 'Foo', price: 2, description: null, tax: 1, q: 'z', withTax: 3 },
        { json: { name: 'Foo', price: 2, tax: 1 } },
      ],
      ['PUT /items/1', 422, 'body.price missing', { json: { name: 'Foo' } }],
      [
        'PUT /several',
        200,
        {
          item: { name: 'a', price: 1, description: null, tax: null },
          user: { username: 'b', full_name: null },
          importance: 5,
        },
        { json: { item: { name: 'a', price: 1 }, user: { username: 'b' }, importance: 5 } },
      ],
      ['PUT /embedded', 422, 'body.item missing', { json: { name: 'a', price: 1 } }],
      ['PUT /fields', 422, 'body.price greater_than', { json: { price: 0 } }],
      [
        'POST /offers',
        200,
        { name: 'o', items: [{ name: 'a', price: 1, description: null, tax: null, tags: ['x'] }] },
        { json: { name: 'o', items: [{ name: 'a', price: 1, tags: ['x', 'x'] }] } },
      ],
      ['POST /offers', 422, 'body.items.0.name missing', { json: { name: 'o', items: [{ price: 1 }] } }],
      ['POST /weights', 200, { '1': 2.5 }, { json: { 1: 2.5 } }],
      ['POST /examples', 200, /"Foo"/, { json: { name: 'Foo', price: 35.4 } }],
      [
        'PUT /processes',
        200,
        {
          start: '2026-03-01T10:00:00Z',
          end: '2026-03-02',
          repeat_at: '14:23:00',
          process_after: 'PT1H30M',
          price: '1.10',
          owner: '123e4567-e89b-42d3-a456-426614174000',
          begins: '2026-03-01T11:30:00Z',
        },
        {
          json: {
            start: '2026-03-01T10:00:00Z',
            end: '2026-03-02',
            repeat_at: '14:23:00',
            process_after: 'PT1H30M',
            price: '1.10',
            owner: '123e4567-e89b-42d3-a456-426614174000',
          },
        },
      ],
      ['POST /login', 200, { username: 'ada' }, { form: { username: 'ada', password: 'x' } }],
      ['POST /login', 422, 'body.password missing', { form: { username: 'ada' } }],
      ['POST /login-model', 422, 'body.x extra_forbidden', { form: { username: 'ada', password: 'x', x: '1' } }],
      ['POST /upload', 200, { name: 'a.png', type: 'image/png', first: 4 }, { form: upload({ photo }) }],
      ['POST /upload', 422, 'body.photo missing', { form: upload({ other: 'x' }) }],
      ['POST /uploads', 200, [photo.size, photo.size], { form: upload({ photos: [photo, photo] }) }],
      ['POST /both', 200, { size: photo.size, token: 't' }, { form: upload({ photo, token: 't' }) }],
      ['PATCH /stored/foo', 200, { name: 'Foo', price: 1, description: 'A foo' }, { json: { price: 1 } }],
      ['POST /data', 200, { description: 'd: 3 bytes', data: 'AP/+' }, { json: { description: 'd', data: 'AP/+' } }],
      ['POST /loose', 200, /"a"/, { body: '{"name":"a","price":1}' }],
      ['PUT /fields', 422, /model_attributes_type/, { body: '{"price":1}', headers: { 'content-type': 'text/plain' } }],
      ['POST /points', 200, { length: 5 }, { json: { x: 3, y: 4 } }],
    ],
  ],
  [
    answers,
    'answers',
    [
      ['POST /users', 201, { username: 'ada', full_name: null }, { json: { username: 'ada', password: 'x' } }],
      ['GET /users/me', 200, { username: 'ada' }],
      [
        'GET /vehicles',
        200,
        [
          { type: 'car', seats: 4 },
          { type: 'plane', size: 5 },
        ],
      ],
      ['GET /keyword-weights', 200, { foo: 2.3, bar: 3.4 }],
      ['POST /items?name=Foo', 201, { name: 'Foo' }],
      ['GET /roasts/light', 200, { roast: 'light' }],
      ['GET /roasts/dark', 418, { message: 'No dark beans left' }],
      ['GET /roasts/blue', 404, { detail: 'No such roast' }, { has: { 'x-error': 'no such drink' } }],
      ['GET /elements', 200, []],
      [
        'PUT /titles/a',
        200,
        { title: 'Foo', timestamp: '2026-03-01T00:00:00.000Z', tags: ['a'] },
        { json: { title: 'Foo', timestamp: '2026-03-01', tags: ['a', 'a'] } },
      ],
      ['PUT /names/foo?name=a', 200, { name: 'a' }],
      ['PUT /names/bar?name=b', 201, { name: 'b' }],
      ['GET /legacy', 200, '<?xml version="1.0"?><menu/>', { has: { 'content-type': /^text\/xml/ } }],
      ['GET /page', 200, '<h1>Coffee bar</h1>', { has: { 'content-type': 'text/html; charset=utf-8' } }],
      ['GET /menu', 307, '', { has: { location: 'https://bar.example/menu' }, followRedirects: false }],
      ['GET /this', 206, 'import', { headers: { range: 'bytes=0-5' }, has: { etag: /^"/ } }],
      ['GET /described/ada', 200, { username: 'ada', full_name: null }],
      ['GET /described/bob', 404, { message: 'None' }],
      ['POST /cookie', 200, /seat/, { has: { 'set-cookie': /^table=7;.*HttpOnly/ } }],
      ['GET /headers', 200, /Hello/, { has: { 'x-queue': '3 before you' } }],
      ['PUT /tasks/a', 202, { id: 'a' }],
      ['GET /story', 200, 'first a ristretto\nthen the milk\n'],
      ['GET /lines', 200, '{"n":1}\n{"n":2}\n'],
      ['GET /events', 200, 'data: {"n":1}\n\ndata: {"n":2}\n\n'],
    ],
  ],
  [
    dependencies,
    'dependencies',
    [
      ['GET /items', 422, 'header.x-token missing'],
      ['GET /items', 400, { detail: 'X-Token header invalid' }, { headers: { 'x-token': 'x' } }],
      ['GET /items?q=a', 200, { q: 'a', skip: 0, limit: 100 }, token],
      ['GET /page?skip=1', 200, ['Bar', 'Baz'], token],
      ['GET /sub?last=l', 200, { q: 'l' }, token],
      ['GET /guarded', 422, 'header.x-key missing', token],
      ['GET /guarded', 200, [{ item: 'Foo' }], both],
      ['POST /orders?drink=cortado', 200, { drink: 'cortado' }, token],
      ['POST /orders?drink=tea', 418, { detail: 'This is a coffee bar' }, token],
      ['GET /checked?q=foobar', 200, { hasBar: true }, token],
      ['GET /predict', 200, { answer: 42 }, token],
      ['GET /v1/users/me', 200, { username: 'ada' }, both],
    ],
  ],
  [
    security,
    'security',
    [
      ['GET /items', 401, { detail: 'Not authenticated' }, { has: { 'www-authenticate': 'Bearer' } }],
      ['GET /items', 200, { token: 't' }, { headers: { authorization: 'Bearer t' } }],
      ['GET /users/fake', 200, { username: 't-of-the-token' }, { headers: { authorization: 'Bearer t' } }],
      ['POST /token', 401, { detail: 'Incorrect username or password' }, { form: { username: 'ada', password: 'no' } }],
      ['POST /token', 401, { detail: 'Incorrect username or password' }, { form: { username: 'eve', password: 'no' } }],
      ['GET /me', 401, { detail: 'Not authenticated' }, { headers: { authorization: 'Bearer t' } }],
      ['GET /basic', 401, /Not auth/, { headers: { authorization: `Basic ${btoa('a:b')}` } }],
      [
        'GET /basic',
        200,
        { username: 'barista' },
        { headers: { authorization: `Basic ${btoa('barista:ristretto')}` } },
      ],
      ['GET /digest', 200, { scheme: 'Digest' }, { headers: { authorization: 'Digest username="a"' } }],
      ['GET /old', 403, { detail: 'Not authenticated' }],
    ],
  ],
  [
    application,
    'application',
    [
      [
        'GET /long',
        200,
        /./,
        {
          headers: { 'accept-encoding': 'gzip', origin: 'http://localhost:8080' },
          has: {
            'content-encoding': 'gzip',
            'x-process-time': /^\d/,
            'access-control-allow-origin': 'http://localhost:8080',
          },
        },
      ],
      ['POST /notify/a@bar.example', 202, { message: 'Notification sent in the background' }],
      ['POST /reports/b@bar.example', 202, /task_id/],
      ['GET /static/menu.css', 200, /./, { has: { 'content-type': /^text\/css/ } }],
      ['GET /shop/orders/7', 200, /Coffee bar/, { headers: { accept: 'text/html' } }],
      ['GET /shop/orders/7', 404, { detail: 'Not Found' }],
      ['GET /documentation', 200, /swagger/i],
      ['GET /redoc', 404, { detail: 'Not Found' }],
      ['GET /api/v1/openapi.json', 200, /Drinks and who/],
    ],
  ],
  [
    advanced,
    'advanced',
    [
      ['GET /info', 200, { appName: 'Coffee bar', adminEmail: 'admin@bar.example', itemsPerUser: 50 }],
      ['GET /client', 200, /"host":"127\.0\.0\.1","agent":"me"/, { headers: { 'user-agent': 'me' } }],
      ['GET /subapi/sub', 200, { message: 'Hello from below' }],
      ['GET /subapi/openapi.json', 200, /"Sub"/],
      ['GET /drinks/3', 200, /<h1>Drink 3<\/h1>\s+<a href="\/drinks\/4">/],
      ['GET /v1/', 200, 'Hello from Express'],
      ['POST /graphql', 307, '', { json: {}, has: { location: /graphql\/$/ }, followRedirects: false }],
      ['POST /graphql/', 200, /^\{"data":\{"hello":"Hello Ada"\}\}$/, { json: { query: '{ hello(name: "Ada") }' } }],
      ['POST /sum', 200, 6, { json: [1, 2, 3], has: { 'x-response-time': /^\d/ } }],
      [
        'POST /sum',
        200,
        6,
        { body: gzipSync('[1,2,3]'), headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } },
      ],
      ['POST /sum', 422, /"body":\["x"\]/, { json: ['x'] }],
      ['PATCH /any/3', 200, { id: 3, method: 'PATCH' }],
      ['TRACE /any', 200, 'traced'],
    ],
  ],
  [
    behind,
    'advanced',
    [
      [
        'GET /app',
        200,
        { message: 'Hello World', root_path: '/api/v1' },
        { headers: { host: 'bar.example', 'x-forwarded-proto': 'https' } },
      ],
      [
        'GET /app',
        307,
        '',
        {
          headers: { host: 'bar.example' },
          has: { location: 'https://bar.example/api/v1/app' },
          followRedirects: false,
        },
      ],
      ['GET /app', 400, /host/i, { headers: { host: 'elsewhere.example' } }],
    ],
  ],
  [
    documented,
    'documented',
    [
      ['GET /items', 200, []],
      ['GET /hidden', 200, 'in no document'],
      ['POST /raw', 200, { name: 'tea', size: 's' }, { form: { name: 'tea' } }],
      ['POST /invoices', 200, { msg: 'Invoice received' }, { json: { id: '1', total: 2 } }],
      ['GET /docs', 200, /"deepLinking":false/],
    ],
  ],
  [
    heroes,
    'heroes',
    [
      ['POST /heroes', 201, { id: 1, name: 'Ada', age: null }, { json: { name: 'Ada', secret_name: 'Countess' } }],
      ['PATCH /heroes/1', 200, { id: 1, name: 'Ada', age: 30 }, { json: { age: 30 } }],
      ['PATCH /heroes/2', 404, { detail: 'Hero not found' }, { json: { age: 30 } }],
      ['GET /heroes?limit=10', 200, [{ id: 1, name: 'Ada', age: 30 }]],
      ['GET /heroes?limit=101', 422, 'query.limit less_than_equal'],
    ],
  ],
];

interface Mistakes {
  readonly detail: readonly { readonly type: string; readonly loc: readonly (string | number)[] }[];
}

async function shown(response: Response, answer: Answer): Promise<Answer> {
  if (answer instanceof RegExp) return response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  if (response.status !== 422 || typeof answer !== 'string')
    return isJson ? ((await response.json()) as Answer) : response.text();
  const { detail } = (await response.json()) as Mistakes;
  return detail.map(({ type, loc }) => `${loc.join('.')} ${type}`).join(', ');
}

for (const [app, file, rows] of chapters)
  test(`${file}.ts answers as the page says`, async (t) => {
    await using client = await testClient(app);
    for (const [request, status, answer, { has = {}, ...options } = {}] of rows)
      await t.test(`${request}: ${status}`, async () => {
        const [method = '', url = ''] = request.split(' ');
        client.cookies.clear();
        const response = await client.request(method, url, options);
        const found = await shown(response, answer);
        assert.equal(response.status, status, String(found));
        if (answer instanceof RegExp) assert.match(String(found), answer);
        else assert.deepEqual(found, answer);
        for (const [name, value] of Object.entries(has)) {
          const header = response.headers.get(name) ?? '';
          if (value instanceof RegExp) assert.match(header, value);
          else assert.equal(header, value, name);
        }
      });
  });

test('dependencies commit and roll back, and what closes after the answer does', () => {
  assert.deepEqual(events, ['begin', 'add cortado', 'commit', 'begin', 'add tea', 'rollback', 'sent /predict']);
});

test('a lifespan goes around the app, and work is done after the answer or by a worker', () => {
  assert.deepEqual([happened.at(0), happened.at(-1)], ['up', 'down']);
  assert.deepEqual(happened.slice(1, -1).sort(), ['notified a@bar.example', 'report to b@bar.example']);
});

test('a token of the password flow opens what its scopes allow', async () => {
  await using client = await testClient(security);
  const enter = async (username: string, password: string, scope: string) => {
    const entered = await client.post('/token', { form: { username, password, scope } });
    const { access_token } = await entered.json<{ access_token: string }>();
    return { headers: { authorization: `Bearer ${access_token}` } };
  };
  const ada = await enter('ada', 'secret', 'me items');
  assert.deepEqual(await (await client.get('/me', ada)).json(), { username: 'ada' });
  assert.deepEqual(await (await client.get('/me/items', ada)).json(), [{ owner: 'ada' }]);
  const less = await enter('ada', 'secret', 'me');
  assert.equal((await client.get('/me/items', less)).status, 403);
  const forged = await new SignJWT({ scope: 'me' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('ada')
    .sign(new TextEncoder().encode('another secret, of another service'));
  assert.equal((await client.get('/me', { headers: { authorization: `Bearer ${forged}` } })).status, 401);
  const alice = await client.get('/me', await enter('alice', 'secret2', 'me items'));
  assert.deepEqual([alice.status, await alice.json()], [400, { detail: 'Inactive user' }]);
});

test('the document has what the chapters declare', async () => {
  const { info, paths, components, webhooks } = documented.openapi();
  assert.deepEqual(info['x-logo'], { url: 'https://bar.example/logo.png' });
  const operations = Object.values(paths).flatMap((path) => Object.values(path)) as Record<string, unknown>[];
  assert.deepEqual(
    operations.map(({ operationId }) => operationId),
    ['listItems', 'app-createRaw', 'invoices-create'],
  );
  assert.equal(operations[0]!['x-cost'], 5);
  assert.deepEqual(Object.keys(operations[2]!['callbacks'] as object), ['paid']);
  assert.deepEqual(Object.keys(webhooks ?? {}), ['newGuest']);
  assert.ok('Item' in (components?.schemas ?? {}), 'one schema for input and output');
  const { paths: ofAnswers } = answers.openapi();
  assert.deepEqual(Object.keys((ofAnswers['/described/{id}']!['get'] as { responses: object }).responses), [
    '200',
    '404',
    '422',
    '5XX',
  ]);
  const { content } = (bodies.openapi().paths['/examples']!['post'] as Record<'requestBody', { content: object }>)
    .requestBody;
  assert.deepEqual((content as Record<string, { examples: object }>)['application/json']!.examples, {
    normal: { summary: 'As it should be', value: { name: 'Foo', price: 35.4 } },
    converted: { summary: 'Elsewhere', externalValue: 'https://bar.example/item.json' },
  });
  const { responses } = answers.openapi().paths['/headers']!['get'] as {
    responses: Record<string, { headers: object }>;
  };
  assert.deepEqual(Object.keys(responses['200']!.headers), ['x-queue']);
  const { info: described } = application.openapi();
  assert.equal(described['version'], '0.0.1');
  await using hidden = await testClient(silent);
  assert.equal((await hidden.get('/openapi.json')).status, 404);
  await using shownApp = await testClient(quiet);
  assert.equal((await shownApp.get('/openapi.json')).status, 200);
});

const ofTypes: Readonly<Record<string, Schema>> = types;
const rowsOfTypes = typeRows();

test('the table of types has every schema of its file, as it is written there', () => {
  assert.deepEqual(new Map(rowsOfTypes.map(({ python, source }) => [python, source])), sources());
  assert.deepEqual(Object.keys(ofTypes), [...sources().keys()]);
});

for (const { python, sent, answer, wrong, mistakes, document } of rowsOfTypes)
  test(`${python} takes, refuses and documents what the page says`, async () => {
    const schema = ofTypes[python]!;
    assert.deepEqual(await take(schema, sent), { status: 200, answer });
    if (mistakes !== undefined) assert.deepEqual(await take(schema, wrong), { status: 422, answer: mistakes });
    assert.equal(brief(schema), document);
  });

test('the contents of the page lead to its chapters', () => {
  const page = readFileSync(new URL('../../docs/from-fastapi.md', import.meta.url), 'utf8');
  const headings = [...page.matchAll(/^#{2,3} (.+)$/gm)]
    .map(([, title]) => title!)
    .filter((title) => title !== 'Contents');
  const slugOf = (title: string): string =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-');
  const contents = page.slice(page.indexOf('## Contents'), page.indexOf('## Tutorial: inputs'));
  const links = [...contents.matchAll(/\[([^\]]+)\]\(#([^)]+)\)/g)].map(([, title, target]) => [title, target]);
  assert.deepEqual(
    links,
    headings.map((title) => [title, slugOf(title)]),
  );
  assert.deepEqual([...page.matchAll(/\{\{/g)].length, 0);
});

test('sockets: a token by query, messages to all, and who has left', async () => {
  await using client = await testClient(sockets);
  {
    await using socket = await client.socket(items, { item_id: 'foo', q: 3, token: 'some' });
    await socket.send('hi');
    assert.deepEqual(
      [await socket.receive(), await socket.receive(), await socket.receive()],
      [
        'Session cookie or query token value is: some',
        'Query parameter q is: 3',
        'Message text was: hi, for item ID: foo',
      ],
    );
  }
  await assert.rejects(client.socket(items, { item_id: 'foo' }), { status: 403 });
  await using one = await client.socket(chatSocket, { client_id: 1 });
  {
    await using two = await client.socket(chatSocket, { client_id: 2 });
    await two.send('hi');
    assert.deepEqual(
      new Set([await two.receive(), await two.receive()]),
      new Set(['You wrote: hi', 'Client #2 says: hi']),
    );
    assert.equal(await one.receive(), 'Client #2 says: hi');
  }
  assert.equal(await one.receive(), 'Client #2 left the chat');
});
