import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SecretHeaders } from '../../src/http/log/secret-headers.ts';
import { App, type Dependency, dependency } from '../../src/index.ts';
import { anyOf, apiKey, httpBasic, httpBearer, httpDigest, oauth2Password } from '../../src/security/index.ts';
import { sendRequest } from '../support/send-request.ts';

const bearer = httpBearer({ verify: async (token) => (token === 'good' ? { by: 'token' } : undefined) });
const key = apiKey({ in: 'header', name: 'x-key', verify: (sent) => sent === 'k' && { by: 'key' } });
const basic = httpBasic({ realm: 'bar' });

const schemes: Readonly<Record<string, Dependency<unknown>>> = {
  two: anyOf(bearer, key),
  'two-back': anyOf(key, bearer),
  three: anyOf(bearer, key, basic),
  nested: anyOf(anyOf(bearer, key), httpDigest()),
  maybe: anyOf(bearer, apiKey({ in: 'query', name: 'key', optional: true })),
};

let app: App;
let address = '';
before(async () => {
  app = new App({ logger: false });
  for (const [name, scheme] of Object.entries(schemes))
    app.get(`/${name}`, { params: { scheme } }, ({ scheme }) => ({ got: scheme ?? null }));
  address = await app.listen({ port: 0 });
});
after(() => app.close());

const token = { authorization: 'Bearer good' };
const bad = { authorization: 'Bearer bad' };
const both = 'Bearer, APIKey';
const refused = 'Bearer error="invalid_token"';
const cases: readonly [path: string, headers: Readonly<Record<string, string>>, answer: unknown, challenge?: string][] =
  [
    ['/two', token, { by: 'token' }],
    ['/two', { 'x-key': 'k' }, { by: 'key' }],
    ['/two', { ...token, 'x-key': 'k' }, { by: 'token' }],
    ['/two-back', { ...token, 'x-key': 'k' }, { by: 'key' }],
    ['/two', { ...bad, 'x-key': 'k' }, 401, refused],
    ['/two', { ...token, 'x-key': 'no' }, { by: 'token' }],
    ['/two-back', { ...token, 'x-key': 'no' }, 401, 'APIKey'],
    ['/two', {}, 401, both],
    ['/two', { authorization: 'Basic YTpi' }, 401, both],
    ['/three', { authorization: 'Basic YTpi' }, { username: 'a', password: 'b' }],
    ['/three', { authorization: 'Basic !' }, 401, 'Basic realm="bar", charset="UTF-8"'],
    ['/three', {}, 401, `${both}, Basic realm="bar", charset="UTF-8"`],
    ['/nested', { 'x-key': 'k' }, { by: 'key' }],
    ['/nested', { authorization: 'Digest a="b"' }, { scheme: 'Digest', credentials: 'a="b"' }],
    ['/nested', {}, 401, `${both}, Digest`],
    ['/maybe', {}, null],
    ['/maybe', bad, 401, refused],
    ['/maybe?key=1', {}, '1'],
  ];
for (const [path, headers, answer, challenge] of cases)
  test(`${path} with ${JSON.stringify(headers)} answers ${JSON.stringify(answer)}`, async () => {
    const response = await sendRequest(address, path, { headers });
    const expected = answer === 401 ? { detail: 'Not authenticated' } : { got: answer };
    assert.deepEqual([response.status, response.json()], [answer === 401 ? 401 : 200, expected]);
    assert.equal(response.headers['www-authenticate'], challenge);
  });

const documented: readonly [what: string, params: Readonly<Record<string, Dependency<unknown>>>, security: object][] = [
  ['alternatives', { either: schemes['two']! }, [{ HTTPBearer: [] }, { APIKeyHeader: [] }]],
  ['three of them', { one: schemes['nested']! }, [{ HTTPBearer: [] }, { APIKeyHeader: [] }, { HTTPDigest: [] }]],
  ['one that may be left out', { one: schemes['maybe']! }, [{ HTTPBearer: [] }, { APIKeyQuery: [] }, {}]],
  [
    'alternatives beside what is demanded',
    { either: schemes['two']!, basic },
    [
      { HTTPBearer: [], HTTPBasic: [] },
      { APIKeyHeader: [], HTTPBasic: [] },
    ],
  ],
];
for (const [what, params, security] of documented)
  test(`the document has ${what}`, () => {
    const shown = new App({ logger: false });
    shown.get('/', { params }, () => 1);
    assert.deepEqual(shown.openapi().paths['/']!['get']!['security'], security);
  });

test('scopes are asked of the scheme that has them', () => {
  const either = anyOf(key, oauth2Password({ tokenUrl: '/token', scopes: { read: '' } }));
  const shown = new App({ logger: false });
  shown.get('/', { params: { either }, scopes: ['read'] }, () => 1);
  assert.deepEqual(shown.openapi().paths['/']!['get']!['security'], [
    { APIKeyHeader: [] },
    { OAuth2PasswordBearer: ['read'] },
  ]);
});

test('the header of a key among others is a secret to the log', () => {
  const logging = new App({ logger: false, docs: false });
  logging.get('/', { guards: [anyOf(bearer, apiKey({ in: 'header', name: 'X-Secret' }))] }, () => 1);
  const secrets = new SecretHeaders();
  for (const route of logging.routes) secrets.learn(route.plan);
  assert.deepEqual(secrets.hide({ 'x-secret': 'hush', host: 'a' }), { 'x-secret': '[Redacted]', host: 'a' });
});

test('an override stands in for all of it', async () => {
  const either = anyOf(bearer, key);
  await using faked = new App({ logger: false });
  faked.get('/', { params: { either } }, ({ either }) => either);
  using _ = faked.override(either, () => ({ by: 'test' }));
  assert.deepEqual((await sendRequest(await faked.listen({ port: 0 }), '/')).json(), { by: 'test' });
});

for (const [what, make] of [
  ['none', () => anyOf()],
  ['one', () => anyOf(bearer)],
  [
    'a dependency that is no scheme',
    () =>
      anyOf(
        bearer,
        dependency(() => 1),
      ),
  ],
  ['something else', () => anyOf(bearer, 'key' as never)],
] as const)
  test(`refuses ${what}`, () => {
    assert.throws(make, { code: 'CORTADO_OPTION_INVALID', message: /^anyOf\(\): expected/ });
  });
