import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planFunction } from '../../src/declare/plan/plan-function.ts';
import { App, dependency, type ErrorCode } from '../../src/index.ts';
import { apiKey, httpBasic, httpBearer, oauth2, oauth2Password, openIdConnect } from '../../src/security/index.ts';
import { coded } from '../support/coded.ts';

const app = new App({ logger: false });
const token = oauth2Password({ tokenUrl: '/token', scopes: { read: 'Read' } });
const mtls = { name: 'MutualTLS', scheme: { type: 'mutualTLS' }, optional: false } as const;
const mistakes: readonly [string, () => unknown, ErrorCode, ...names: string[]][] = [
  ['an unknown option', () => httpBearer({ relm: 1 } as never), 'CORTADO_OPTION_UNKNOWN', 'httpBearer()', '"relm"'],
  [
    'a verdict instead of a function',
    () => httpBearer({ verify: true as never }),
    'CORTADO_OPTION_INVALID',
    'verify',
    'true',
  ],
  [
    'a name that OpenAPI forbids',
    () => httpBearer({ schemeName: 'a b' }),
    'CORTADO_OPTION_INVALID',
    'schemeName',
    '"a b"',
  ],
  ['a realm that no header takes', () => httpBasic({ realm: 'a\r\nb' }), 'CORTADO_OPTION_INVALID', 'realm'],
  [
    'a place without keys',
    () => apiKey({ in: 'body' as never, name: 'k' }),
    'CORTADO_OPTION_INVALID',
    'in',
    "'header', 'query' or 'cookie'",
  ],
  ['a key without a name', () => apiKey({ in: 'query', name: '' }), 'CORTADO_OPTION_INVALID', 'name'],
  ['a header that cannot be', () => apiKey({ in: 'header', name: 'a b' }), 'CORTADO_OPTION_INVALID', '"a b"'],
  ['no flow', () => oauth2({ flows: {} }), 'CORTADO_OPTION_INVALID', 'flows', 'clientCredentials'],
  ['an unknown flow', () => oauth2({ flows: { magic: {} } as never }), 'CORTADO_OPTION_INVALID', '"magic"'],
  [
    'a flow without its address',
    () => oauth2({ flows: { password: {} as never } }),
    'CORTADO_OPTION_INVALID',
    '"password"',
    'tokenUrl',
  ],
  [
    'no token address',
    () => oauth2Password({ tokenUrl: '' }),
    'CORTADO_OPTION_INVALID',
    'oauth2Password()',
    '"password"',
    'tokenUrl',
  ],
  ['no discovery address', () => openIdConnect({ url: '' }), 'CORTADO_OPTION_INVALID', 'url'],
  [
    'scopes that nothing checks',
    () => app.get('/open', { scopes: ['read'] }, () => 1),
    'CORTADO_OPTION_INVALID',
    'GET /open',
  ],
  [
    'scopes that are no list',
    () => app.get('/text', { params: { token }, scopes: 'read' as never }, () => 1),
    'CORTADO_OPTION_INVALID',
    'GET /text',
    'scopes',
  ],
  [
    'a scope that its scheme does not have',
    () => app.get('/typo', { params: { token }, scopes: ['raed'] }, () => 1),
    'CORTADO_OPTION_INVALID',
    'GET /typo',
    '"raed"',
  ],
  [
    'a credential reader with params',
    () =>
      app.get(
        '/own',
        { params: { own: { ...dependency({ token }, () => 1, { name: 'own' }), security: mtls } } },
        () => 1,
      ),
    'CORTADO_PARAM_INVALID',
    'GET /own',
    '"own"',
  ],
  [
    'a task that asks for a credential',
    () => planFunction({ owner: 'task "t"', params: { user: dependency({ token }, () => 1) }, rule: 'task' }),
    'CORTADO_DEPENDENCY_SCOPE',
    '"t"',
    '"OAuth2PasswordBearer"',
  ],
  [
    'an app-scoped dependency that asks for a credential',
    () =>
      app.get('/pool', { params: { pool: dependency({ token }, () => 1, { name: 'pool', scope: 'app' }) } }, () => 1),
    'CORTADO_DEPENDENCY_SCOPE',
    '"pool"',
    '"OAuth2PasswordBearer"',
  ],
];
for (const [what, make, code, ...names] of mistakes) {
  test(`${what} is refused at once`, () => assert.throws(make, coded(code, ...names)));
}

test('a scheme without listed scopes takes any, as roles', () => {
  app.get('/roles', { params: { token: httpBearer() }, scopes: ['admin'] }, () => 1);
  const { security } = app.openapi().paths['/roles']!['get'] as unknown as { security: unknown };
  assert.deepEqual(security, [{ HTTPBearer: ['admin'] }]);
});
