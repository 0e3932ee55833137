import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { Channels, type FeedItem } from '../../../../src/channels/index.ts';
import { database } from '../../../../src/db/index.ts';
import { feed } from '../../../../src/declare/feed.ts';
import { type Program, startNode } from '../../../support/program.ts';
import { redisMissing, startRedis } from '../../../support/redis-server.ts';
import { silent } from '../../../support/silent-logger.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';
import type { SubscriberLine, SubscriberOptions } from './subscriber.ts';

type Seen = (number | string)[];
const names = Array.from({ length: 20 }, (_, n) => `room ${n}`);
const folder = temporaryFolder('channels');

function openRooms(engine: string) {
  const db = database({ url: `sqlite:${join(folder, `${Date.now()}.db`)}` });
  const channels = new Channels({ engine, outbox: db, log: silent });
  const rooms = channels.channel('rooms', {
    params: { room: z.string() },
    event: z.object({ n: z.int(), by: z.string() }),
    member: z.string(),
  });
  const close = async (): Promise<void> => {
    await channels.close();
    await db.close();
  };
  return { db, channels, rooms, [Symbol.asyncDispose]: close };
}

type Rooms = ReturnType<typeof openRooms>['rooms'];

const shown = (item: FeedItem<{ n: number }>): number | string => (item.type === 'event' ? item.data.n : item.reason);

/** Subscribers of each room, and what they have had. */
async function subscribe(rooms: Rooms, each: number): Promise<readonly (readonly [room: string, seen: Seen])[]> {
  const all = names.flatMap((room) =>
    Array.from({ length: each }, () => {
      const seen: Seen = [];
      const take = (item: FeedItem<{ n: number }>): boolean => seen.push(shown(item)) > 0;
      const { ready } = rooms.subscribe({ room })[feed].follow({ take, end: () => seen.push('ended') });
      return { room, seen, ready };
    }),
  );
  await Promise.all(all.map(({ ready }) => ready));
  return all.map(({ room, seen }) => [room, seen] as const);
}

function startSubscriber(options: SubscriberOptions): Program & { readonly seen: (room: string) => Seen } {
  const program = startNode([join(import.meta.dirname, 'subscriber.ts'), JSON.stringify(options)]);
  const seen = (room: string): Seen =>
    program
      .output()
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as SubscriberLine)
      .filter((line) => line.room === room)
      .map(({ item }) => shown(item));
  return { ...program, seen };
}

