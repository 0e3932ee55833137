import { App, eventStream, sleep } from 'cortado';
import { Queue } from 'cortado/queue';
import { httpBearer } from 'cortado/security';
import { z } from 'zod';

// The kinds of message of a socket are the values of the member that tells them apart.
const Say = z.object({ type: z.literal('say'), text: z.string() }).meta({ id: 'Say' });
const Leave = z.object({ type: z.literal('leave') });
const Said = z.object({ type: z.literal('said'), by: z.string(), text: z.string() }).meta({ id: 'Said' });

const app = new App({ title: 'Coffee bar', version: '2.1.0', servers: [{ url: 'https://bar.example' }] });

app.socket(
  '/rooms/{room}',
  {
    params: { room: z.enum(['bar', 'kitchen']).describe('Which room'), name: httpBearer() },
    incoming: z.discriminatedUnion('type', [Say, Leave]),
    outgoing: Said,
    subprotocols: ['chat.v1'],
    summary: 'Talk',
    tags: ['chat'],
  },
  async ({ name }, socket) => {
    for await (const message of socket) {
      if (message.type === 'leave') return;
      await socket.send({ type: 'said', by: name, text: message.text });
    }
  },
);

app.get('/queue-length', { response: eventStream(z.object({ waiting: z.int() })) }, async function* (_, { signal }) {
  for (let waiting = 3; waiting > 0; waiting--) {
    yield { waiting };
    await sleep(10, { signal });
  }
});

const queue = new Queue();
queue.task('brew', { params: { drink: z.string(), cups: z.int().default(1) } }, ({ drink }) => `${drink} is ready`);
app.use(queue);

export default app;
