import { App, dependency, type FetchHandler, HttpError, header, proxy } from 'cortado';
import express from 'express';
import { Hono } from 'hono';
import { z } from 'zod';

const { OLD_SERVICE = 'http://127.0.0.1:9000' } = process.env;

const onlyAdmins = dependency({ 'x-key': header(z.string().optional()) }, ({ 'x-key': key }) => {
  if (key !== 'of an admin') throw new HttpError(403, 'For admins');
});

// An app of its own: /admin/docs is its documentation, its errors and limits hold for it, and its paths begin at its root.
const admin = new App({ title: 'Admin' });
admin.get('/users/{id}', { params: { id: z.int() } }, ({ id }, { rootPath }) => ({
  id,
  self: `${rootPath}/users/${id}`,
}));

const hono = new Hono();
hono.get('/hello', (context) => context.text('Hello from Hono'));

const legacy = express();
legacy.get('/hello', (_request, response) => void response.send('Hello from Express'));

const echo: FetchHandler = (request) => new Response(request.body);

const app = new App({ title: 'Shop' });
app.get('/orders/{id}', { params: { id: z.int() } }, ({ id }) => ({ id, by: 'the new app' }));
app.mount('/admin', admin, { guards: [onlyAdmins] });
app.mount('/hono', hono);
app.mount('/legacy', legacy, { timeout: 10_000 });
app.mount('/echo', echo, { bodyLimit: 10_000 });
// Whatever the app has no route for is the old service's still: its paths move here one by one.
app.mount('/', proxy(OLD_SERVICE));

export default app;
