// A board that is live: what one page posts, every open page shows, on whichever worker it is.
//
//   npx cortado run examples/live-board/main.ts --workers 2
import { App, eventStream, form, HttpError } from 'cortado';
import { Channels } from 'cortado/channels';
import { createdAt, database, model, primaryKey } from 'cortado/db';
import { z } from 'zod';

const Text = z.string().trim().min(1).max(280);

class Post extends model('posts', { id: primaryKey(), name: z.string().max(40), text: Text, at: createdAt() }) {}

const Shown = z.object({ id: z.int(), name: z.string(), text: z.string() }).meta({ id: 'Shown' });
const Typing = z.object({ name: z.string().trim().min(1).max(40) }).meta({ id: 'Typing' });

const db = database({ url: process.env['BOARD'] ?? 'sqlite:live-board.db', models: { posts: Post } });
const channels = new Channels({ engine: db });
// Kept for a day, for pages that come back.
const posts = channels.channel('posts', { event: Shown, retention: { age: 24 * 60 * 60 * 1000, count: 1000 } });
const typing = channels.channel('typing', { event: Typing });

const app = new App({ title: 'Live board' });
app.use(db, { createSchema: true });
app.use(channels);

// The row and the event are one transaction: what is refused here nobody is shown.
app.post(
  '/posts',
  { params: { name: form(z.string().trim().min(1).max(40)), text: form(Text), session: db.session }, status: 201 },
  async ({ name, text }) => {
    const { id } = await Post.create({ name, text });
    await posts.publish({}, { id, name, text });
    if (/\brefuse me\b/i.test(text)) throw new HttpError(422, 'Refused, and rolled back');
    return { id };
  },
);

// What is there already; then what comes, from the place on that the page has seen last (Last-Event-ID).
app.get('/posts', { response: z.array(Shown) }, () => Post.all().orderBy('-id').limit(50));
app.get('/events', { response: eventStream(Shown) }, () => posts.subscribe({}));

// Who is typing: each keystroke is a message, and every page hears of it.
app.socket('/typing', { incoming: Typing, outgoing: Typing }, async (_, socket) => {
  void socket.pipe(typing.subscribe({}));
  for await (const message of socket) await typing.publish({}, message);
});

app.frontend(new URL('public', import.meta.url));

export default app;
