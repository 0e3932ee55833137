import { z } from 'zod';
import { App, file } from '../../../src/index.ts';

const app = new App({ logger: false, bodyLimit: 2 ** 40 });
app.post('/upload', { params: { film: file(z.file()) } }, ({ film }) => ({ size: film.size }));
await app.listen({ port: Number(process.env['PORT']) });
