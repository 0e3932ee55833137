import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Claim, NewTask } from '../../../../src/queue/contract/engine.ts';
import { bullmq } from '../../../../src/queue/engines/bullmq/bullmq-engine.ts';
import { BullmqLedger } from '../../../../src/queue/engines/bullmq/bullmq-ledger.ts';
import { connectRedis } from '../../../../src/redis/redis-connection.ts';
import { openEngine, testHost, type WorkingEngine } from '../../../support/open-engine.ts';
import { type RedisServer, redisMissing, startRedis } from '../../../support/redis-server.ts';

const host = testHost();
let number = 0;

function taskOf(more: Partial<NewTask> = {}): NewTask {
  const createdAt = Date.now();
  const rest = {
    expiresAt: undefined,
    unique: undefined,
    after: [],
    headers: {},
    priority: 0,
    queue: 'q',
    input: '{}',
  };
  return { id: `task-${++number}`, name: 'work', createdAt, runAt: createdAt, ...rest, ...more };
}

async function claimAll(engine: WorkingEngine, limit = 10): Promise<Claim[]> {
  const claims: Claim[] = [];
  for (let empty = 0; empty < 2; ) {
    const found = await engine.worker.claim({ worker: 'w', queues: [{ queue: 'q', limit }], limit, lease: 30_000 });
    claims.push(...found);
    empty = found.length === 0 ? empty + 1 : 0;
  }
  return claims;
}

const skip = redisMissing();

suite('the BullMQ engine', { skip }, () => {
  let server: RedisServer;
  const opened: WorkingEngine[] = [];

  const open = async (): Promise<WorkingEngine> => {
    const engine = await openEngine(bullmq({ url: server.url }));
    opened.push(engine);
    return engine;
  };

  before(async () => {
    server = await startRedis();
  });

  after(async () => {
    for (const engine of opened) await engine.close(new AbortController().signal);
    await server[Symbol.asyncDispose]();
  });

  const raw = async <T>(work: (redis: Redis) => Promise<T>): Promise<T> => {
    const redis = await connectRedis({ user: 'QUEUE', url: server.url });
    try {
      return await work(redis);
    } finally {
      redis.disconnect();
    }
  };

  test('gives BullMQ the tasks of a process that ended between the ledger and BullMQ', async () => {
    const tasks = [taskOf(), taskOf(), taskOf({ headers: { a: 'b' } })];
    await raw(async (redis) => {
      const publish = (): Promise<void> => Promise.resolve();
      const options = { redis, url: server.url, prefix: 'bull:cortado:', host, publish };
      await new BullmqLedger(options).enqueue(tasks.map((task) => ({ task })));
    });
    const engine = await open();
    assert.deepEqual(await claimAll(engine), []);
    // Nobody confirmed within five seconds: that process is gone.
    await pause(5200);
    await engine.worker.maintain({ maxCrashes: 3 });
    await pause(300);
    const claims = await claimAll(engine);
    assert.deepEqual(claims.map(({ id }) => id).sort(), tasks.map(({ id }) => id).sort());
    assert.deepEqual(claims.find(({ id }) => id === tasks[2]!.id)?.headers, { a: 'b' });
    assert.equal(await raw((redis) => redis.zcard('bull:cortado:outgoing')), 0);
  });

  test('gives jobs no priority until a queue meets an urgent task, and then keeps the order', async () => {
    const [early, late] = [await open(), await open()];
    const plain = [taskOf(), taskOf({ priority: -5 }), taskOf()];
    await early.storage.enqueue(plain);
    const priorityOf = (id: string): Promise<string | null> => raw((redis) => redis.hget(`bull:q:${id}`, 'priority'));
    assert.deepEqual(await Promise.all(plain.map(({ id }) => priorityOf(id))), ['0', '1006', '0']);
    const urgent = taskOf({ priority: 5 });
    await late.storage.enqueue([urgent]);
    await pause(100);
    // By now the first engine has heard of it.
    const next = taskOf();
    await early.storage.enqueue([next]);
    assert.equal(await priorityOf(next.id), '1001');
    const claims = await claimAll(late, 1);
    const order = [urgent, plain[0]!, plain[2]!, next, plain[1]!];
    assert.deepEqual(
      claims.map(({ id }) => id),
      order.map(({ id }) => id),
    );
  });

  test('gives a task that is due later its place among urgent ones', async () => {
    const engine = await open();
    const later = taskOf({ queue: 'r', runAt: Date.now() + 200 });
    await engine.storage.enqueue([later]);
    await engine.storage.enqueue([taskOf({ queue: 'r', priority: 1 })]);
    const opened = await raw((redis) => redis.hget(`bull:r:${later.id}`, 'priority'));
    assert.equal(opened, '1001');
  });

  test('counts the attempts of a task that is retried before it ever ran', async () => {
    const engine = await open();
    const task = taskOf();
    await engine.storage.enqueue([task]);
    await engine.storage.cancel(task.id, 'not yet');
    assert.equal(await engine.storage.retry!(task.id), true);
    const error = { name: 'Error', message: 'no' };
    for (const attempt of [1, 2]) {
      const [run] = await claimAll(engine, 1);
      assert.deepEqual([run?.attempt, (await engine.storage.get(task.id))?.attempt], [attempt, attempt]);
      await engine.worker.finish([{ claim: run!, outcome: { kind: 'retrying', error, runAt: Date.now() } }]);
      await pause(50);
    }
    const [third] = await claimAll(engine, 1);
    await engine.worker.finish([{ claim: third!, outcome: { kind: 'released' } }]);
    await pause(50);
    const [again] = await claimAll(engine, 1);
    assert.deepEqual([third?.attempt, again?.attempt], [3, 3]);
  });

  test('knows after a restart which queues have urgent tasks', async () => {
    const engine = await open();
    const tasks = [taskOf(), taskOf({ priority: 1 })];
    await engine.storage.enqueue(tasks);
    const claims = await claimAll(engine, 1);
    assert.deepEqual(
      claims.map(({ id }) => id),
      [tasks[1]!.id, tasks[0]!.id],
    );
  });
});
