import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { type Channel, Channels } from '../../src/channels/index.ts';
import type { Database } from '../../src/db/index.ts';
import { App, eventStream, HttpError } from '../../src/index.ts';
import { silent } from '../support/silent-logger.ts';
import { until } from '../support/until.ts';
import { eachSetting, Message, roomParams, type Setting } from './support.ts';

interface Board {
  readonly app: App;
  readonly address: string;
  readonly db: Database<never>;
  readonly rooms: Channel<typeof roomParams, typeof Message>;
  readonly validated: () => number;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

async function openBoard({ make }: Setting): Promise<Board> {
  const { db, options } = await make();
  const channels = new Channels(options);
  const rooms = channels.channel('rooms', { params: roomParams, event: Message });
  let validated = 0;
  const Shown = Message.refine(() => ++validated > 0);
  const app = new App({ logger: silent });
  app.use(db);
  app.use(channels);
  app.get('/rooms/{room}/events', { params: { room: z.string() }, response: eventStream(Shown) }, ({ room }) => {
    if (room === 'closed') throw new HttpError(403, 'closed');
    return rooms.subscribe({ room });
  });
  app.post(
    '/rooms/{room}',
    { params: { room: z.string(), message: Message, session: db.session } },
    async ({ room, message }) => {
      const id = await rooms.publish({ room }, message);
      if (message.text === 'fail') throw new HttpError(409, 'no');
      return { id };
    },
  );
  const address = await app.listen({ port: 0 });
  return {
    app,
    address,
    db,
    rooms,
    validated: () => validated,
    [Symbol.asyncDispose]: async () => void (await app.close()),
  };
}

// An id without data, of which a browser makes no event.
const isPlace = /^id: \S+$/;

/** An open stream, as a browser's EventSource has it. */
async function openStream(address: string, room = 'a', lastEventId?: string) {
  const leaving = new AbortController();
  const response = await fetch(`${address}/rooms/${room}/events`, {
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
    signal: leaving.signal,
  });
  assert.equal(response.status, 200);
  let text = '';
  const reading = (async () => {
    try {
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
      return 'ended';
    } catch {
      return 'broken';
    }
  })();
  return {
    text: () => text,
    /** The events so far, as their fields. */
    events: () =>
      text
        .split('\n\n')
        .filter((block) => block !== '' && !isPlace.test(block))
        .map((block) => Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)))),
    /** The place that it was told before all events. */
    place: () =>
      text
        .split('\n\n')
        .find((block) => isPlace.test(block))
        ?.slice('id: '.length),
    reading,
    leave: async () => {
      leaving.abort();
      await reading;
    },
  };
}

