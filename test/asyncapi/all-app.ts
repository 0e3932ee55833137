import { z } from 'zod';
import type { DocumentedChannel } from '../../src/declare/route/documented-channel.ts';
import { App, component, cookie, dependency, eventStream, HttpError, header, query } from '../../src/index.ts';
import { Queue } from '../../src/queue/index.ts';
import { describeSchema } from '../../src/schema/describe-schema.ts';
import { apiKey, httpBearer, oauth2Password, subprotocolToken, tickets } from '../../src/security/index.ts';

export const Say = z
  .object({ type: z.literal('say'), text: z.string().max(200), reply: z.tuple([z.string(), z.int()]).optional() })
  .meta({ id: 'Say', description: 'Somebody says something.' });
export const Leave = z.object({ type: z.literal('leave'), reason: z.string().default('') });
export const Said = z.object({ type: z.literal('said'), by: z.string(), text: z.string() }).meta({ id: 'Said' });
export const Tick = z.object({ n: z.int().default(1) }).meta({ id: 'Tick' });

const member = dependency({ x_invitation: header(z.string()) }, () => {
  throw new HttpError(403, 'Not a member');
});

const channels: readonly DocumentedChannel[] = [
  {
    kind: 'channel',
    name: 'orders',
    address: 'orders/{shop}',
    parameters: { shop: 'Whose orders they are.' },
    tags: ['shop'],
    summary: 'What becomes of orders',
    sends: [{ name: 'orders', payload: describeSchema(z.union([Said, Tick]), 'output', 'channel orders') }],
    receives: [],
  },
];

/** An app with one of everything that an AsyncAPI document tells of. */
export function allApp(options: ConstructorParameters<typeof App>[0] = {}): App {
  const app = new App({
    title: 'Coffee bar',
    version: '1.2.3',
    description: 'Orders, live.',
    license: { name: 'MIT', identifier: 'MIT' },
    contact: { name: 'Ada', email: 'ada@example.com' },
    tags: [{ name: 'chat', description: 'Rooms', externalDocs: { url: 'https://example.com/chat' } }],
    externalDocs: { url: '/relative' },
    logger: false,
    ...options,
  });
  const user = oauth2Password({ tokenUrl: '/token', scopes: { chat: 'Talk' } });
  app.socket(
    '/rooms/{room}',
    {
      params: {
        room: z.enum(['bar', 'kitchen']).describe('Which room'),
        since: query(z.int().optional(), { description: 'Where to begin' }),
        sid: cookie(z.string()),
        theme: cookie(z.string().default('dark')),
        user,
      },
      guards: [member],
      incoming: z.discriminatedUnion('type', [Say, Leave]),
      outgoing: z.union([Said, Say]),
      subprotocols: ['chat.v1', 'chat.v0'],
      origins: ['https://example.com'],
      idleTimeout: 60_000,
      maxMessage: 1000,
      tags: ['chat', 'live'],
      summary: 'Chat',
      description: 'A room.',
      scopes: ['chat'],
    },
    async () => {},
  );
  app.socket('/echo', async () => {});
  app.socket(
    '/files/{path:path}',
    {
      params: { path: z.string(), token: subprotocolToken() },
      incoming: ['json', 'bytes'],
      outgoing: 'bytes',
      closeOnInvalid: true,
      refuseByClose: true,
      origins: '*',
      perMessageDeflate: true,
      deprecated: true,
    },
    async () => {},
  );
  app.socket(
    '/both',
    { params: { a: httpBearer(), b: apiKey({ in: 'query', name: 'k' }) }, incoming: Tick, outgoing: Tick },
    async () => {},
  );
  app.socket('/hidden', { documented: false }, async () => {});
  app.get(
    '/ticks/{id}',
    {
      params: { id: z.int(), limit: z.int().max(10).default(3), ticket: tickets().ticket },
      response: eventStream(Tick),
      tags: ['live'],
    },
    async function* ticks() {},
  );
  app.post('/answers', { response: eventStream(z.union([Said, Say]), { finishes: true }) }, async function* () {});
  app.get('/any', { response: eventStream() }, async function* () {});
  app.get('/quiet', { response: eventStream(), documented: false }, async function* () {});
  app.get('/plain', { response: z.object({ ok: z.boolean() }) }, () => ({ ok: true }));
  const queue = new Queue();
  queue.task('brew', { params: { drink: z.string().describe('Which'), cups: z.int().default(1) } }, () => 1);
  queue.task('wash', { queue: 'back' }, () => 1);
  queue.remote('app.add', { params: { x: z.int(), tick: Tick } });
  app.use(queue, { worker: false });
  app.use({ [component]: () => ({ name: 'channels', channels: () => channels }) });
  return app;
}
