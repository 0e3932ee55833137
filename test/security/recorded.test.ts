import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { App, type Dependency } from '../../src/index.ts';
import { apiKey, httpBasic, httpBearer, httpDigest, oauth2Password, openIdConnect } from '../../src/security/index.ts';
import { sendRequest } from '../support/send-request.ts';

interface Recorded {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
  readonly challenge: string | null;
  readonly body: unknown;
}

/** What FastAPI answered, each scheme at a path of its own. */
const recorded = JSON.parse(readFileSync(new URL('fastapi.json', import.meta.url), 'utf8')) as {
  readonly schemes: object;
  readonly cases: readonly Recorded[];
};

/** Where Cortado means to answer otherwise, and why. */
const differences: Readonly<Record<string, string>> = {
  '/basic Basic Wm/DqzrQvw==': 'names and passwords are UTF-8 (RFC 7617)',
  '/basic Basic YTpi=': 'padding that is one too many is no Base64',
  '/realm ': 'a challenge with a realm says that UTF-8 is read',
  '/password Bearer': 'an empty token is no token',
};

const schemes: Readonly<Record<string, Dependency<unknown>>> = {
  bearer: httpBearer(),
  maybe: httpBearer({ optional: true }),
  basic: httpBasic(),
  realm: httpBasic({ realm: 'bar' }),
  'maybe-basic': httpBasic({ optional: true }),
  header: apiKey({ in: 'header', name: 'X-Key' }),
  query: apiKey({ in: 'query', name: 'key' }),
  cookie: apiKey({ in: 'cookie', name: 'key' }),
  password: oauth2Password({ tokenUrl: '/token' }),
  oidc: openIdConnect({ url: 'https://id.example/x' }),
  digest: httpDigest(),
  'maybe-digest': httpDigest({ optional: true }),
};
const app = new App({ logger: false });
for (const [name, scheme] of Object.entries(schemes))
  app.get(`/${name}`, { params: { scheme } }, ({ scheme }) => ({ got: scheme ?? null }));

let address = '';
before(async () => {
  address = await app.listen({ port: 0 });
});
after(() => app.close());

for (const { path, headers, status, challenge, body } of recorded.cases) {
  const why = differences[`${path} ${headers['authorization'] ?? ''}`];
  test(`${path} with ${JSON.stringify(headers)}: ${why ?? `${status}, as FastAPI`}`, async () => {
    const response = await sendRequest(address, path, { headers });
    const got = [response.status, response.headers['www-authenticate'] ?? null, response.json()];
    const expected = [status, challenge, path.endsWith('digest') ? body : withoutScheme(body)];
    if (why === undefined) assert.deepEqual(got, expected);
    else assert.notDeepEqual(got, expected);
  });
}

test('the document has the same schemes as that of FastAPI', () => {
  assert.deepEqual(app.openapi().components?.securitySchemes, recorded.schemes);
});

// FastAPI's HTTPBearer gives the token together with the word before it.
function withoutScheme(body: unknown): unknown {
  const { got } = body as { got?: { credentials?: string } | null };
  return got?.credentials === undefined ? body : { got: got.credentials };
}
