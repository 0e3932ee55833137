// The same by a channel, whose events sockets and event streams follow.
import { Channels } from '../../../src/channels/index.ts';
import { App, eventStream } from '../../../src/index.ts';
import { eventOf, pingInterval, Said } from '../message.ts';

const app = new App({ logger: false });
const channels = new Channels();
const news = channels.channel('news', { event: Said });
app.use(channels);
let count = 0;

app.socket('/ws', { outgoing: Said, pingInterval }, async (_, socket) => {
  await socket.pipe(news.subscribe({}));
});

app.get('/events', { response: eventStream(Said) }, () => news.subscribe({}));

app.get('/publish', async () => {
  const event = eventOf(++count);
  const at = process.hrtime.bigint();
  await news.publish({}, event);
  return String(at);
});

await app.listen({ port: Number(process.env['PORT']) });
