import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App } from '../../src/index.ts';
import { oauth2PasswordForm } from '../../src/security/index.ts';
import { testClient } from '../../src/testing/index.ts';

function appOf(strict: boolean): App {
  const app = new App({ logger: false });
  app.post('/token', { params: { login: oauth2PasswordForm({ strict }) } }, ({ login }) => login);
  return app;
}

const ada = { username: 'ada', password: 'pass word' };

/** What clients send, what the handler gets of it, or what is wrong with it. */
const forms: readonly (readonly [
  what: string,
  strict: boolean,
  form: Record<string, string>,
  login: object | readonly (readonly [type: string, field: string])[],
])[] = [
  ['a name and a password', false, ada, { ...ada, scopes: [] }],
  ['a grant type', false, { ...ada, grant_type: 'password' }, { ...ada, scopes: [] }],
  ['a grant type where one is asked for', true, { ...ada, grant_type: 'password' }, { ...ada, scopes: [] }],
  [
    'scopes, with more blanks than one',
    false,
    { ...ada, scope: ' orders:read  orders:write ' },
    { ...ada, scopes: ['orders:read', 'orders:write'] },
  ],
  [
    'a client',
    false,
    { ...ada, client_id: 'shop', client_secret: 'secret' },
    { ...ada, scopes: [], clientId: 'shop', clientSecret: 'secret' },
  ],
  ['no grant type where one is asked for', true, ada, [['missing', 'grant_type']]],
  ['another grant type', false, { ...ada, grant_type: 'refresh' }, [['string_pattern_mismatch', 'grant_type']]],
  [
    'nothing',
    false,
    {},
    [
      ['missing', 'username'],
      ['missing', 'password'],
    ],
  ],
  ['an empty password, which is none', false, { ...ada, password: '' }, [['missing', 'password']]],
];

for (const [what, strict, form, expected] of forms)
  test(`${Array.isArray(expected) ? 'refuses' : 'takes'} ${what}`, async () => {
    await using client = await testClient(appOf(strict));
    const answer = await client.post('/token', { form });
    const { status } = answer;
    if (!Array.isArray(expected)) {
      assert.equal(status, 200);
      assert.deepEqual(await answer.json(), expected);
      return;
    }
    assert.equal(status, 422);
    const { detail } = await answer.json<{ detail: { type: string; loc: string[] }[] }>();
    assert.deepEqual(
      detail.map(({ type, loc }) => [type, ...loc]),
      expected.map(([type, field]) => [type, 'body', field]),
    );
  });

test('documents its fields as a form', () => {
  const document = appOf(false).openapi() as unknown as {
    paths: Record<string, Record<string, { requestBody: { content: Record<string, { schema: { $ref?: string } }> } }>>;
    components: { schemas: Record<string, { required?: string[]; properties: object }> };
  };
  const { schema } = document.paths['/token']!['post']!.requestBody.content['application/x-www-form-urlencoded']!;
  const name = schema.$ref?.split('/').at(-1);
  const shown =
    name === undefined ? (schema as { required?: string[]; properties: object }) : document.components.schemas[name]!;
  assert.deepEqual(shown.required?.toSorted(), ['password', 'username']);
  assert.deepEqual(Object.keys(shown.properties), [
    'grant_type',
    'username',
    'password',
    'scope',
    'client_id',
    'client_secret',
  ]);
});

test('refuses an option that it does not know', () => {
  assert.throws(() => oauth2PasswordForm({ strikt: true } as never), { code: 'CORTADO_OPTION_UNKNOWN' });
});
