import { open } from 'node:fs/promises';
import { App, content, dependency, file, HttpError, header } from 'cortado';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

const folder = new URL('./files/', import.meta.url);
const reports = new URL('reports/', folder);

const signedIn = dependency({ x_token: header(z.string().optional()) }, ({ x_token }) => {
  if (x_token !== 'secret') throw new HttpError(401, 'Who are you?');
});

const app = new App({ logger: false });

// A path of the app's own; `name` is what browsers store it under.
app.get('/report', { guards: [signedIn] }, () => file(new URL('2026.csv', reports), { name: 'Report 2026.csv' }));

// A name that a client has given: a 404 where it is not in the folder.
app.get('/reports/{name}', { params: { name: z.string() }, response: content('text/csv') }, ({ name }) =>
  file(name, { root: reports, cacheControl: 'private, max-age=60' }),
);

// Bytes from elsewhere, whose number is known.
app.get('/copy', { response: content('text/csv') }, async (_, ctx) => {
  const handle = await open(new URL('2026.csv', reports));
  ctx.setHeader('content-length', (await handle.stat()).size);
  return handle.createReadStream();
});

app.static('/static', new URL('public/', folder), { cacheControl: 'public, max-age=3600' });
app.static('/members', reports, { guards: [signedIn] });

// What Vite, or another tool, has built: `new URL('../dist', import.meta.url)` for example.
app.frontend(new URL('site/', folder));

// The routes that a plugin adds, behind guards.
async function admin(server: FastifyInstance): Promise<void> {
  server.get('/queues', async () => 'all is quiet');
}
app.use(admin, { prefix: '/admin' }, { guards: [signedIn] });

export default app;
