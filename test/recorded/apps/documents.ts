import { createHmac } from 'node:crypto';
import { text as textOf } from 'node:stream/consumers';
import { z } from 'zod';
import { type App, dependency, HttpError, type RequestContext } from '../../../src/index.ts';
import { oauth2Password, oauth2PasswordForm } from '../../../src/security/index.ts';
import { type Chapter, text, tutorial } from './models.ts';

function readItems(options: Parameters<typeof tutorial>[0]): () => App {
  return () => {
    const app = tutorial(options);
    app.get('/items/', function read_items() {
      return [{ name: 'Foo' }];
    });
    return app;
  };
}

export const metadata: Chapter = {
  tutorial002: readItems({ title: 'FastAPI', docs: { openapi: '/api/v1/openapi.json' } }),
  tutorial003: readItems({ title: 'FastAPI', docs: { swagger: '/documentation', redoc: false } }),
};

/** As much of YAML as the recorded bodies need: texts by name, and lists of texts and objects. */
function parseYaml(source: string): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  let list: unknown[] | undefined;
  for (const line of source.split('\n').map((one) => one.trim())) {
    const [, item] = /^- (.*)$/.exec(line) ?? [];
    const [, name, value] = /^(\w+):(?: (.*))?$/.exec(item ?? line) ?? [];
    if (item !== undefined && list !== undefined) list.push(name === undefined ? item : { [name]: value });
    else if (name !== undefined && value !== undefined) made[name] = value;
    else if (name !== undefined) made[name] = list = [];
    else if (line !== '') throw new HttpError(422, 'Invalid YAML');
  }
  return made;
}

const Tagged = z.object({ name: text, tags: z.array(text) }).meta({ id: 'Item' });

/** A body that a route reads itself, documented as what it is. */
export function createFromYaml(): App {
  const app = tutorial();
  const requestBody = { content: { 'application/x-yaml': { schema: Tagged } } };
  app.post('/items/', { requestBody }, async (_, { request }) => {
    const sent = parseYaml(await textOf(request.raw));
    const result = Tagged.safeParse(sent, { reportInput: true });
    if (result.success) return result.data;
    const wrong = result.error.issues.map(({ path, input }) => ({
      type: 'string_type',
      loc: path,
      msg: 'Input should be a valid string',
      input,
    }));
    throw new HttpError(422, wrong);
  });
  return app;
}

const secret = '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7';
// When it was recorded: a token is that of the recording to the byte.
const expires = 1_795_497_494;

interface Claims {
  readonly sub?: string;
  readonly scope?: string;
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const signature = (signed: string): string => createHmac('sha256', secret).update(signed).digest('base64url');

function tokenOf(claims: Claims): string {
  const signed = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded({ ...claims, exp: expires })}`;
  return `${signed}.${signature(signed)}`;
}

function claimsOf(token: string): Claims | undefined {
  const [head, claims, sent] = token.split('.');
  if (claims === undefined || signature(`${head}.${claims}`) !== sent) return undefined;
  return JSON.parse(Buffer.from(claims, 'base64url').toString()) as Claims;
}

const people: Readonly<
  Record<string, { readonly password: string; readonly user: object; readonly disabled: boolean }>
> = {
  johndoe: {
    password: 'secret',
    user: { username: 'johndoe', email: 'johndoe@example.com', full_name: 'John Doe' },
    disabled: false,
  },
  alice: {
    password: 'secretalice',
    user: { username: 'alice', email: 'alicechains@example.com', full_name: 'Alice Chains' },
    disabled: true,
  },
};

const scopedToken = oauth2Password({
  tokenUrl: 'token',
  scopes: { me: 'Read information about the current user.', items: 'Read items.' },
});

const scopedUser = dependency({ token: scopedToken }, ({ token }, { scopes }: RequestContext) => {
  const challenge = scopes.length === 0 ? 'Bearer' : `Bearer scope="${scopes.join(' ')}"`;
  const refuse = (detail: string): never => {
    throw new HttpError(401, detail, { headers: { 'www-authenticate': challenge } });
  };
  const { sub = '', scope = '' } = claimsOf(token) ?? {};
  const person = people[sub] ?? refuse('Could not validate credentials');
  if (scopes.some((one) => !scope.split(' ').includes(one))) refuse('Not enough permissions');
  return { ...person.user, username: sub, disabled: person.disabled };
});

const activeUser = dependency({ user: scopedUser }, ({ user }) => {
  if (user.disabled) throw new HttpError(400, 'Inactive user');
  return user;
});

/** OAuth2 with the scopes of a JWT. */
export function scopedSecurity(): App {
  const app = tutorial();
  app.post('/token', { params: { form: oauth2PasswordForm() } }, ({ form: { username, password, scopes } }) => {
    if (people[username]?.password !== password) throw new HttpError(400, 'Incorrect username or password');
    return { access_token: tokenOf({ sub: username, scope: scopes.join(' ') }), token_type: 'bearer' };
  });
  app.get('/users/me/', { params: { user: activeUser }, scopes: ['me'] }, ({ user }) => user);
  app.get('/users/me/items/', { params: { user: activeUser }, scopes: ['me', 'items'] }, ({ user }) => [
    { item_id: 'Foo', owner: user.username },
  ]);
  app.get('/status/', { params: { user: scopedUser } }, () => ({ status: 'ok' }));
  return app;
}
