import { randomUUID } from 'node:crypto';
import { App, dependency, HttpError, Router } from 'cortado';
import { apiKey, httpBearer, oauth2Password, oauth2PasswordForm, requireScopes, safeEqual } from 'cortado/security';
import { z } from 'zod';

interface Session {
  readonly name: string;
  readonly scopes: readonly string[];
}

const passwords = new Map([['ada', 'cortado']]);
const sessions = new Map<string, Session>();

const app = new App({ title: 'Security' });

// A scheme is a dependency. Its value is the credential; without one it answers 401 before the body is read.
const bearer = httpBearer();
app.get('/whoami', { params: { token: bearer } }, ({ token }) => ({ length: token.length }));

// What depends on it documents itself wherever it is used: the padlock, the 401, the Authorize button.
const visitor = dependency({ token: httpBearer({ optional: true }) }, ({ token }) =>
  token === undefined ? 'a guest' : (sessions.get(token)?.name ?? 'a stranger'),
);
app.get('/hello', { params: { visitor } }, ({ visitor }) => `Hello, ${visitor}`);

// `verify` decides; for `true` the value stays the key, else it is what `verify` returns.
const machine = apiKey({ in: 'header', name: 'x-api-key', verify: (key) => safeEqual(key, 'machine-7') });
app.post('/brewed', { guards: [machine], params: { drink: z.object({ name: z.string() }) } }, ({ drink }) => drink);

// The password flow, against a route of this app. The Authorize dialog of /docs logs in with it.
app.post('/token', { params: { login: oauth2PasswordForm() } }, ({ login }) => {
  if (!safeEqual(passwords.get(login.username) ?? randomUUID(), login.password))
    throw new HttpError(400, 'Incorrect username or password');
  const token = randomUUID();
  sessions.set(token, { name: login.username, scopes: login.scopes });
  return { access_token: token, token_type: 'bearer' };
});

const signedIn = oauth2Password({
  tokenUrl: '/token',
  scopes: { 'orders:read': 'Read orders', 'orders:write': 'Place orders' },
  verify: (token, ctx) => {
    const session = sessions.get(token);
    // 403 unless the token has every scope that the route asks for.
    if (session !== undefined) requireScopes(session.scopes, ctx);
    return session;
  },
});

// Scopes of a router and of its routes add up; `ctx.scopes` has them, and so has the document.
const orders = new Router({ prefix: '/orders', guards: [signedIn], scopes: ['orders:read'] });
orders.get('', { params: { user: signedIn } }, ({ user }) => ({ of: user.name }));
orders.post(
  '',
  { params: { user: signedIn, order: z.object({ drink: z.string() }) }, scopes: ['orders:write'], status: 201 },
  ({ user, order }) => ({ ...order, for: user.name }),
);
app.include(orders);

export default app;
