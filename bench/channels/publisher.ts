// Publishes events at a steady rate, each in a transaction, and prints when each was committed. Its arguments are a URL, the events of a second,
// and seconds.
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { Channels } from '../../src/channels/index.ts';
import { database } from '../../src/db/index.ts';
import { micros, roomNames } from './rooms.ts';

const [, , url, rate, seconds] = process.argv;
const isRedis = url!.startsWith('redis');
const db = database({ url: isRedis ? 'sqlite::memory:' : url! });
const channels = new Channels({ engine: isRedis ? url! : db });
const rooms = channels.channel('rooms', { params: { room: z.string() }, event: z.object({ n: z.int() }) });
await channels.open();
const committed: [n: number, at: number][] = [];
const working = new Set<Promise<void>>();
const began = performance.now();
const all = Number(rate) * Number(seconds);

async function publish(n: number): Promise<void> {
  const work = () => rooms.publish({ room: roomNames[n % roomNames.length]! }, { n });
  await (isRedis ? work() : db.transaction(work));
  committed.push([n, micros()]);
}

for (let n = 0; n < all; ) {
  const due = Math.min(all, Math.floor(((performance.now() - began) / 1000) * Number(rate)));
  for (; n < due; n++) {
    const one = publish(n);
    working.add(one);
    void one.finally(() => working.delete(one));
  }
  await pause(1);
}
await Promise.all(working);
process.stdout.write(`${JSON.stringify(committed)}\n`);
await channels.close();
await db.close();
process.exit(0);
