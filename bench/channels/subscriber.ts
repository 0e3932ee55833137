// Subscribes to all rooms and, when it is told to end, prints when it got each event, in microseconds of the machine's clock. Its argument is a URL.
import { z } from 'zod';
import { Channels } from '../../src/channels/index.ts';
import { database } from '../../src/db/index.ts';
import { feed } from '../../src/declare/feed.ts';
import { micros, roomNames } from './rooms.ts';

const [, , url] = process.argv;
const channels = new Channels({ engine: url!.startsWith('redis') ? url! : database({ url: url! }) });
const rooms = channels.channel('rooms', { params: { room: z.string() }, event: z.object({ n: z.int() }) });
const got: [n: number, at: number][] = [];
const followings = roomNames.map((room) =>
  rooms.subscribe({ room })[feed].follow({
    take: (item) => item.type === 'event' && got.push([item.data.n, micros()]) > 0,
    end: () => process.exit(1),
  }),
);
await Promise.all(followings.map(({ ready }) => ready));
process.stdout.write('ready\n');
process.stdin.once('data', () => {
  process.stdout.write(`${JSON.stringify(got)}\n`, () => process.exit(0));
});
