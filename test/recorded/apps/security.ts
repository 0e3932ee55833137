import { type App, dependency, HttpError } from '../../../src/index.ts';
import { httpBasic, oauth2Password } from '../../../src/security/index.ts';
import { scopedSecurity } from './documents.ts';
import { type Chapter, tutorial } from './models.ts';

const token = oauth2Password({ tokenUrl: 'token' });

const username = dependency({ basic: httpBasic() }, ({ basic }) => {
  if (basic.username !== 'stanleyjobson' || basic.password !== 'swordfish')
    throw new HttpError(401, 'Incorrect username or password', { headers: { 'www-authenticate': 'Basic' } });
  return basic.username;
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
  tutorial005: scopedSecurity,
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
