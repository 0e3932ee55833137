// Checked by `npm run types`: what sockets make of their declarations, and what must not compile.
import { z } from 'zod';
import { App, dependency, query, Router } from '../../src/index.ts';
import type { TestClient } from '../../src/testing/index.ts';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only where both types are the same: `same<A, B>(true)`. */
function same<A, B>(_: Equal<A, B>): void {}

declare const client: TestClient;
const app = new App();
const Say = z.object({ type: z.literal('say'), at: z.coerce.date() });
const Leave = z.object({ type: z.literal('leave') });
const Said = z.object({ kind: z.enum(['a', 'b']), n: z.number().default(1) });
const unit = dependency(async function* () {
  yield { save: (text: string) => text };
});

const room = app.socket(
  '/rooms/{room}',
  {
    params: { room: z.string(), since: query(z.int().optional()) },
    incoming: z.discriminatedUnion('type', [Say, Leave]),
    outgoing: Said,
    each: { unit },
  },
  async ({ room, since }, socket) => {
    same<typeof room, string>(true);
    same<typeof since, number | undefined>(true);
    for await (const { message, unit } of socket) {
      same<typeof message, { type: 'say'; at: Date } | { type: 'leave' }>(true);
      same<typeof unit, { save: (text: string) => string }>(true);
      await socket.send({ kind: 'a' });
      // @ts-expect-error: it is one of the two
      await socket.send({ kind: 'c' });
      // @ts-expect-error: texts are not what it sends
      await socket.send('a');
      // @ts-expect-error: there is no such member
      message.nothing;
    }
  },
);

app.socket('/plain', async (_, socket) => {
  for await (const message of socket) {
    same<typeof message, string>(true);
    await socket.send(message);
    await socket.send(new Uint8Array());
    // @ts-expect-error: objects are sent where `outgoing` says so
    await socket.send({ a: 1 });
  }
});

app.socket('/both', { incoming: ['json', 'bytes'], outgoing: 'bytes' }, async (_, socket) => {
  for await (const message of socket) same<typeof message, unknown>(true);
  // @ts-expect-error: it sends bytes alone
  await socket.send('text');
});

new Router().socket('/bytes', { incoming: 'bytes' }, async (_, socket) => {
  for await (const message of socket) same<typeof message, Uint8Array>(true);
});

const socket = await client.socket(room, { room: 'a', since: 1 });
await socket.send({ type: 'leave' });
// @ts-expect-error: it has no such kind
await socket.send({ type: 'shout' });
const said = await socket.receive();
same<typeof said, { kind: 'a' | 'b'; n: number }>(true);
// @ts-expect-error: the path has a parameter
await client.socket(room, {});
// @ts-expect-error: what comes first is the path
app.urlFor(room, { room: 1 });
