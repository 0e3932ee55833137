// A process of the chaos run: publishes, or subscribes and writes down what it sees. Its first argument is JSON.
import { openSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { z } from 'zod';
import { Channels } from '../../../src/channels/index.ts';
import { database } from '../../../src/db/index.ts';
import { Random } from '../../support/random.ts';

/** What the process is told. */
export interface ChaosOrder {
  readonly role: 'publish' | 'hold' | 'subscribe';
  /** The database with the truth, whose transactions publish. */
  readonly url: string;
  /** Where events are kept. Default: there. */
  readonly engine?: string;
  readonly seed: number;
  readonly room: string;
  /** The file of what a subscriber has seen, and the place that it goes on behind. */
  readonly seen?: string;
  readonly after?: string;
}

const order = JSON.parse(process.argv[2]!) as ChaosOrder;
const random = new Random(order.seed);
const db = database({ url: order.url, pool: { max: 30 } });
const channels = new Channels(order.engine === undefined ? { engine: db } : { engine: order.engine, outbox: db });
const rooms = channels.channel('rooms', {
  params: { room: z.string() },
  event: z.object({ key: z.string() }),
  retention: { age: 3_600_000, count: 1_000_000 },
});
await channels.open();
let made = 0;

/** Publishes some events in a transaction that writes their keys down; a fifth of them is rolled back, all are undone in part. */
async function work(held: number): Promise<void> {
  const keys = Array.from(
    { length: 1 + random.below(3) },
    () => `${order.role} ${process.pid}.${order.seed} ${++made}`,
  );
  const isUndone = random.below(5) === 0;
  const write = (key: string, room: string) => sql`insert into truth values (${key}, ${room})`.execute(db.current()!);
  try {
    await db.transaction(async (session) => {
      // A row of an outbox is written at once, and SQLite has one writer, which must not be held up.
      const isWriter = db.kind === 'sqlite' && order.engine !== undefined;
      if (isWriter) await pause(held);
      for (const key of keys) await rooms.publish({ room: order.room }, { key });
      const undo = async (): Promise<void> => {
        const undone = session.savepoint(async () => {
          await rooms.publish({ room: order.room }, { key: 'phantom in a savepoint' });
          throw new Error('undone');
        });
        await undone.catch(() => {});
      };
      // On SQLite a savepoint takes the turn to write.
      if (db.kind === 'postgres') await undo();
      if (db.kind === 'postgres') for (const key of keys) await write(key, order.room);
      if (held > 0 && !isWriter) await pause(held);
      if (db.kind === 'sqlite') await undo();
      if (isUndone) {
        await rooms.publish({ room: order.room }, { key: 'phantom of a rollback' });
        throw new Error('rolled back');
      }
      // The same of the truth.
      if (db.kind === 'sqlite') for (const key of keys) await write(key, order.room);
    });
  } catch (error) {
    if (!(error instanceof Error) || !/rolled back/.test(error.message)) process.stdout.write(`refused: ${error}\n`);
  }
}

process.stdout.write('ready\n');
// Whoever is not killed ends by itself.
const endsAt = Date.now() + 600_000;
if (order.role === 'publish')
  while (Date.now() < endsAt) {
    await work(0);
    // SQLite's turns to write are not handed out in order: who never pauses keeps others from theirs.
    await pause(random.below(30));
  }
else if (order.role === 'hold')
  while (Date.now() < endsAt) await Promise.all(Array.from({ length: 20 }, () => work(300 + random.below(1500))));
else {
  const file = openSync(order.seen!, 'a');
  for await (const item of rooms.subscribe({ room: order.room }, { after: order.after! }))
    writeSync(file, item.type === 'event' ? `${item.place} ${item.data.key}\n` : `reset ${item.reason}\n`);
}
