import { App, HttpError, sleep } from 'cortado';
import { database, model, primaryKey } from 'cortado/db';
import { chain, group, Queue } from 'cortado/queue';
import { z } from 'zod';

export class Photo extends model('photos', { id: primaryKey(), url: z.url(), width: z.int().default(0) }) {}
export const db = database({ url: process.env['DATABASE_URL'] ?? 'sqlite::memory:', models: { Photo } });

// Where tasks are kept is one line: the app's own database, or a URL.
export const queue = new Queue({
  engine: process.env['QUEUE_URL'] ?? db,
  queues: { mail: { concurrency: 5, rate: { limit: 100, per: 60_000 } } },
});

// Declared like a route: inputs are schemas, dependencies are injected.
export const sendEmail = queue.task(
  'send-email',
  { params: { to: z.email(), content: z.string() }, queue: 'mail', retries: 3, timeout: 30_000 },
  async ({ to }, { signal, progress, log }) => {
    log.info({ to }, 'connecting');
    await sleep(20, { signal });
    progress(1, 2, 'connected');
    return `Email sent to ${to}`;
  },
);

export const measure = queue.task(
  'measure',
  { params: { photo_id: z.int(), session: db.session }, unique: true },
  async ({ photo_id, session }) => {
    const photo = await session.selectFrom('photos').selectAll().where('id', '=', photo_id).executeTakeFirstOrThrow();
    const width = photo.url.length * 10;
    await session.updateTable('photos').set({ width }).where('id', '=', photo_id).execute();
    return width;
  },
);

export const sum = queue.task('sum', { params: { widths: z.array(z.int()) } }, ({ widths }) =>
  widths.reduce((total, width) => total + width, 0),
);

export const report = queue.task('report', { params: { format: z.enum(['pdf', 'csv']) } }, ({ format }) => format);
queue.schedule('nightly-report', { cron: '0 3 * * *', timezone: 'Asia/Taipei' }, report, { format: 'pdf' });

const app = new App({ title: 'Photos' });
app.use(db, { createSchema: true });
app.use(queue, { prefix: '/tasks', redact: ['content'] });

app.post('/emails', { params: { to: z.email(), content: z.string() }, status: 202 }, async (email) => ({
  task_id: (await sendEmail.enqueue(email)).id,
}));

// The row and its task are one transaction: both are there, or neither.
app.post(
  '/photos',
  { params: { url: z.url(), session: db.session }, status: 202 },
  async ({ url, session }, { request }) => {
    const photo = await Photo.create({ url });
    const { id } = await measure.enqueue({ photo_id: photo.id });
    if (request.headers['x-fail'] !== undefined) throw new HttpError(400, 'Nothing is stored');
    session.afterCommit(() => request.log.info({ id }, 'a photo will be measured'));
    return { task_id: id };
  },
);

// All photos side by side, then one task with all the results.
app.post('/total', { params: { ids: z.array(z.int()) } }, async ({ ids }) => {
  const parts = group(ids.map((photo_id) => sizeOf.with({ photo_id })));
  const handle = await chain(parts, sum.with({}, { into: 'widths' })).enqueue();
  return { total: await handle.result({ timeout: 10_000 }) };
});

export const sizeOf = queue.task('size-of', { params: { photo_id: z.int() } }, async ({ photo_id }) => {
  return (await Photo.get({ id: photo_id })).width;
});

export default app;
