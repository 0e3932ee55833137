import { readFile } from 'node:fs/promises';
import { App } from 'cortado';
import { z } from 'zod';

const { TLS_KEY = 'key.pem', TLS_CERT = 'cert.pem' } = process.env;

// HTTP/2 for clients that offer it; `allowHTTP1` lets the others in. Without `http2` it is HTTPS with HTTP/1.
const https = { key: await readFile(TLS_KEY), cert: await readFile(TLS_CERT), allowHTTP1: true };
const app = new App({ title: 'HTTPS', server: { http2: true, https } });

app.get('/hello/{name}', { params: { name: z.string() } }, ({ name }) => ({ message: `Hello, ${name}` }));

export default app;
