// Subscribes to a room of a database, its first argument, as somebody, its second one, and prints what it gets.

import { z } from 'zod';
import { Channels } from '../../../src/channels/index.ts';
import { database } from '../../../src/db/index.ts';
import { feed } from '../../../src/declare/feed.ts';

const [, , url, who] = process.argv;
const channels = new Channels({ engine: url!.startsWith('redis') ? url! : database({ url: url! }) });
const rooms = channels.channel('rooms', {
  params: { room: z.string() },
  event: z.object({ n: z.int() }),
  member: z.object({ user: z.string() }),
});
const following = rooms.subscribe({ room: 'a' }, { as: { user: who! } })[feed].follow({
  take: (item) => process.stdout.write(`${item.type === 'event' ? item.data.n : item.reason}\n`) || true,
  end: () => process.exit(1),
});
await following.ready;
await rooms.present({ room: 'a' });
process.stdout.write('ready\n');
