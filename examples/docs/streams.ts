import { App, content, dependency, eventStream, jsonLines, ServerSentEvent, sleep } from 'cortado';
import { z } from 'zod';

const Tick = z.object({ n: z.int() });

export const events: string[] = [];
const session = dependency(async function* () {
  yield { rows: [{ n: 1 }, { n: 2 }] };
  events.push('session closes');
});

const app = new App({ title: 'Streams' });

// Server-sent events: one for each item. Each is validated and filtered by its schema.
app.get('/ticks', { response: eventStream(Tick) }, async function* () {
  for (let n = 1; n <= 3; n++) {
    yield { n };
    await sleep(10);
  }
  yield new ServerSentEvent({ event: 'done', id: '3', rawData: '[DONE]' });
});

// JSON lines; the session stays open until the last one is sent.
app.get('/export', { params: { session }, response: jsonLines(Tick) }, async function* ({ session }) {
  yield* session.rows;
});

// Text or bytes of any media type, whole or as a stream.
app.get('/page', { response: content('text/html') }, () => '<h1>Ticks</h1>');
app.get('/ticks.csv', { response: content('text/csv') }, async function* () {
  yield 'n\n';
  for (let n = 1; n <= 3; n++) yield `${n}\n`;
});

export default app;
