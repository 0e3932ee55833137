import { App, eventStream, HttpError } from 'cortado';
import { Channels } from 'cortado/channels';
import { database, model, primaryKey } from 'cortado/db';
import { z } from 'zod';

class Note extends model('notes', { id: primaryKey(), room: z.string(), text: z.string() }) {}
export const db = database({ url: process.env['DATABASE_URL'] ?? 'sqlite::memory:', models: { Note } });

// Where events are kept is one line: the app's own database, or a URL.
export const channels = new Channels({ engine: db });

export const Message = z.object({ id: z.int(), text: z.string() });
export const rooms = channels.channel('rooms', {
  params: { room: z.string() },
  event: Message,
  member: z.object({ user: z.string() }),
  retention: { age: 86_400_000, count: 1000 },
});

const NewNote = z.object({ text: z.string() });
const app = new App({ title: 'Rooms' });
app.use(db, { createSchema: true });
app.use(channels);

// The note and its event commit together, or not at all.
app.post(
  '/rooms/{room}/notes',
  { params: { room: z.string(), note: NewNote, session: db.session }, response: Message, status: 201 },
  async ({ room, note: { text } }) => {
    const { id } = await Note.create({ room, text });
    await rooms.publish({ room }, { id, text });
    if (text === '') throw new HttpError(422, 'Nothing to note');
    return { id, text };
  },
);

// A browser's EventSource gets every event once, also those that it missed while it was offline.
app.get(
  '/rooms/{room}/events',
  { params: { room: z.string(), user: z.string() }, response: eventStream(Message) },
  ({ room, user }) => rooms.subscribe({ room }, { as: { user } }),
);

app.get('/rooms/{room}/members', { params: { room: z.string() } }, ({ room }) => rooms.present({ room }));

/** Plain code follows a feed as well: here until the first note that matches. */
export async function waitForNote(room: string, wanted: string): Promise<number | undefined> {
  for await (const item of rooms.subscribe({ room })) {
    if (item.type === 'reset') continue; // events may be missing: read the state anew
    if (item.data.text === wanted) return item.data.id;
  }
  return undefined;
}

export default app;
