import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { App, type Dependency, dependency } from '../../src/index.ts';
import {
  apiKey,
  httpBasic,
  httpBearer,
  oauth2,
  oauth2Password,
  openIdConnect,
  safeEqual,
} from '../../src/security/index.ts';
import { sendRequest } from '../support/send-request.ts';

const basicOf = (text: string | Buffer, scheme = 'Basic'): string =>
  `${scheme} ${Buffer.from(text).toString('base64')}`;
const key = 'k-1';
const late = async (token: string): Promise<{ name: string } | undefined> =>
  token === 'good' ? { name: 'Ada' } : undefined;

const schemes: Readonly<Record<string, Dependency<unknown>>> = {
  bearer: httpBearer(),
  maybe: httpBearer({ optional: true }),
  verified: httpBearer({ verify: late }),
  'maybe-verified': httpBearer({ verify: late, optional: true }),
  basic: httpBasic(),
  realm: httpBasic({ realm: 'The "bar"' }),
  'maybe-basic': httpBasic({ optional: true }),
  'basic-verified': httpBasic({ verify: ({ password }) => safeEqual(password, 'secret') }),
  header: apiKey({ in: 'header', name: 'X-Key' }),
  query: apiKey({ in: 'query', name: 'key' }),
  cookie: apiKey({ in: 'cookie', name: 'key' }),
  'key-verified': apiKey({ in: 'header', name: 'x-key', verify: (sent) => sent === key }),
  password: oauth2Password({ tokenUrl: '/token' }),
  oauth2: oauth2({ flows: { implicit: { authorizationUrl: 'https://id.example/authorize' } } }),
  oidc: openIdConnect({ url: 'https://id.example/.well-known/openid-configuration' }),
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

type Case = readonly [path: string, headers: Readonly<Record<string, string>>, answer: unknown, challenge?: string];
const auth = (authorization: string): Record<string, string> => ({ authorization });
const none = {};
const ada = { username: 'ada', password: 'secret' };

const cases: readonly Case[] = [
  ['/bearer', auth('Bearer abc'), 'abc'],
  ['/bearer', auth('bearer  abc  '), 'abc'],
  ['/bearer', auth('BEARER a b'), 'a b'],
  ['/bearer', none, 401, 'Bearer'],
  ['/bearer', auth('Bearer'), 401, 'Bearer'],
  ['/bearer', auth('Basic abc'), 401, 'Bearer'],
  ['/bearer', auth('Bearerabc'), 401, 'Bearer'],
  ['/maybe', none, null],
  ['/maybe', auth('Basic abc'), null],
  ['/maybe', auth('Bearer abc'), 'abc'],
  ['/verified', auth('Bearer good'), { name: 'Ada' }],
  ['/verified', auth('Bearer bad'), 401, 'Bearer error="invalid_token"'],
  ['/verified', none, 401, 'Bearer'],
  ['/maybe-verified', none, null],
  ['/maybe-verified', auth('Bearer bad'), 401, 'Bearer error="invalid_token"'],
  ['/basic', auth(basicOf('ada:secret')), ada],
  ['/basic', auth(basicOf('ada:secret', 'bAsIc')), ada],
  ['/basic', auth(basicOf('ada:a:b')), { username: 'ada', password: 'a:b' }],
  ['/basic', auth(basicOf(':')), { username: '', password: '' }],
  ['/basic', auth(basicOf('Zoë:пароль 🔑')), { username: 'Zoë', password: 'пароль 🔑' }],
  ['/basic', none, 401, 'Basic'],
  ['/basic', auth('Bearer abc'), 401, 'Basic'],
  ['/basic', auth(basicOf('no colon')), 401, 'Basic'],
  ['/basic', auth('Basic not!base64'), 401, 'Basic'],
  ['/basic', auth('Basic YTpi='), 401, 'Basic'],
  ['/basic', auth(basicOf(Buffer.from([0x61, 0x3a, 0xff]))), 401, 'Basic'],
  ['/realm', none, 401, 'Basic realm="The \\"bar\\"", charset="UTF-8"'],
  ['/maybe-basic', none, null],
  ['/maybe-basic', auth('Bearer abc'), null],
  ['/maybe-basic', auth('Basic not!base64'), 401, 'Basic'],
  ['/basic-verified', auth(basicOf('ada:secret')), ada],
  ['/basic-verified', auth(basicOf('ada:wrong')), 401, 'Basic'],
  ['/header', { 'x-key': key }, key],
  ['/header', { 'x-key': '' }, 401, 'APIKey'],
  ['/header', none, 401, 'APIKey'],
  ['/query?key=k-1', none, key],
  ['/query?key=k-0&key=k-1', none, key],
  ['/query?key=', none, 401, 'APIKey'],
  ['/query', none, 401, 'APIKey'],
  ['/cookie', { cookie: 'a=b; key=k-1' }, key],
  ['/cookie', { cookie: 'a=b' }, 401, 'APIKey'],
  ['/key-verified', { 'x-key': key }, key],
  ['/key-verified', { 'x-key': 'k-2' }, 401, 'APIKey'],
  ['/password', auth('Bearer abc'), 'abc'],
  ['/password', none, 401, 'Bearer'],
  ['/oauth2', auth('Bearer abc'), 'abc'],
  ['/oauth2', auth('Basic abc'), 401, 'Bearer'],
  ['/oidc', auth('Bearer abc'), 'abc'],
  ['/oidc', none, 401, 'Bearer'],
];
for (const [path, headers, answer, challenge] of cases) {
  test(`${path} with ${JSON.stringify(headers)} answers ${JSON.stringify(answer)}`, async () => {
    const response = await sendRequest(address, path, { headers });
    if (answer === 401) {
      assert.equal(response.status, 401);
      assert.equal(response.headers['www-authenticate'], challenge);
      assert.deepEqual(response.json(), { detail: 'Not authenticated' });
    } else assert.deepEqual([response.status, response.json()], [200, { got: answer }]);
  });
}

test('the first of two Authorization headers counts', async () => {
  const answer = await sendRequest(address, '/bearer', { headers: { authorization: ['Bearer a', 'Bearer b'] } });
  assert.deepEqual(answer.json(), { got: 'a' });
});

test("errors: 'problem' answers with a problem", async () => {
  await using strict = new App({ logger: false, errors: 'problem' });
  strict.get('/', { guards: [httpBearer()] }, () => 1);
  const answer = await sendRequest(await strict.listen({ port: 0 }), '/');
  assert.equal(answer.headers['content-type'], 'application/problem+json');
  assert.deepEqual(answer.json(), {
    type: 'about:blank',
    title: 'Unauthorized',
    status: 401,
    detail: 'Not authenticated',
  });
});

test('verify runs once per request, however many ask, and gets the context', async () => {
  const seen: string[] = [];
  const bearer = httpBearer({ verify: (token, ctx) => seen.push(`${token} ${ctx.path}`) > 0 });
  const user = dependency({ token: bearer }, ({ token }) => token);
  await using shared = new App({ logger: false, guards: [bearer] });
  shared.get('/me', { params: { bearer, user } }, ({ bearer, user }) => [bearer, user]);
  const answer = await sendRequest(await shared.listen({ port: 0 }), '/me', { headers: auth('Bearer t') });
  assert.deepEqual([answer.json(), seen], [['t', 't'], ['t /me']]);
});

test('an override stands in for a scheme', async () => {
  const bearer = httpBearer();
  await using faked = new App({ logger: false });
  faked.get('/me', { params: { bearer } }, ({ bearer }) => bearer);
  const url = await faked.listen({ port: 0 });
  {
    using _ = faked.override(bearer, () => 'fake');
    assert.equal((await sendRequest(url, '/me')).json(), 'fake');
    assert.ok(faked.openapi().components?.securitySchemes?.['HTTPBearer']);
  }
  assert.equal((await sendRequest(url, '/me')).status, 401);
});