/** A network to a port that can swallow all that is sent on the connections that there are. */
async function openNetwork(port: number) {
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => {});
      one.on('data', (chunk) => other.write(chunk));
      one.on('close', () => other.destroy());
    }
    sockets.push(near, far);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}/0`,
    swallow: () => {
      for (const socket of sockets) socket.removeAllListeners('data').resume();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('subscribers of channels in Redis', { skip: redisMissing() }, () => {
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [durable, expected] of [
    ['always', { seen: [1, 2, 3], onReset: 0 }],
    ['never', { seen: [1, 'unknown', 2, 3], onReset: 1 }],
  ] as const)
    test(`100 subscribers of a server that is killed and comes back with ${durable === 'always' ? 'all of its data go on' : 'none of its data are told'}, and none is deaf`, async () => {
      await using server = await startRedis({ durable });
      await using it = openRooms(server.url);
      await using other = startSubscriber({
        engine: server.url,
        rooms: Object.fromEntries(names.map((room) => [room, 'now'])),
      });
      const local = await subscribe(it.rooms, 5);
      const all = (): readonly (readonly [string, Seen])[] => [
        ...local,
        ...names.map((room) => [room, other.seen(room).slice(1)] as const),
      ];
      await until('the other process follows', () => names.every((room) => other.seen(room).length === 1));
      for (const room of names) await it.rooms.publish({ room }, { n: 1, by: 'me' });
      await until('all have the first', () => all().every(([, seen]) => seen.length === 1));

      await server.stop('SIGKILL');
      const away = { code: 'CORTADO_CHANNEL_UNREACHABLE', status: 503 };
      const outside = assert.rejects(it.rooms.publish({ room: 'elsewhere' }, { n: 0, by: 'me' }), away);
      const publishIn = (n: number): Promise<void> =>
        it.db.transaction(async () => {
          for (const room of names) await it.rooms.publish({ room }, { n, by: 'me' });
        });
      await publishIn(2);
      await outside;
      await server.start();
      if (durable === 'never') await until('all are told', () => all().every(([, seen]) => seen.includes('unknown')));
      await publishIn(3);

      await until('all have the last', () => {
        for (const [room, seen] of all()) assert.equal(seen.at(-1), 3, `${room}: ${JSON.stringify(seen)}`);
      });
      await pause(1500);
      for (const [room, seen] of all()) {
        // What was published before the reset was told is behind it or not at all.
        const isRight = JSON.stringify(seen) === JSON.stringify(expected.seen);
        const isTold = expected.onReset > 0 && JSON.stringify(seen) === '[1,"unknown",3]';
        assert.ok(isRight || isTold, `${room}: ${JSON.stringify(seen)}`);
      }
    });

  test('a server that is flushed resets all, and they go on', async () => {
    await using server = await startRedis();
    await using it = openRooms(server.url);
    const all = await subscribe(it.rooms, 1);
    for (const room of names) await it.rooms.publish({ room }, { n: 1, by: 'me' });
    await until('all have the first', () => all.every(([, seen]) => seen.length === 1));
    await using flusher = await import('ioredis').then(({ Redis }) => {
      const redis = new Redis(server.url);
      return { flush: () => redis.flushall(), [Symbol.asyncDispose]: async () => redis.disconnect() };
    });
    await flusher.flush();
    await until('all are told', () => all.every(([, seen]) => seen.includes('unknown')));
    for (const room of names) await it.rooms.publish({ room }, { n: 2, by: 'me' });
    await until('all go on', () => {
      for (const [room, seen] of all) assert.deepEqual(seen, [1, 'unknown', 2], room);
    });
  });

  test('a network that swallows everything makes nobody deaf', async () => {
    await using server = await startRedis();
    await using network = await openNetwork(server.port);
    await using near = openRooms(server.url);
    await using far = openRooms(network.url);
    const all = await subscribe(far.rooms, 1);
    for (const room of names) await near.rooms.publish({ room }, { n: 1, by: 'me' });
    await until('all have the first', () => all.every(([, seen]) => seen.length === 1));
    network.swallow();
    for (const room of names) await near.rooms.publish({ room }, { n: 2, by: 'me' });
    await until(
      'all catch up',
      () => {
        for (const [room, seen] of all) assert.deepEqual(seen, [1, 2], room);
      },
      15_000,
    );
    // Its alarms come as well: the look once a second would take longer.
    const delays: number[] = [];
    for (let n = 3; n < 13; n++) {
      const began = performance.now();
      await near.rooms.publish({ room: names[0]! }, { n, by: 'me' });
      await until('it is there', () => assert.equal(all[0]![1].at(-1), n));
      delays.push(performance.now() - began);
      await pause(100);
    }
    assert.ok(delays.sort((a, b) => a - b)[5]! < 100, `${delays}`);
  });

  test('who is present in a process that was killed is gone within seconds', async () => {
    await using server = await startRedis();
    await using it = openRooms(server.url);
    const present = async (room = 'a'): Promise<readonly string[]> => [...(await it.rooms.present({ room }))].sort();
    await using ada = startSubscriber({ engine: server.url, rooms: { a: 'now', b: 'now' }, as: 'ada' });
    await using bob = startSubscriber({ engine: server.url, rooms: { a: 'now' }, as: 'bob' });
    await until('both are there', async () => assert.deepEqual(await present(), ['ada', 'bob']));
    assert.deepEqual(await present('b'), ['ada']);
    ada.child.kill('SIGKILL');
    const killed = performance.now();
    await until('she is gone', async () => assert.deepEqual(await present(), ['bob']), 10_000);
    assert.ok(performance.now() - killed < 8000);
    assert.deepEqual(await present('b'), []);
    // Who lives stays present, also when the server was away.
    await server.restart('SIGKILL');
    await until('he is there', async () => assert.deepEqual(await present(), ['bob']));
    await pause(7000);
    assert.deepEqual(await present(), ['bob']);
    assert.equal(bob.child.exitCode, null);
  });
});
