import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { z } from 'zod';
import { type Channel, Channels, type ChannelsOptions, type Feed, type FeedItem } from '../../src/channels/index.ts';
import { type Database, database } from '../../src/db/index.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { type RedisServer, redisMissing, startRedis } from '../support/redis-server.ts';
import { silent } from '../support/silent-logger.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

export const Message: z.ZodObject<{ n: z.ZodNumber; text: z.ZodOptional<z.ZodString> }> = z.object({
  n: z.int(),
  text: z.string().optional(),
});
export const roomParams: { room: z.ZodString } = { room: z.string().min(1) };

/** A place for channels, and the database whose transactions publish. */
export interface Setting {
  readonly name: string;
  /** Options of channels, and a database, new for each test. */
  readonly make: () => Promise<{ readonly db: Database<never>; readonly options: ChannelsOptions }>;
  readonly server: () => PostgresServer;
  /** Why it cannot run here. */
  readonly missing?: string | undefined;
}

/** Runs tests for each place that channels can have. */
export function eachSetting(run: (setting: Setting) => void, only?: readonly string[]): void {
  const folder = temporaryFolder('channels');
  after(() => rmSync(folder, { recursive: true, force: true }));
  const fileUrl = (): string => `sqlite:${join(mkdtempSync(join(folder, 'db-')), 'app.db')}`;
  let server: PostgresServer;
  let redis: RedisServer;
  const settings: Setting[] = [
    {
      name: 'memory',
      make: async () => {
        const db = database({ url: fileUrl() });
        return { db: db as never, options: { engine: 'memory:', outbox: db } };
      },
      server: () => server,
    },
    {
      name: 'SQLite',
      make: async () => {
        const db = database({ url: fileUrl() });
        return { db: db as never, options: { engine: db } };
      },
      server: () => server,
    },
    {
      name: 'another file, by the outbox',
      make: async () => {
        const db = database({ url: fileUrl() });
        return { db: db as never, options: { engine: fileUrl(), outbox: db } };
      },
      server: () => server,
    },
    {
      name: 'PostgreSQL',
      make: async () => {
        const db = database({ url: await server.newDatabase() });
        return { db: db as never, options: { engine: db } };
      },
      server: () => server,
    },
    {
      name: 'Redis, by the outbox',
      missing: redisMissing(),
      make: async () => {
        const db = database({ url: fileUrl() });
        return { db: db as never, options: { engine: redis.url, outbox: db } };
      },
      server: () => server,
    },
  ];
  for (const setting of settings) {
    if (only !== undefined && !only.includes(setting.name)) continue;
    describe(setting.name, { skip: setting.missing }, () => {
      if (setting.name === 'PostgreSQL') {
        before(async () => {
          server = await startPostgres();
        });
        after(() => server.stop());
      }
      if (setting.name === 'Redis, by the outbox') {
        before(async () => {
          redis = await startRedis();
        });
        after(() => redis[Symbol.asyncDispose]());
      }
      run(setting);
    });
  }
}

/** Channels with one of rooms, closed with the test. */
export async function openRooms(
  { make }: Setting,
  retention?: { readonly age?: number; readonly count?: number },
): Promise<{
  readonly db: Database<never>;
  readonly channels: Channels;
  readonly rooms: Channel<typeof roomParams, typeof Message>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}> {
  const { db, options } = await make();
  const channels = new Channels({ log: silent, ...options });
  const rooms = channels.channel('rooms', { params: roomParams, event: Message, ...(retention && { retention }) });
  await channels.open();
  await db.kysely.schema.createTable('notes').ifNotExists().addColumn('text', 'text').execute();
  return {
    db,
    channels,
    rooms,
    async [Symbol.asyncDispose]() {
      await channels.close();
      await db.close();
    },
  };
}

/** The next items of a feed, as numbers and reasons. */
export async function take(feed: Feed<{ n: number }>, count: number, ms = 10_000): Promise<(number | string)[]> {
  const items = await takeItems(feed, count, ms);
  return items.map((item) => (item.type === 'event' ? item.data.n : item.reason));
}

export async function takeItems<T>(feed: Feed<T>, count: number, ms = 10_000): Promise<FeedItem<T>[]> {
  const taken: FeedItem<T>[] = [];
  if (count === 0) return taken;
  const iterator = feed[Symbol.asyncIterator]();
  const endsAt = performance.now() + ms;
  const timer = setTimeout(() => void iterator.return?.(), ms);
  try {
    while (taken.length < count && performance.now() < endsAt) {
      const step = await iterator.next();
      if (step.done) break;
      taken.push(step.value);
    }
    if (taken.length === count) return taken;
    throw new Error(`only ${taken.length} of ${count} items within ${ms} ms: ${JSON.stringify(taken)}`);
  } finally {
    clearTimeout(timer);
    await iterator.return?.();
  }
}
