import { randomUUID } from 'node:crypto';
import { createWriteStream, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { App, file } from 'cortado';
import { z } from 'zod';

const films = mkdtempSync(join(tmpdir(), 'films-'));

const app = new App({
  uploads: {
    // The system's folder for temporary files by default, which may be one in memory.
    folder: '/var/tmp',
    // Bytes of one file, and of all files that open requests have on disk: 4 GiB by default, beyond which they are a 503.
    fileSize: 300 * 1024 * 1024,
    total: 8 * 1024 * 1024 * 1024,
  },
});

app.post('/films', { params: { film: file(z.file()) }, bodyLimit: 301 * 1024 * 1024 }, async ({ film }) => {
  await pipeline(film.stream(), createWriteStream(join(films, randomUUID())));
  return { name: film.name, size: film.size };
});

export default app;
