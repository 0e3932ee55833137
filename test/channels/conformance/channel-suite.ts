import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../../src/base/clock.ts';
import { quietLog } from '../../../src/base/process/quiet-log.ts';
import { uuid } from '../../../src/base/uuid.ts';
import type { ChannelEngine, ChannelHost, NewEvent, OpenChannels } from '../../../src/channels/contract/engine.ts';
import { until } from '../../support/until.ts';

/** Options of {@link testChannels}. */
export interface ChannelSuiteOptions {
  /** Makes an engine, not opened yet, that sees the same events each time. */
  readonly make: () => ChannelEngine | Promise<ChannelEngine>;
  /** Called before the first and after the last test. */
  readonly setUp?: () => Promise<void>;
  readonly tearDown?: () => Promise<void>;
  /** Why none of it can run here. */
  readonly missing?: string | undefined;
  /** Whether it drops what is kept too long by itself, at a time of its own, so that `trim` answers 0. Default `false`. */
  readonly trimsItself?: boolean;
}

const presenceTimeout = 1200;
const forEver = Number.POSITIVE_INFINITY;

export function channelHost(more: Partial<ChannelHost> = {}): ChannelHost {
  return { log: quietLog, clock: systemClock, process: randomUUID(), presenceTimeout, ...more };
}

