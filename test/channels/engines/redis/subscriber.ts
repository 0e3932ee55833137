// A process that subscribes to rooms, and prints what it gets, a line each. Its argument is JSON, see `SubscriberOptions`.
import { z } from 'zod';
import { Channels, type FeedItem } from '../../../../src/channels/index.ts';

export interface SubscriberOptions {
  readonly engine: string;
  /** Rooms, with the place to go on behind; one that is none has a reset first, with the place of the present. */
  readonly rooms: Readonly<Record<string, string>>;
  /** Who is present. */
  readonly as?: string;
}

/** A line of its output. */
export interface SubscriberLine {
  readonly room: string;
  readonly item: FeedItem<{ readonly n: number; readonly by: string }>;
}

if (import.meta.main) {
  const { engine, rooms, as } = JSON.parse(process.argv[2]!) as SubscriberOptions;
  const channels = new Channels({ engine });
  const channel = channels.channel('rooms', {
    params: { room: z.string() },
    event: z.object({ n: z.int(), by: z.string() }),
    member: z.string(),
  });
  const follow = async (room: string, after: string): Promise<void> => {
    for await (const item of channel.subscribe({ room }, { after, ...(as !== undefined && { as }) }))
      process.stdout.write(`${JSON.stringify({ room, item } satisfies SubscriberLine)}\n`);
  };
  for (const [room, after] of Object.entries(rooms))
    follow(room, after).catch((error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    });
}
