import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import {
  App,
  cookie,
  type Dependency,
  dependency,
  header,
  type Params,
  type RequestContext,
  Router,
} from '../../src/index.ts';
import { apiKey, httpBasic, httpBearer, oauth2, oauth2Password, openIdConnect } from '../../src/security/index.ts';
import { testClient } from '../../src/testing/index.ts';
import { needOpenApiTools, runTool } from '../support/openapi-tools.ts';

interface Documented {
  readonly security?: readonly Record<string, readonly string[]>[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly headers?: object }>>;
}

/** The one operation of an app, and its schemes. */
function documentOf(add: (app: App) => void): { operation: Documented; schemes: unknown } {
  const app = new App({ logger: false });
  add(app);
  const { paths, components } = app.openapi();
  const [path] = Object.values(paths);
  return { operation: Object.values(path!)[0] as unknown as Documented, schemes: components?.securitySchemes };
}

const flows = {
  authorizationCode: { authorizationUrl: 'https://id.example/authorize', tokenUrl: 'https://id.example/token' },
};
const schemes: readonly [Dependency<unknown>, string, object][] = [
  [httpBearer(), 'HTTPBearer', { type: 'http', scheme: 'bearer' }],
  [
    httpBearer({ bearerFormat: 'JWT', description: 'Of /token' }),
    'HTTPBearer',
    { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Of /token' },
  ],
  [httpBasic({ realm: 'bar' }), 'HTTPBasic', { type: 'http', scheme: 'basic' }],
  [apiKey({ in: 'header', name: 'X-Key' }), 'APIKeyHeader', { type: 'apiKey', in: 'header', name: 'X-Key' }],
  [apiKey({ in: 'query', name: 'key' }), 'APIKeyQuery', { type: 'apiKey', in: 'query', name: 'key' }],
  [apiKey({ in: 'cookie', name: 'sid' }), 'APIKeyCookie', { type: 'apiKey', in: 'cookie', name: 'sid' }],
  [
    apiKey({ in: 'cookie', name: 'sid', schemeName: 'session' }),
    'session',
    { type: 'apiKey', in: 'cookie', name: 'sid' },
  ],
  [
    oauth2Password({ tokenUrl: '/token', scopes: { a: 'An a' }, refreshUrl: '/refresh' }),
    'OAuth2PasswordBearer',
    { type: 'oauth2', flows: { password: { tokenUrl: '/token', scopes: { a: 'An a' }, refreshUrl: '/refresh' } } },
  ],
  [
    oauth2({ flows }),
    'OAuth2',
    { type: 'oauth2', flows: { authorizationCode: { ...flows.authorizationCode, scopes: {} } } },
  ],
  [
    openIdConnect({ url: 'https://id.example/c' }),
    'OpenIdConnect',
    { type: 'openIdConnect', openIdConnectUrl: 'https://id.example/c' },
  ],
];
for (const [scheme, name, documented] of schemes) {
  const below = dependency({ above: dependency({ scheme }, ({ scheme }) => scheme) }, () => 1);
  const places: readonly [string, (app: App) => void][] = [
    ['a parameter', (app) => app.get('/', { params: { scheme } }, () => 1)],
    ['a guard', (app) => app.get('/', { guards: [scheme] }, () => 1)],
    ['a dependency of a dependency', (app) => app.get('/', { params: { below } }, () => 1)],
    ["a router's guard", (app) => app.include(withRoute(below))],
  ];
  for (const [place, add] of places) {
    test(`${JSON.stringify(documented)} as ${place} is documented`, () => {
      const { operation, schemes } = documentOf(add);
      assert.deepEqual(schemes, { [name]: documented });
      assert.deepEqual(operation.security, [{ [name]: [] }]);
      assert.equal(operation.parameters, undefined);
      assert.deepEqual(Object.keys(operation.responses), ['200', '401']);
      assert.ok(operation.responses['401']?.headers);
    });
  }
}

function withRoute(guard: Dependency<unknown>): Router {
  const router = new Router({ guards: [guard] });
  router.get('/', () => 1);
  return router;
}

const [a, b] = [apiKey({ in: 'header', name: 'a' }), httpBearer()];
const [c, d] = [httpBasic({ optional: true }), apiKey({ in: 'cookie', name: 'd', optional: true })];
const requirements: readonly [string, Record<string, Dependency<unknown>>, readonly object[]][] = [
  ['two are both asked for', { a, b }, [{ APIKeyHeader: [], HTTPBearer: [] }]],
  ['an optional one may be left out', { c }, [{ HTTPBasic: [] }, {}]],
  ['two optional ones are alternatives', { c, d }, [{ HTTPBasic: [] }, { APIKeyCookie: [] }, {}]],
  ['one of them besides a demanded one', { b, c }, [{ HTTPBearer: [], HTTPBasic: [] }, { HTTPBearer: [] }]],
  ['two of one name and form are one', { b, other: httpBearer() }, [{ HTTPBearer: [] }]],
  [
    'two of one name and other forms are two',
    { a, other: apiKey({ in: 'header', name: 'b' }) },
    [{ APIKeyHeader: [], APIKeyHeader2: [] }],
  ],
];
for (const [what, params, expected] of requirements) {
  test(`security: ${what}`, () => {
    assert.deepEqual(documentOf((app) => app.get('/', { params }, () => 1)).operation.security, expected);
  });
}

test('scopes of routers and routes stand in the document, with their 403', () => {
  const token = oauth2Password({ tokenUrl: '/token', scopes: { a: '', b: '', c: '' } });
  const { operation } = documentOf((app) => {
    const inner = new Router({ scopes: ['b', 'a'] });
    inner.get('/x', { params: { token }, scopes: ['c', 'a'] }, () => 1);
    app.include(inner, { scopes: ['a'] });
  });
  assert.deepEqual(operation.security, [{ OAuth2PasswordBearer: ['a', 'b', 'c'] }]);
  assert.deepEqual(Object.keys(operation.responses), ['200', '401', '403']);
});

test('scopes are asked of tokens that can have them, and of an API key only where it stands alone', () => {
  const other = oauth2({ flows: { password: { tokenUrl: '/t', scopes: { x: '' } } } });
  const token = oauth2Password({ tokenUrl: '/token', scopes: { y: '' } });
  const asked = (params: Params): unknown =>
    documentOf((app) => app.get('/', { params, scopes: ['x', 'y'] }, () => 1)).operation.security;
  assert.deepEqual(asked({ a, other, token }), [{ APIKeyHeader: [], OAuth2: ['x'], OAuth2PasswordBearer: ['y'] }]);
  assert.deepEqual(asked({ a }), [{ APIKeyHeader: ['x', 'y'] }]);
});

test("a route's own 401 stands in the place of the scheme's", () => {
  const { operation } = documentOf((app) =>
    app.get(
      '/',
      { guards: [b], responses: { 401: { description: 'Log in', schema: z.object({ why: z.string() }) } } },
      () => 1,
    ),
  );
  assert.equal(operation.responses['401']?.description, 'Log in');
  assert.match(JSON.stringify(operation.responses['401']), /"why"/);
});

test('a scheme of one’s own is a dependency that says what it reads', () => {
  const security = { name: 'MutualTLS', scheme: { type: 'mutualTLS' }, optional: false } as const;
  const certificate = { ...dependency((_, ctx: RequestContext) => ctx.ip), security };
  const { operation, schemes } = documentOf((app) =>
    app.get('/', { params: { certificate } }, ({ certificate }) => certificate.length),
  );
  assert.deepEqual([operation.security, schemes], [[{ MutualTLS: [] }], { MutualTLS: { type: 'mutualTLS' } }]);
});

test('headers that OpenAPI ignores are no parameters, and are read all the same', async () => {
  const app = new App({ logger: false });
  const params = {
    authorization: header(z.string()),
    type: header(z.string().optional(), { alias: 'Content-Type' }),
    all: header(z.object({ accept: z.string().optional(), x_token: z.string() })),
    sid: cookie(z.string().optional()),
  };
  app.get('/', { params }, ({ authorization, all }) => [authorization, all.accept]);
  const { parameters } = app.openapi().paths['/']!['get'] as unknown as Documented;
  assert.deepEqual(
    parameters?.map(({ name }) => name),
    ['x-token', 'sid'],
  );
  await using client = await testClient(app);
  const answer = await client.get('/', { headers: { authorization: 'me', accept: 'x/y', 'x-token': 't' } });
  assert.deepEqual(await answer.json(), ['me', 'x/y']);
});

const skip = needOpenApiTools() ?? false;
for (const errors of ['fastapi', 'problem'] as const) {
  test(`errors: '${errors}': Redocly finds no error in a document with every scheme`, { skip }, () => {
    const app = new App({ logger: false, errors, license: { name: 'MIT', url: 'https://mit.example' } });
    for (const [index, [scheme]] of schemes.entries()) app.get(`/r${index}`, { params: { scheme } }, () => 1);
    app.get('/scoped', { params: { token: schemes[7]![0], c }, scopes: ['a'] }, () => 1);
    const files = { 'openapi.json': JSON.stringify(app.openapi()) };
    const { ok, output } = runTool('redocly', ['lint', 'openapi.json'], files);
    assert.ok(ok, output);
    assert.doesNotMatch(output, /Error was generated|security/, output);
  });
}