/** The tests that every engine must pass: what the contract says, and nothing that it does not. */
export function testChannels(name: string, options: ChannelSuiteOptions): void {
  describe(`channels on ${name}`, { skip: options.missing }, () => {
    let engine: OpenChannels;
    let isShared = false;
    let channel: string;
    let streams = 0;
    const others: OpenChannels[] = [];

    const open = async (host: Partial<ChannelHost> = {}): Promise<OpenChannels> => {
      const made = await options.make();
      isShared = made.shared;
      return made.open(channelHost(host));
    };
    /** The engine as another process has it. */
    const another = async (): Promise<OpenChannels> => {
      const opened = await open();
      others.push(opened);
      return opened;
    };
    before(async () => {
      await options.setUp?.();
      engine = await open();
    });
    after(async () => {
      for (const one of [...others, engine]) await one?.close(AbortSignal.timeout(2000));
      await options.tearDown?.();
    });

    const behaves = (title: string, run: () => Promise<void>): void => {
      test(title, async () => {
        channel = `c${++streams}-${randomUUID().slice(0, 8)}`;
        await run();
      });
    };
    const streamOf = (room = 'a'): string => `${channel}:{"room":"${room}"}`;
    const event = (n: unknown, room = 'a'): NewEvent => ({
      id: uuid(Date.now()),
      channel,
      stream: streamOf(room),
      data: JSON.stringify({ n }),
    });
    const read = async (on: OpenChannels, after = 0, room = 'a', limit = 1000): Promise<unknown[]> =>
      (await on.read(streamOf(room), after, limit)).events.map(({ data }) => JSON.parse(data).n);
    const headOf = async (on: OpenChannels, room = 'a') => (await on.heads([streamOf(room)])).get(streamOf(room))!;
    const trimAll = async (age: number, count: number, rooms: readonly string[]): Promise<number> => {
      let total = 0;
      for (let dropped = 1; dropped > 0; total += dropped)
        dropped = await engine.trim(channel, { age, count }, rooms.map(streamOf));
      return total;
    };

    behaves('events are read in the order in which they were published', async () => {
      for (const n of [1, 2, 3]) await engine.publish([event(n)]);
      await engine.publish([event(4), event(5)]);
      assert.deepEqual(await read(engine), [1, 2, 3, 4, 5]);
    });

    behaves('an event is read as it was published', async () => {
      const data = JSON.stringify({ text: '\u0000 ünï "quoted" \\ \u{1F600}', nested: [null, 1.5, { a: [] }] });
      const given = { ...event(0), data };
      await engine.publish([given]);
      const [found] = (await engine.read(given.stream, 0, 10)).events;
      assert.deepEqual({ id: found!.id, data: JSON.parse(found!.data) }, { id: given.id, data: JSON.parse(data) });
    });

    behaves('places rise, and reading goes on behind any of them', async () => {
      await engine.publish(['a', 'b', 'c', 'd'].map((n) => event(n)));
      const { events } = await engine.read(streamOf(), 0, 10);
      const places = events.map(({ place }) => place);
      assert.ok(places.every((place, at) => Number.isSafeInteger(place) && place > (places[at - 1] ?? 0)));
      assert.deepEqual(await read(engine, places[1]), ['c', 'd']);
      assert.deepEqual(await read(engine, places[3]), []);
      assert.deepEqual(await read(engine, places[3]! + 1000), []);
    });

    behaves('a page has at most as many events as were asked for, the oldest first', async () => {
      await engine.publish([1, 2, 3, 4, 5].map((n) => event(n)));
      assert.deepEqual(await read(engine, 0, 'a', 2), [1, 2]);
    });

    behaves('streams know nothing of each other', async () => {
      await engine.publish([event('a1', 'a'), event('b1', 'b'), event('a2', 'a')]);
      assert.deepEqual(await read(engine, 0, 'a'), ['a1', 'a2']);
      assert.deepEqual(await read(engine, 0, 'b'), ['b1']);
      assert.deepEqual(await read(engine, 0, 'c'), []);
    });

    behaves('an event that was taken before is passed over, and its neighbours are not', async () => {
      const [one, two, three] = [event(1), event(2), event(3)].map((given) => ({ ...given, again: true })) as [
        NewEvent,
        NewEvent,
        NewEvent,
      ];
      await engine.publish([one]);
      await engine.publish([one, two]);
      await engine.publish([two, three, one]);
      assert.deepEqual(await read(engine), [1, 2, 3]);
    });

    behaves('the head of a stream is the place of its last event, also of one in which there was none', async () => {
      const empty = await headOf(engine);
      assert.ok(empty.last >= empty.floor && empty.floor >= 0);
      await engine.publish([event(1), event(2)]);
      const { events, log } = await engine.read(streamOf(), 0, 10);
      const head = await headOf(engine);
      assert.deepEqual(head, { log, floor: head.floor, last: events[1]!.place });
      assert.ok(head.floor <= empty.last && empty.last < events[0]!.place);
      assert.equal((await engine.heads([streamOf('x'), streamOf(), streamOf('y')])).size, 3);
      assert.equal((await engine.heads([])).size, 0);
    });

    behaves('a listener hears of what is published, with its stream, until it is disposed of', async () => {
      const heard: (readonly string[] | undefined)[] = [];
      const isHeard = (room: string): boolean =>
        heard.some((some) => some === undefined || some.includes(streamOf(room)));
      const listening = engine.listen((some) => void heard.push(some));
      // What was published before the listening has begun may not be heard.
      await until('the first event is heard', async () => {
        await engine.publish([event(1)]);
        await pause(50);
        return isHeard('a');
      });
      heard.length = 0;
      await engine.publish([event(2, 'b')]);
      await until('the second event is heard', () => isHeard('b'), 3000);
      listening[Symbol.dispose]();
      await pause(50);
      heard.length = 0;
      await engine.publish([event(3, 'c')]);
      await pause(300);
      assert.deepEqual(heard, []);
    });

    behaves('another process reads the events, and hears of them', async (): Promise<void> => {
      const other = await another();
      if (!isShared) return;
      let heard = 0;
      using _listening = other.listen(() => void heard++);
      await until('the other hears', async () => {
        await engine.publish([event('x')]);
        await pause(50);
        return heard > 0;
      });
      assert.ok((await read(other)).includes('x'));
      assert.equal((await headOf(other)).log, (await headOf(engine)).log);
    });

    behaves('what several processes publish at once is read by all in one order', async () => {
      const other = await another();
      if (!isShared) return;
      await Promise.all(
        [engine, other].map(async (on, side) => {
          for (let n = 0; n < 30; n++) await on.publish([event(`${side}.${n}`)]);
        }),
      );
      const all = (await read(engine)) as string[];
      assert.equal(all.length, 60);
      assert.deepEqual(await read(other), all);
      for (const side of ['0', '1'])
        assert.deepEqual(
          all.filter((n) => n.startsWith(side)),
          Array.from({ length: 30 }, (_, n) => `${side}.${n}`),
        );
    });

    behaves('a reader that follows while others publish misses nothing', async () => {
      const other = await another();
      const writers = (isShared ? [engine, other] : [engine]).map(async (on, side) => {
        for (let n = 0; n < 40; n++) await on.publish([event(`${side}.${n}`), event('elsewhere', 'b')]);
      });
      const seen: unknown[] = [];
      let after = 0;
      const follow = async (): Promise<void> => {
        for (const { place, data } of (await engine.read(streamOf(), after, 7)).events) {
          after = place;
          seen.push(JSON.parse(data).n);
        }
      };
      let isWriting = true;
      void Promise.all(writers).then(() => {
        isWriting = false;
      });
      await until('all is written', async () => {
        await follow();
        return !isWriting;
      });
      await until('all are read', async () => {
        await follow();
        assert.equal(seen.length, 40 * writers.length);
      });
      assert.deepEqual(seen, await read(engine));
    });

    behaves('all but the last events of a stream are dropped, and the floor tells of it', async () => {
      await engine.publish([1, 2, 3, 4, 5].map((n) => event(n)));
      await engine.publish([event('other', 'b')]);
      const { events } = await engine.read(streamOf(), 0, 10);
      const dropped = await trimAll(forEver, 2, ['a', 'b']);
      if (options.trimsItself === true) return;
      assert.equal(dropped, 3);
      assert.deepEqual(await read(engine), [4, 5]);
      assert.deepEqual(await read(engine, 0, 'b'), ['other']);
      const page = await engine.read(streamOf(), events[0]!.place, 10);
      assert.equal(page.floor, events[2]!.place);
      const head = await headOf(engine);
      assert.deepEqual([head.floor, head.last], [events[2]!.place, events[4]!.place]);
    });

    behaves('events that are too old are dropped, and places go on behind them', async () => {
      await engine.publish([event(1), event(2)]);
      const before = await headOf(engine);
      await pause(150);
      if (options.trimsItself === true) return;
      assert.equal(await trimAll(100, forEver, []), 2);
      assert.deepEqual(await read(engine), []);
      const head = await headOf(engine);
      assert.ok(head.floor >= before.last && head.last >= before.last);
      await engine.publish([event(3)]);
      const page = await engine.read(streamOf(), head.last, 10);
      assert.equal(page.events.length, 1);
      assert.ok(page.events[0]!.place > before.last && page.floor <= head.last);
      assert.equal(await trimAll(60_000, forEver, []), 0);
      assert.deepEqual(await read(engine), [3]);
    });

    behaves('nothing is dropped of other channels', async () => {
      await engine.publish([event(1)]);
      await engine.trim(`${channel}-x`, { age: 0, count: 0 }, [`${channel}-x:{}`]);
      assert.deepEqual(await read(engine), [1]);
    });

    const member = (who: string, room = 'a') => ({
      id: randomUUID(),
      stream: streamOf(room),
      data: `{"who":"${who}"}`,
    });
    const present = async (on: OpenChannels, room = 'a'): Promise<string[]> =>
      (await on.present(streamOf(room))).map(({ data }) => JSON.parse(data).who as string).sort();

    behaves('members are present from when they enter until they leave', async () => {
      await engine.beat();
      const [ada, bob, eve] = [member('ada'), member('bob'), member('eve', 'b')];
      await engine.enter([ada, bob, eve]);
      await engine.enter([ada]);
      assert.deepEqual(await present(engine), ['ada', 'bob']);
      assert.deepEqual(await present(engine, 'b'), ['eve']);
      await engine.leave([ada.id]);
      await engine.leave([ada.id, randomUUID()]);
      assert.deepEqual(await present(engine), ['bob']);
      await engine.leave([bob.id, eve.id]);
      assert.deepEqual(await present(engine), []);
    });

    behaves('members of all processes are seen by all, and leave with a process that closes', async () => {
      const other = await another();
      if (!isShared) return;
      await engine.beat();
      await other.beat();
      const ada = member('ada');
      await engine.enter([ada]);
      await other.enter([member('bob')]);
      for (const on of [engine, other]) assert.deepEqual(await present(on), ['ada', 'bob']);
      others.splice(others.indexOf(other), 1);
      await other.close(AbortSignal.timeout(2000));
      assert.deepEqual(await present(engine), ['ada']);
      await engine.leave([ada.id]);
    });

    behaves('members of a process that gives no sign of life are gone, and come back with it', async () => {
      const other = await another();
      if (!isShared) return;
      const ada = member('ada');
      await other.beat();
      await other.enter([ada]);
      assert.deepEqual(await present(engine), ['ada']);
      await until(
        'she is gone',
        async () => {
          await engine.beat();
          return (await present(engine)).length === 0;
        },
        presenceTimeout * 3,
      );
      if (!(await other.beat())) await other.enter([ada]);
      assert.deepEqual(await present(engine), ['ada']);
      // Members stay as long as there are signs of life.
      for (let n = 0; n < 8; n++) {
        await pause(presenceTimeout / 4);
        assert.equal(await other.beat(), true);
      }
      assert.deepEqual(await present(engine), ['ada']);
      await other.leave([ada.id]);
    });

    behaves('what was published stays when an engine is closed and opened again', async () => {
      const first = await open();
      await first.publish([event(1)]);
      await first.close(AbortSignal.timeout(2000));
      if (isShared) assert.deepEqual(await read(await another()), [1]);
      assert.deepEqual(await read(engine), [1]);
    });
  });
}
