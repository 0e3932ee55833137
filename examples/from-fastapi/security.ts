import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { App, dependency, HttpError, Router } from 'cortado';
import { httpBasic, httpDigest, oauth2Password, oauth2PasswordForm, requireScopes, safeEqual } from 'cortado/security';
import { jwtVerify, SignJWT } from 'jose';

const app = new App({ title: 'Security' });

// Security - First Steps
const anyToken = oauth2Password({ tokenUrl: '/token' });
app.get('/items', { params: { token: anyToken } }, ({ token }) => ({ token }));

// Get Current User
const someUser = dependency({ token: anyToken }, ({ token }) => ({ username: `${token}-of-the-token` }));
app.get('/users/fake', { params: { user: someUser } }, ({ user }) => user);

// OAuth2 with Password (and hashing), Bearer with JWT tokens
// One for all processes: without JWT_SECRET tokens end with the process.
const secret = new TextEncoder().encode(process.env['JWT_SECRET'] ?? randomBytes(32).toString('hex'));
const hash = promisify(scrypt) as (password: string, salt: Buffer, length: number) => Promise<Buffer>;

async function hashed(password: string): Promise<string> {
  const salt = randomBytes(16);
  return `${salt.toString('base64')}:${(await hash(password, salt, 32)).toString('base64')}`;
}

async function isPassword(password: string, kept: string): Promise<boolean> {
  const [salt = '', key = ''] = kept.split(':');
  const made = await hash(password, Buffer.from(salt, 'base64'), 32);
  return timingSafeEqual(made, Buffer.from(key, 'base64'));
}

const users = new Map([
  ['ada', { username: 'ada', disabled: false, password: await hashed('secret'), scopes: ['me', 'items'] }],
  ['alice', { username: 'alice', disabled: true, password: await hashed('secret2'), scopes: ['me'] }],
]);
const nobody = await hashed(randomBytes(16).toString('hex')); // so that an unknown name takes as long

app.post('/token', { params: { login: oauth2PasswordForm() } }, async ({ login }) => {
  const user = users.get(login.username);
  const isRight = await isPassword(login.password, user?.password ?? nobody);
  if (user === undefined || !isRight)
    throw new HttpError(401, 'Incorrect username or password', { headers: { 'www-authenticate': 'Bearer' } });
  const scopes = login.scopes.filter((scope) => user.scopes.includes(scope));
  const token = await new SignJWT({ scope: scopes.join(' ') })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user.username)
    .setExpirationTime('30 minutes')
    .sign(secret);
  return { access_token: token, token_type: 'bearer' };
});

const currentUser = oauth2Password({
  tokenUrl: '/token',
  scopes: { me: 'Read information about the current user', items: 'Read items' },
  verify: async (token, ctx) => {
    const { payload } = await jwtVerify(token, secret, { algorithms: ['HS256'] }).catch(() => ({ payload: undefined }));
    const user = users.get(payload?.sub ?? '');
    if (user === undefined) return undefined; // a 401
    requireScopes(String(payload?.['scope']).split(' '), ctx); // a 403
    return user;
  },
});

const activeUser = dependency({ user: currentUser }, ({ user }) => {
  if (user.disabled) throw new HttpError(400, 'Inactive user');
  return { username: user.username };
});

// OAuth2 scopes
const me = new Router({ prefix: '/me', scopes: ['me'] });
me.get('', { params: { user: activeUser } }, ({ user }) => user);
me.get('/items', { params: { user: activeUser }, scopes: ['items'] }, ({ user }) => [{ owner: user.username }]);
app.include(me);

// HTTP Basic Auth
const basic = httpBasic({
  verify: ({ username, password }) => safeEqual(username, 'barista') && safeEqual(password, 'ristretto'),
});
app.get('/basic', { params: { who: basic } }, ({ who }) => ({ username: who.username }));

// HTTP Digest
app.get('/digest', { params: { digest: httpDigest() } }, ({ digest }) => ({ scheme: digest.scheme }));

// Use Old 403 Authentication Error Status Codes
const bearerOr403 = dependency({ token: oauth2Password({ tokenUrl: '/token', optional: true }) }, ({ token }) => {
  if (token === undefined) throw new HttpError(403, 'Not authenticated');
  return token;
});
app.get('/old', { guards: [bearerOr403] }, () => ({ message: 'You are authenticated' }));

export default app;
