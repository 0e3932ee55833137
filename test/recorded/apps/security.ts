import { type App, type Dependency, dependency, HttpError, header } from '../../../src/index.ts';
import { type Chapter, optionalText, tutorial } from './models.ts';

/** What stands behind a scheme in the Authorization header. */
function credentials(scheme: string): Dependency<string, 'authorization'> {
  return dependency({ authorization: header(optionalText) }, async ({ authorization }) => {
    const [given, ...rest] = (authorization ?? '').split(' ');
    if (given?.toLowerCase() !== scheme.toLowerCase() || rest.length === 0)
      throw unauthorized(scheme, 'Not authenticated');
    return rest.join(' ');
  });
}

const unauthorized = (scheme: string, detail: string): HttpError =>
  new HttpError(401, detail, { headers: { 'www-authenticate': scheme } });

const token = credentials('Bearer');
const basic = credentials('Basic');

const username = dependency({ basic }, ({ basic }) => {
  const [name, password] = Buffer.from(basic, 'base64').toString('utf8').split(':');
  if (password === undefined) throw unauthorized('Basic', 'Not authenticated');
  if (name !== 'stanleyjobson' || password !== 'swordfish')
    throw unauthorized('Basic', 'Incorrect username or password');
  return name;
});

export const security: Chapter = {
  tutorial001: () => {
    const app = tutorial();
    app.get('/items/', { params: { token } }, (values) => values);
    return app;
  },
  tutorial002: () => {
    const app = tutorial();
    const user = dependency({ token }, ({ token }) => ({
      username: `${token}fakedecoded`,
      email: 'john@example.com',
      full_name: 'John Doe',
      disabled: null,
    }));
    app.get('/users/me', { params: { user } }, ({ user }) => user);
    return app;
  },
  tutorial007: () => {
    const app = tutorial();
    app.get('/users/me', { params: { username } }, (values) => values);
    return app;
  },
};

function settingsApp(admin_email: string): () => App {
  return () => {
    const app = tutorial();
    const settings = dependency(() => ({ app_name: 'Awesome API', admin_email, items_per_user: 50 }), { scope: 'app' });
    app.get('/info', { params: { settings } }, ({ settings }) => settings);
    return app;
  };
}

export const settings: Chapter = {
  'app02.main': settingsApp('testing_admin@example.com'),
  'app03.main': settingsApp('admin@example.com'),
  tutorial001: settingsApp('admin@example.com'),
};
