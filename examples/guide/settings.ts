import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const data = fileURLToPath(new URL('.data/', import.meta.url));
mkdirSync(data, { recursive: true });

/** Where the rows live: a SQLite file, or `postgres://…`. */
export const databaseUrl: string = process.env['DATABASE_URL'] ?? `sqlite:${data}async_demo.db`;

/** Where the tasks live: beside the rows, or `redis://…`, `celery+redis://…`, `celery+amqp://…`. */
export const queueUrl: string | undefined = process.env['QUEUE_URL'];

/** The API that chapter 3 calls; the application answers at this path itself, so that the guide works offline. */
export const upstreamUrl: string | undefined = process.env['UPSTREAM_URL'];
