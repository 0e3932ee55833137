import cors from '@fastify/cors';
import { App, file, Router, redirect } from 'cortado';
import { z } from 'zod';

const photos = new Router({ prefix: '/photos', tags: ['photos'] });

// A body has at most 1 MiB, or it is a 413; uploads want more.
photos.post(
  '',
  { params: { photo: file(z.file().mime(['image/png'])) }, bodyLimit: 20 * 1024 * 1024 },
  ({ photo }) => ({
    name: photo.name,
    size: photo.size,
  }),
);

const app = new App({ title: 'Photos', bodyLimit: 100_000, accessLog: true, docs: false });

// A router is included, and may be more than once; what is used is a plugin of Fastify, or a component such as a database.
app.include(photos, { prefix: '/v1' });
app.use(cors, { origin: 'https://bar.example' });

app.get('/photos', () => redirect('/v1/photos', 308));

// Fastify itself, for what Cortado does not do.
app.server.addHook('onSend', async (_request, reply) => void reply.header('x-served-by', 'the bar'));

export default app;
