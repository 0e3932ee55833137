import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { uuid } from '../../../../src/base/uuid.ts';
import type { NewEvent, OpenChannels } from '../../../../src/channels/contract/engine.ts';
import { redisChannels } from '../../../../src/channels/engines/redis/redis-engine.ts';
import { closeRedis, connectRedis } from '../../../../src/redis/redis-connection.ts';
import { type RedisServer, redisMissing, startRedis } from '../../../support/redis-server.ts';
import { until } from '../../../support/until.ts';
import { channelHost } from '../../conformance/channel-suite.ts';

const forEver = Number.POSITIVE_INFINITY;
const prefix = 'cortado:channels:';
const week = 7 * 86_400_000;
const stream = (room: string): string => `rooms:{"room":"${room}"}`;
const event = (n: number, room = 'a'): NewEvent => ({
  id: uuid(Date.now()),
  channel: 'rooms',
  stream: stream(room),
  data: `{"n":${n}}`,
});
const numbers = async (on: OpenChannels, place = 0, room = 'a'): Promise<number[]> =>
  (await on.read(stream(room), place, 1000)).events.map(({ data }) => JSON.parse(data).n);
const headOf = async (on: OpenChannels, room = 'a') => (await on.heads([stream(room)])).get(stream(room))!;

describe('channels in Redis', { skip: redisMissing() }, () => {
  let server: RedisServer;
  let client: Redis;
  let engine: OpenChannels;
  const opened: OpenChannels[] = [];
  const open = async (url = server.url): Promise<OpenChannels> => {
    const one = await redisChannels(url).open(channelHost());
    opened.push(one);
    return one;
  };
  const closeAll = async (): Promise<void> => {
    for (const one of opened.splice(0)) await one.close(AbortSignal.timeout(1000));
  };

  describe('whose server stays', () => {
    before(async () => {
      server = await startRedis();
      client = await connectRedis({ user: 'CHANNEL', url: server.url });
    });
    after(async () => {
      closeRedis(client);
      await server[Symbol.asyncDispose]();
    });
    beforeEach(async () => {
      await client.flushall();
      engine = await open();
    });
    afterEach(closeAll);

    test('an event that is handed on again is passed over, also when it is no longer kept', async () => {
      const [one, two, three] = [event(1), event(2), event(3)];
      await engine.publish([one, two, three]);
      assert.equal(await engine.trim('rooms', { age: forEver, count: 1 }, [stream('a')]), 2);
      await (await open()).publish([one, two, three]);
      assert.deepEqual(await numbers(engine), [3]);
      await engine.trim('rooms', { age: 0, count: 1 }, []);
      await pause(5);
      assert.equal(await engine.trim('rooms', { age: 1, count: 1 }, []), 0);
      await engine.publish([one, three]);
      assert.deepEqual(await numbers(engine), []);
    });

    test('ids of events that are gone are forgotten, so that memory stays flat', async () => {
      await engine.publish(Array.from({ length: 50 }, (_, n) => event(n)));
      const [first] = await client.zrange(`${prefix}i:${stream('a')}`, '0', '0');
      // As if it were of an hour ago.
      await client.zadd(`${prefix}i:${stream('a')}`, (Date.now() - 3_600_000) * 1000, first!);
      await engine.trim('rooms', { age: forEver, count: 10 }, [stream('a')]);
      assert.equal(await client.zcard(`${prefix}i:${stream('a')}`), 49);
      await pause(5);
      await engine.trim('rooms', { age: 1, count: 10 }, []);
      assert.deepEqual(
        (await client.keys('*')).sort(),
        ['ended', `i:${stream('a')}`, 'last', 'log'].map((key) => prefix + key),
      );
      const left = await client.ttl(`${prefix}i:${stream('a')}`);
      assert.ok(left > 0 && left <= 900);
    });

    test('many events are dropped a thousand at a time, by age and by count', async () => {
      for (const room of ['a', 'b'])
        for (let from = 0; from < 2500; from += 500)
          await engine.publish(Array.from({ length: 500 }, (_, n) => event(from + n, room)));
      const trim = (age: number, count: number): Promise<number> =>
        engine.trim('rooms', { age, count }, [stream('a'), stream('b')]);
      assert.deepEqual(
        [await trim(forEver, 1000), await trim(forEver, 1000), await trim(forEver, 1000)],
        [1000, 1000, 1000],
      );
      assert.equal(await trim(forEver, 1000), 0);
      assert.deepEqual((await numbers(engine))[0], 1500);
      await pause(20);
      assert.deepEqual([await trim(10, 1000), await trim(10, 1000), await trim(10, 1000)], [1000, 1000, 0]);
    });

    test('a server that was flushed has another log, and places beyond all that it gave before', async () => {
      await engine.publish([event(1), event(2)]);
      const { events, log } = await engine.read(stream('a'), 0, 10);
      await client.flushall();
      await engine.publish([event(3)]);
      const page = await engine.read(stream('a'), events[1]!.place, 10);
      assert.notEqual(page.log, log);
      assert.ok(page.events[0]!.place > events[1]!.place);
      await client.flushall();
      assert.ok(![log, page.log].includes((await headOf(engine)).log));
    });

    test('whoever comes back to a stream whose key is gone is told', async () => {
      await engine.publish([event(1), event(2)]);
      const { events, log } = await engine.read(stream('a'), 0, 10);
      await client.del(`${prefix}e:${stream('a')}`);
      const { place } = events[0]!;
      const page = await engine.read(stream('a'), place, 10);
      assert.ok(page.floor > place && page.log === log);
      await engine.publish([event(3)]);
      assert.ok((await engine.read(stream('a'), place, 10)).floor > place);
      assert.deepEqual(await numbers(engine), [3]);
    });

    test('a place that no event had is below the floor, and those around it are not', async () => {
      await engine.publish([event(1)]);
      await pause(2);
      await engine.publish([event(2)]);
      const { events } = await engine.read(stream('a'), 0, 10);
      const floorAt = async (place: number): Promise<number> => (await engine.read(stream('a'), place, 10)).floor;
      for (const { place } of events) assert.ok((await floorAt(place)) <= place);
      for (const place of [events[0]!.place - 1, events[0]!.place + 1, events[1]!.place - 1])
        assert.ok((await floorAt(place)) > place);
    });

    test('where a stream stood is forgotten after a week, and whoever follows one that is still is not disturbed', async () => {
      const other = await open();
      const still = await headOf(engine, 'quiet');
      assert.deepEqual([still.floor, still.last], [0, 0]);
      const forgotten = (Date.now() - week - 1000) * 1000;
      await client.zadd(`${prefix}ended`, forgotten, stream('old'));
      await engine.trim('rooms', { age: 1000, count: 10 }, []);
      assert.equal(await client.zcard(`${prefix}ended`), 0);
      assert.deepEqual(await headOf(engine, 'quiet'), still);
      assert.deepEqual(await headOf(other, 'quiet'), { ...still, floor: forgotten, last: forgotten });
      await other.publish([event(1, 'quiet')]);
      const page = await engine.read(stream('quiet'), still.last, 10);
      assert.deepEqual([page.floor, page.events.length], [0, 1]);
      assert.equal((await headOf(engine, 'quiet')).floor, 0);
      // Somebody who comes with a place from that time may have missed something.
      assert.equal((await other.read(stream('old'), forgotten - 1, 10)).floor, forgotten);
    });

    test('a server without memory takes nothing of what it is given, and drops what is kept too long', async () => {
      await engine.publish([event(1), event(2), event(3)]);
      await client.config('SET', 'maxmemory', '1');
      const more = [event(4), event(5, 'b')];
      await assert.rejects(engine.publish(more), { code: 'CORTADO_CHANNEL_UNREACHABLE', status: 503 });
      assert.equal(await engine.trim('rooms', { age: forEver, count: 1 }, [stream('a')]), 2);
      assert.deepEqual([await numbers(engine), await numbers(engine, 0, 'b')], [[3], []]);
      await client.config('SET', 'maxmemory', '0');
      await engine.publish(more);
      assert.deepEqual([await numbers(engine), await numbers(engine, 0, 'b')], [[3, 4], [5]]);
    });

    test('members of a process that has ended are forgotten altogether', async () => {
      const gone = await open();
      await gone.beat();
      await gone.enter(Array.from({ length: 1000 }, (_, n) => ({ id: uuid(n), stream: stream('a'), data: `${n}` })));
      assert.equal((await engine.present(stream('a'))).length, 1000);
      await until('nobody is present', async () => assert.equal((await engine.present(stream('a'))).length, 0));
      await engine.beat();
      assert.deepEqual(await client.keys(`${prefix}[mw]:*`), []);
      // Without a sign of life nobody enters.
      await gone.enter([{ id: uuid(0), stream: stream('a'), data: '1' }]);
      assert.deepEqual(await client.keys(`${prefix}[mw]:*`), []);
    });
  });

  test('a Redis Cluster is refused, in words', async () => {
    await using cluster = await startRedis({ flags: ['--cluster-enabled', 'yes'] });
    await assert.rejects(redisChannels(cluster.url).open(channelHost()), {
      code: 'CORTADO_CHANNEL_UNREACHABLE',
      message: /is a cluster, and channels need one server of Redis 7 or later/,
    });
  });

  describe('whose server is killed', () => {
    beforeEach(async () => {
      server = await startRedis({ durable: 'never' });
      client = await connectRedis({ user: 'CHANNEL', url: server.url, whenUnreachable: 'wait' });
    });
    afterEach(async () => {
      await closeAll();
      closeRedis(client);
      await server[Symbol.asyncDispose]();
    });

    for (const [what, isSaved] of [
      ['comes back without its last event has another log, whoever speaks first', false],
      ['comes back with all events goes on', true],
    ] as const)
      test(`a server that ${what}`, async () => {
        const [witness, publisher] = [await open(), await open()];
        await publisher.publish([event(1)]);
        if (!isSaved) await client.save();
        await witness.publish([event(2)]);
        if (isSaved) await client.save();
        const before = await witness.read(stream('a'), 0, 10);
        await server.restart('SIGKILL');
        await until('the server is back', async () => {
          await publisher.publish([event(3)]);
          return true;
        });
        const page = await witness.read(stream('a'), before.events[1]!.place, 10);
        assert.equal(page.log === before.log, isSaved);
        assert.ok(page.events[0]!.place > before.events[1]!.place);
        assert.deepEqual(await numbers(witness), isSaved ? [1, 2, 3] : [1, 3]);
        // It is told once.
        assert.equal((await headOf(publisher)).log, page.log);
        assert.equal((await headOf(witness)).log, page.log);
      });

    test('what is asked while it is away fails with an error of ours, without the password, and goes on when it is back', async () => {
      const url = server.url.replace('//', '//user:s3cret@');
      const one = await open();
      using _listening = one.listen(() => {});
      await server.stop('SIGKILL');
      const wanted = { code: 'CORTADO_CHANNEL_UNREACHABLE', status: 503 };
      await Promise.all([
        assert.rejects(one.publish([event(1)]), wanted),
        assert.rejects(one.read(stream('a'), 0, 1), wanted),
        assert.rejects(one.heads([stream('a')]), wanted),
        assert.rejects(one.beat(), wanted),
        assert.rejects(one.trim('rooms', { age: 1, count: 1 }, []), wanted),
        assert.rejects(open(url), (error: Error & { code: string }) => {
          assert.equal(error.code, 'CORTADO_CHANNEL_UNREACHABLE');
          assert.ok(!error.message.includes('s3cret'), error.message);
          return true;
        }),
      ]);
      assert.match(one.away!, /cannot be reached/);
      assert.ok(!redisChannels(url).label.includes('s3cret'));
      await server.start();
      await until('it serves', async () => {
        await one.publish([event(2)]);
        return one.away === undefined;
      });
    });

    test('an engine is closed at once although its server is away, whatever waits', async () => {
      const [one, two] = [await open(), await open()];
      await one.beat();
      await server.stop('SIGKILL');
      const listening = one.listen(() => {});
      const waiting = assert.rejects(one.publish([event(1)]), { code: 'CORTADO_CHANNEL_UNREACHABLE' });
      await pause(100);
      const start = performance.now();
      for (const each of [one, two]) await each.close(AbortSignal.timeout(5000));
      await waiting;
      assert.ok(performance.now() - start < 1000);
      listening[Symbol.dispose]();
      await server.start();
    });
  });
});
