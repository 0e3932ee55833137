import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import multipart from '@fastify/multipart';
import Fastify from 'fastify';

const app = Fastify({ bodyLimit: 2 ** 40 });
await app.register(multipart, { limits: { fileSize: 2 ** 40 } });
// As its README stores a file.
app.post('/upload', async (request) => {
  const data = (await request.file())!;
  const path = join(tmpdir(), randomUUID());
  await pipeline(data.file, createWriteStream(path));
  const size = data.file.bytesRead;
  await unlink(path);
  return { size };
});
await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
