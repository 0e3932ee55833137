// What a transaction costs that publishes, against the same one with one more INSERT. Prints a line of JSON for each measurement; its arguments
// are a URL, how many rounds, and the milliseconds of one.
import { sql } from 'kysely';
import { z } from 'zod';
import { Channels } from '../../src/channels/index.ts';
import { database, type Session } from '../../src/db/index.ts';

const [, , url, rounds, ms] = process.argv;
const db = database({ url: url! });
const channels = new Channels({ engine: db });
const rooms = channels.channel('rooms', {
  params: { room: z.string() },
  event: z.object({ order: z.int(), text: z.string() }),
});
await channels.open();
const id = db.kind === 'sqlite' ? 'integer primary key' : 'bigint generated always as identity primary key';
for (const table of ['orders', 'history']) {
  await sql`create table ${sql.table(table)} (id ${sql.raw(id)}, room text not null, data text not null, at bigint not null)`.execute(
    db.kysely,
  );
  await sql`create index ${sql.ref(`${table}_room`)} on ${sql.table(table)} (room)`.execute(db.kysely);
}

const text = 'x'.repeat(100);
const insert = (session: Session<unknown>, table: string, room: string, order: number) =>
  sql`insert into ${sql.table(table)} (room, data, at) values (${room}, ${JSON.stringify({ order, text })}, ${Date.now()})`.execute(
    session,
  );
const sides: Readonly<Record<string, (session: Session<unknown>, room: string, order: number) => Promise<unknown>>> = {
  'one INSERT': async () => {},
  'two INSERTs': (session, room, order) => insert(session, 'history', room, order),
  'INSERT and publish': (_, room, order) => rooms.publish({ room }, { order, text }),
};
// Each works in rooms of its own: those who publish in one room take turns at their commits.
const workers = 4;
let order = 0;

async function measure(side: (typeof sides)[string]): Promise<number> {
  const began = performance.now();
  const endsAt = began + Number(ms);
  let done = 0;
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      const room = `room ${worker}`;
      while (performance.now() < endsAt) {
        await db.transaction(async (session) => {
          await insert(session as never, 'orders', room, ++order);
          await side(session as never, room, order);
        });
        done++;
      }
    }),
  );
  return ((performance.now() - began) / done) * 1000;
}

for (const side of Object.values(sides)) await measure(side);
for (let round = 0; round < Number(rounds); round++) {
  const names = Object.keys(sides);
  for (let turn = 0; turn < names.length; turn++) {
    const name = names[(round + turn) % names.length]!;
    process.stdout.write(`${JSON.stringify({ name, round, micros: await measure(sides[name]!) })}\n`);
  }
}
await channels.close();
await db.close();
