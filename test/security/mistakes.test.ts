import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planFunction } from '../../src/declare/plan/plan-function.ts';
import { App, dependency } from '../../src/index.ts';
import { apiKey, httpBasic, httpBearer, oauth2, oauth2Password, openIdConnect } from '../../src/security/index.ts';

const app = new App({ logger: false });
const token = oauth2Password({ tokenUrl: '/token', scopes: { read: 'Read' } });
const mtls = { name: 'MutualTLS', scheme: { type: 'mutualTLS' }, optional: false } as const;
const mistakes: readonly [string, () => unknown, RegExp][] = [
  ['an unknown option', () => httpBearer({ relm: 1 } as never), /httpBearer\(\): unknown option "relm"/],
  [
    'a verdict instead of a function',
    () => httpBearer({ verify: true as never }),
    /verify must be a function, not true/,
  ],
  ['a name that OpenAPI forbids', () => httpBearer({ schemeName: 'a b' }), /schemeName "a b" may only have letters/],
  ['a realm that no header takes', () => httpBasic({ realm: 'a\r\nb' }), /realm may only have printable ASCII/],
  [
    'a place without keys',
    () => apiKey({ in: 'body' as never, name: 'k' }),
    /in must be 'header', 'query' or 'cookie'/,
  ],
  ['a key without a name', () => apiKey({ in: 'query', name: '' }), /name must be the name of a header/],
  ['a header that cannot be', () => apiKey({ in: 'header', name: 'a b' }), /"a b" cannot be the name of a header/],
  ['no flow', () => oauth2({ flows: {} }), /flows must have one of password, clientCredentials/],
  ['an unknown flow', () => oauth2({ flows: { magic: {} } as never }), /there is no flow "magic"/],
  ['a flow without its address', () => oauth2({ flows: { password: {} as never } }), /"password" needs its tokenUrl/],
  [
    'no token address',
    () => oauth2Password({ tokenUrl: '' }),
    /oauth2Password\(\): the flow "password" needs its tokenUrl/,
  ],
  ['no discovery address', () => openIdConnect({ url: '' }), /url must be the provider's discovery document/],
  [
    'scopes that nothing checks',
    () => app.get('/open', { scopes: ['read'] }, () => 1),
    /GET \/open: it asks for scopes, but no guard or parameter of it reads a credential/,
  ],
  [
    'scopes that are no list',
    () => app.get('/text', { params: { token }, scopes: 'read' as never }, () => 1),
    /GET \/text: scopes must be an array of texts/,
  ],
  [
    'a scope that its scheme does not have',
    () => app.get('/typo', { params: { token }, scopes: ['raed'] }, () => 1),
    /GET \/typo: no security scheme of it has the scope "raed"; they have read/,
  ],
  [
    'a credential reader with params',
    () =>
      app.get(
        '/own',
        { params: { own: { ...dependency({ token }, () => 1, { name: 'own' }), security: mtls } } },
        () => 1,
      ),
    /GET \/own: the dependency "own" reads a credential, so it must have no params/,
  ],
  [
    'a task that asks for a credential',
    () => planFunction({ owner: 'task "t"', params: { user: dependency({ token }, () => 1) }, rule: 'task' }),
    /task "t": it depends on "OAuth2PasswordBearer", which reads a credential from a request/,
  ],
  [
    'an app-scoped dependency that asks for a credential',
    () =>
      app.get('/pool', { params: { pool: dependency({ token }, () => 1, { name: 'pool', scope: 'app' }) } }, () => 1),
    /app-scoped dependency "pool" asks for "OAuth2PasswordBearer"/,
  ],
];
for (const [what, make, message] of mistakes) {
  test(`${what} is refused at once`, () => assert.throws(make, { message }));
}

test('a scheme without listed scopes takes any, as roles', () => {
  app.get('/roles', { params: { token: httpBearer() }, scopes: ['admin'] }, () => 1);
  const { security } = app.openapi().paths['/roles']!['get'] as unknown as { security: unknown };
  assert.deepEqual(security, [{ HTTPBearer: ['admin'] }]);
});
