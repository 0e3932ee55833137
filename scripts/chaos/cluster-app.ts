// What clients ask while its workers are reloaded, stopped and killed: answers, writes, bodies, streams.
import { App, body, eventStream, health, jsonLines, sleep } from 'cortado';
import { database, model, primaryKey } from 'cortado/db';
import { z } from 'zod';

class Note extends model('notes', { id: primaryKey(), name: z.string() }) {}

const db = database({ url: process.env['DATABASE_URL']!, models: { Note } });
const app = new App({ title: 'Reloaded' });
app.use(health());
app.use(db, { createSchema: true });
app.get('/', () => ({ pid: process.pid }));
app.get('/slow', async () => {
  await sleep(100);
  return { pid: process.pid };
});
app.post(
  '/notes',
  { params: { note: z.object({ name: z.string() }), session: db.session }, status: 201 },
  async ({ note, session }) => {
    await session.insertInto('notes').values(note).execute();
  },
);
app.post('/lengths', { params: { text: body(z.string()) } }, ({ text }) => text.length);
app.get('/lines', { response: jsonLines() }, async function* () {
  for (let n = 0; n < 20; n++) {
    yield n;
    await sleep(5);
  }
});
app.get('/events', { response: eventStream(z.object({ n: z.int() }), { finishes: true }) }, async function* () {
  for (let n = 0; n < 20; n++) {
    yield { n };
    await sleep(5);
  }
});
export default app;
