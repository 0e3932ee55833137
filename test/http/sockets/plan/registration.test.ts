import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { database } from '../../../../src/db/index.ts';
import { App, dependency, type ErrorCode, form, Router } from '../../../../src/index.ts';
import { coded } from '../../../support/coded.ts';
import { certificate as https } from '../../../support/tls.ts';

const db = database({ url: 'sqlite::memory:' });
const repository = dependency({ session: db.session }, () => 1, { name: 'repository' });
const deep = dependency({ repository }, () => 1, { name: 'deep' });
const run = (): void => {};
const Body = z.object({ a: z.string() });

const mistakes: readonly (readonly [string, unknown[], ErrorCode, ...string[]])[] = [
  [
    'a session of the connection',
    ['/s', { params: { session: db.session } }, run],
    'CORTADO_DEPENDENCY_SCOPE',
    '"session"',
    'each: { session: … }',
  ],
  ['one through a dependency', ['/s', { params: { repository } }, run], 'CORTADO_DEPENDENCY_SCOPE', '"repository"'],
  ['one through two', ['/s', { params: { deep } }, run], 'CORTADO_DEPENDENCY_SCOPE', '"repository"', 'guards'],
  ['a body', ['/s', { params: { item: Body } }, run], 'CORTADO_PARAM_INVALID', '"item"', 'query()'],
  ['a form', ['/s', { params: { item: form(z.string()) } }, run], 'CORTADO_PARAM_INVALID', '"item"'],
  ['a body of messages', ['/s', { each: { item: Body } }, run], 'CORTADO_PARAM_INVALID', '"item"'],
  ['a path without its parameter', ['/s/{id}', { params: {} }, run], 'CORTADO_PATH_PARAMETER', '{id}'],
  [
    '`each` with "message"',
    ['/s', { each: { message: dependency(() => 1) } }, run],
    'CORTADO_OPTION_INVALID',
    '"message"',
  ],
  ['an unknown option', ['/s', { ping: 1 }, run], 'CORTADO_OPTION_UNKNOWN', '"ping"', 'pingInterval'],
  ['an option of routes', ['/s', { response: Body }, run], 'CORTADO_OPTION_UNKNOWN', '"response"'],
  ['two kinds of text', ['/s', { incoming: ['text', Body] }, run], 'CORTADO_OPTION_INVALID', 'incoming', 'one schema'],
  ['no kind at all', ['/s', { outgoing: [] }, run], 'CORTADO_OPTION_INVALID', 'outgoing', 'empty'],
  ['what is no format', ['/s', { incoming: 'xml' }, run], 'CORTADO_OPTION_INVALID', 'incoming', '"xml"'],
  ['a plain object as a format', ['/s', { outgoing: { a: 1 } }, run], 'CORTADO_OPTION_INVALID', 'outgoing'],
  ['a subprotocol that is none', ['/s', { subprotocols: ['a b'] }, run], 'CORTADO_OPTION_INVALID', 'subprotocols'],
  ['an origin with a path', ['/s', { origins: ['https://a.example/x'] }, run], 'CORTADO_OPTION_INVALID', 'origins'],
  ['an origin without a scheme', ['/s', { origins: ['a.example'] }, run], 'CORTADO_OPTION_INVALID', 'origins'],
  ['a negative interval', ['/s', { pingInterval: -1 }, run], 'CORTADO_OPTION_INVALID', 'pingInterval'],
  ['a size of 0', ['/s', { maxMessage: 0 }, run], 'CORTADO_OPTION_INVALID', 'maxMessage'],
  [
    'a client without maxPerClient',
    ['/s', { client: dependency(() => 'a') }, run],
    'CORTADO_OPTION_INVALID',
    'maxPerClient',
  ],
  [
    'a client that is no dependency',
    ['/s', { client: () => 'a', maxPerClient: 1 }, run],
    'CORTADO_OPTION_INVALID',
    'client',
  ],
  ['a function that yields', ['/s', async function* () {}], 'CORTADO_OPTION_INVALID', 'yields', 'socket.send'],
  ['no function', ['/s', {}], 'CORTADO_OPTION_INVALID', 'function'],
  ['the function first', ['/s', run, {}], 'CORTADO_OPTION_INVALID', 'function'],
  ['no options', ['/s', null, run], 'CORTADO_OPTION_INVALID', 'function'],
  ['params that are no object', ['/s', { params: 7 }, run], 'CORTADO_OPTION_INVALID'],
  ['a guard that is none', ['/s', { guards: [run] }, run], 'CORTADO_PARAM_INVALID', 'guards'],
];
for (const [what, args, code, ...names] of mistakes)
  test(`a socket is refused at registration for ${what}, which is named`, () => {
    const app = new App({ logger: false });
    assert.throws(() => Reflect.apply(app.socket, app, args), coded(code, `SOCKET ${args[0] as string}`, ...names));
  });

test('two sockets of one path are refused, whatever their parameters are called', () => {
  const app = new App({ logger: false });
  app.socket('/rooms/{a}', { params: { a: z.string() } }, run);
  const again = (): unknown => app.socket('/rooms/{b}', { params: { b: z.string() } }, run);
  assert.throws(again, coded('CORTADO_ROUTE_DUPLICATE', 'SOCKET /rooms/{b}'));
  const router = new Router({ prefix: '/rooms' });
  router.socket('/{c}', { params: { c: z.string() } }, run);
  assert.throws(() => app.include(router), coded('CORTADO_ROUTE_DUPLICATE', 'SOCKET /rooms/{c}'));
});

test('a session may be a guard’s, which is over when the socket opens, and of each message', () => {
  const app = new App({ logger: false });
  app.socket('/s', { guards: [repository], each: { session: db.session, repository } }, run);
  assert.equal(app.sockets.length, 1);
});

test('over HTTP/2 alone a socket is refused, and taken where HTTP/1.1 is served as well', () => {
  const only = new App({ logger: false, server: { http2: true, https } });
  assert.throws(() => only.socket('/s', run), coded('CORTADO_OPTION_INVALID', 'SOCKET /s', 'allowHTTP1'));
  const plain = new App({ logger: false, server: { http2: true } });
  assert.throws(() => plain.socket('/s', run), coded('CORTADO_OPTION_INVALID', 'SOCKET /s'));
  const both = new App({ logger: false, server: { http2: true, https: { ...https, allowHTTP1: true } } });
  both.socket('/s', run);
  assert.equal(both.sockets.length, 1);
});