async function post(address: string, body: object, room = 'a'): Promise<number> {
  const { status } = await fetch(`${address}/rooms/${room}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return status;
}

eachSetting(
  (setting) => {
    test('a stream has retry first, then each event with its place as id', async () => {
      await using board = await openBoard(setting);
      const stream = await openStream(board.address);
      for (const n of [1, 2]) assert.equal(await post(board.address, { n }), 200);
      await until('both are there', () => assert.equal(stream.events().length, 3));
      const [first, ...events] = stream.events();
      assert.deepEqual(first, { retry: '2000' });
      assert.deepEqual(
        events.map(({ data }) => JSON.parse(data!)),
        [{ n: 1 }, { n: 2 }],
      );
      for (const { id } of events) assert.match(id!, /^\d+-[\w-]{8}$/);
      await stream.leave();
    });

    test('a request that is rolled back shows nothing', async () => {
      await using board = await openBoard(setting);
      const stream = await openStream(board.address);
      assert.equal(await post(board.address, { n: 1, text: 'fail' }), 409);
      assert.equal(await post(board.address, { n: 2 }), 200);
      await until('the other is there', () => assert.equal(stream.events().length, 2));
      assert.deepEqual(JSON.parse(stream.events()[1]!['data']!), { n: 2 });
      await stream.leave();
    });

    test('a client that was cut off before its first event misses none', async () => {
      await using board = await openBoard(setting);
      const stream = await openStream(board.address);
      await until('it knows its place', () => assert.ok(stream.place()));
      await stream.leave();
      await post(board.address, { n: 1 });
      const again = await openStream(board.address, 'a', stream.place());
      await until('it is there', () => assert.equal(again.events().length, 2));
      assert.deepEqual(JSON.parse(again.events()[1]!['data']!), { n: 1 });
      await again.leave();
    });

    test('a client that comes back goes on behind the event that it saw last', async () => {
      await using board = await openBoard(setting);
      const stream = await openStream(board.address);
      for (const n of [1, 2, 3]) await post(board.address, { n });
      await until('all are there', () => assert.equal(stream.events().length, 4));
      await stream.leave();
      await post(board.address, { n: 4 });
      const again = await openStream(board.address, 'a', stream.events()[2]!['id']);
      await post(board.address, { n: 5 });
      await until('the rest is there', () => assert.equal(again.events().length, 4));
      assert.deepEqual(
        again
          .events()
          .slice(1)
          .map(({ data }) => JSON.parse(data!).n),
        [3, 4, 5],
      );
      await again.leave();
    });

    const strange = [
      'x',
      '-1',
      '1e9',
      '9'.repeat(300),
      '1-AAAAAAAA',
      "1' or 1=1 --",
      '%00',
      '../../etc',
      '{"a":1}',
      'ÿ',
    ];
    test('a Last-Event-ID that is none gets a reset, and then the present', async () => {
      await using board = await openBoard(setting);
      await post(board.address, { n: 1 });
      const streams = await Promise.all(strange.map((id) => openStream(board.address, 'a', id)));
      await post(board.address, { n: 2 });
      for (const [at, stream] of streams.entries()) {
        await until(`${strange[at]} is answered`, () => assert.equal(stream.events().length, 3));
        const [, reset, event] = stream.events();
        assert.deepEqual([reset!['event'], JSON.parse(reset!['data']!)], ['reset', { reason: 'unknown' }]);
        assert.deepEqual(JSON.parse(event!['data']!), { n: 2 });
        await stream.leave();
      }
    });

    test('the place of one room opens no other', async () => {
      await using board = await openBoard(setting);
      await post(board.address, { n: 1 }, 'secret');
      await post(board.address, { n: 2 }, 'secret');
      const secret = await openStream(board.address, 'secret');
      await post(board.address, { n: 3 }, 'secret');
      await until('it has an event', () => assert.equal(secret.events().length, 2));
      const other = await openStream(board.address, 'a', secret.events()[1]!['id']);
      await until('it has a reset', () => assert.equal(other.events()[1]?.['event'], 'reset'));
      await secret.leave();
      await other.leave();
    });

    test('each event is validated and written once for all streams', async () => {
      await using board = await openBoard(setting);
      const streams = await Promise.all(Array.from({ length: 20 }, () => openStream(board.address)));
      await post(board.address, { n: 1 });
      for (const stream of streams) await until('it is there', () => assert.equal(stream.events().length, 2));
      assert.equal(board.validated(), 1);
      for (const stream of streams) await stream.leave();
    });

    test('a handler that refuses before the feed answers with its status', async () => {
      await using board = await openBoard(setting);
      assert.equal((await fetch(`${board.address}/rooms/closed/events`)).status, 403);
    });

    test('streams end as the app stops, and a client that left is followed by nobody', async () => {
      const board = await openBoard(setting);
      const stream = await openStream(board.address);
      const left = await openStream(board.address);
      await left.leave();
      await post(board.address, { n: 1 });
      await until('it is there', () => assert.equal(stream.events().length, 2));
      await until('one is left', () => {
        const gauges = board.app.gauges();
        assert.equal(gauges.find(({ name }) => name === 'cortado_channels_subscribers')?.value, 1);
      });
      await board.app.close();
      assert.equal(await stream.reading, 'ended');
    });

    test('a client that reads nothing for a while gets all in the end', async () => {
      await using board = await openBoard(setting);
      const response = await fetch(`${board.address}/rooms/a/events`);
      const text = 'x'.repeat(20_000);
      for (let n = 0; n < 400; n++) await board.rooms.publish({ room: 'a' }, { n, text });
      await pause(100);
      let read = '';
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        read += chunk;
        if (read.slice(-chunk.length - 20_100).includes('"n":399')) break;
      }
      const seen = [...read.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n));
      assert.deepEqual(
        seen,
        Array.from({ length: 400 }, (_, n) => n),
      );
    });
  },
  ['memory', 'SQLite', 'PostgreSQL'],
);
