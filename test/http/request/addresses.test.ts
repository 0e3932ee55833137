import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { App, dependency, type Endpoint, query, Router } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';

const app = new App({ logger: false });
const org = dependency({ org: z.string() }, ({ org }) => org);
const params = {
  id: z.int(),
  on: query(z.date().optional()),
  tags: query(z.array(z.string()).default([])),
  page: query(z.string().nullish()),
};
const show = app.get('/items/{id}', { params }, ({ id }) => id);
const deep = app.get('/files/{rest:path}', { params: { rest: z.string() } }, ({ rest }) => rest);
const home = app.get('/', () => 1);
const below = app.get('/orgs/{org}/x', { params: { org } }, ({ org }) => org);
const make = app.post(
  '/items',
  { params: { item: z.object({ n: z.int() }), q: query(z.string()) } },
  ({ item }) => item,
);

const twice = new Router();
const page = twice.get('/page', () => 1);
const places = new App({ logger: false })
  .include(twice)
  .include(twice, { prefix: '/b' })
  .include(twice, { prefix: '/bar' })
  .include(twice, { prefix: '/b/deep' });

const addresses: readonly [string, () => string][] = [
  ['/', () => app.urlFor(home)],
  ['/items/3', () => app.urlFor(show, { id: 3 })],
  [
    '/items/3?on=1970-01-01T00%3A00%3A00.000Z&tags=a&tags=b%26',
    () => app.urlFor(show, { id: 3, on: new Date(0), tags: ['a', 'b&'], page: null }),
  ],
  ['/files/a/b%20c/%C3%A9', () => app.urlFor(deep, { rest: 'a/b c/é' })],
  ['/files/', () => app.urlFor(deep, { rest: '' })],
  ['/orgs/a%2Fb/x', () => app.urlFor(below, { org: 'a/b' })],
  ['/items?q=x', () => app.urlFor(make, { q: 'x' })],
  ['/items', () => app.urlFor(make)],
];

for (const [address, made] of addresses)
  test(`${address} is the address of its route and inputs`, () => assert.equal(made(), address));

const refused: readonly [string, () => string, string, string][] = [
  ['a path that lacks a value', () => app.urlFor(show, {} as never), 'CORTADO_PATH_PARAMETER', '{id}'],
  ['an empty segment', () => app.urlFor(below, { org: '' }), 'CORTADO_OPTION_INVALID', '""'],
  ['dots that clients resolve', () => app.urlFor(below, { org: '..' }), 'CORTADO_OPTION_INVALID', '".."'],
  ['dots in the rest of a path', () => app.urlFor(deep, { rest: 'a/../b' }), 'CORTADO_OPTION_INVALID', 'a/../b'],
  ['an unknown name', () => app.urlFor(show, { id: 1, ip: 2 } as never), 'CORTADO_OPTION_UNKNOWN', '"ip"'],
  ['a value of the body', () => app.urlFor(make, { item: { n: 1 } }), 'CORTADO_OPTION_INVALID', 'the body'],
  ['a value that is no text', () => app.urlFor(below, { org: {} as never }), 'CORTADO_OPTION_INVALID', 'as text'],
  ['half a segment as a prefix', () => places.urlFor(page, {}, { prefix: '/ba' }), 'CORTADO_OPTION_INVALID', '"/ba"'],
  ['a route of no app', () => app.urlFor(new Router().get('/x', () => 1)), 'CORTADO_LIFECYCLE', 'GET /x'],
];

for (const [what, make, code, names] of refused)
  test(`${what} is refused`, () => assert.throws(make, coded(code as never, names)));

for (const [prefix, address] of [
  ['', '/page'],
  ['/', '/page'],
  ['/b', '/b/page'],
  ['/b/', '/b/page'],
  ['/bar', '/bar/page'],
  ['/b/deep', '/b/deep/page'],
] as const)
  test(`a router that is included several times is found by its prefix, as a path and not as letters: "${prefix}"`, () =>
    assert.equal(places.urlFor(page, {}, { prefix }), address));

test('inside of a request it may have the scheme and host that the client came to', async () => {
  const own = new App({ logger: false });
  const target = own.get('/t/{id}', { params: { id: z.int() } }, ({ id }) => id);
  own.get('/', (_, ctx) => [ctx.urlFor(target, { id: 1 }), ctx.urlFor(target, { id: 1 }, { absolute: true })]);
  await using client = await testClient(own);
  const response = await client.get('/', { headers: { host: 'example.com:81' } });
  assert.deepEqual(await response.json(), ['/t/1', 'http://example.com:81/t/1']);
});

test('a route that stands twice is the one that is nearest to the request', async () => {
  const router = new Router();
  const target: Endpoint<'/t'> = router.get('/t', () => 1);
  router.get('/here', (_, ctx) => ctx.urlFor(target));
  const own = new App({ logger: false }).include(router, { prefix: '/a' }).include(router, { prefix: '/b' });
  await using client = await testClient(own);
  assert.equal(await (await client.get('/b/here')).json(), '/b/t');
  assert.equal(own.urlFor(target, {}, { prefix: '/a' }), '/a/t');
  assert.throws(() => own.urlFor(target), coded('CORTADO_OPTION_INVALID', '/a/t, /b/t'));
});

test('one function for several methods is as many values', async () => {
  const own = new App({ logger: false });
  const [put, patch] = own.route(['PUT', 'PATCH'], '/x', (_, { method }) => method);
  await using client = await testClient(own);
  assert.deepEqual([(await client.call(put)).data, (await client.call(patch)).data], ['PUT', 'PATCH']);
});

test('an address is below the root path of the app, and of the app that it is mounted in', async () => {
  const inner = new App({ logger: false });
  const target = inner.get('/t/{id}', { params: { id: z.int() } }, ({ id }) => id);
  inner.get('/here', (_, ctx) => ctx.urlFor(target, { id: 1 }));
  const outer = new App({ logger: false, rootPath: '/api' }).mount('/inner', inner);
  const home = outer.get('/', (_, ctx): string => ctx.urlFor(home, {}, { absolute: true }));
  await using client = await testClient(outer);
  assert.equal(await (await client.get('/inner/here')).json(), '/api/inner/t/1');
  assert.equal(await (await client.get('/')).json(), 'http://localhost:80/api/');
  assert.deepEqual([outer.urlFor(home), inner.urlFor(target, { id: 2 })], ['/api/', '/api/inner/t/2']);
});
