import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { database } from '../../../../src/db/index.ts';
import { Queue } from '../../../../src/queue/index.ts';
import { startNode } from '../../../support/program.ts';
import { type RedisServer, redisMissing, startRedis } from '../../../support/redis-server.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const skip = redisMissing();

describe('an outbox before a broker', { skip }, () => {
  let redis: RedisServer;
  let folder: string;
  let files = 0;
  before(async () => {
    folder = temporaryFolder('outbox');
    redis = await startRedis();
  });
  after(async () => {
    await redis[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const bar = (url = `sqlite:${join(folder, `${++files}.db`)}`, engine = `celery+${redis.url}`) => {
    const db = database({ url });
    const queue = new Queue({ engine, outbox: db });
    const runs: number[] = [];
    const brew = queue.task('brew', { params: { beans: z.int() } }, async ({ beans }) => runs.push(beans));
    const close = async (): Promise<void> => {
      await queue.close();
      await db.close();
    };
    return { db, queue, brew, runs, [Symbol.asyncDispose]: close };
  };

  for (const kind of ['bullmq', 'celery']) {
    test(`${kind}: a task of a transaction has its id at once, and runs once after the commit`, async () => {
      await using made = bar(undefined, kind === 'bullmq' ? redis.url : `celery+${redis.url}`);
      const { db, queue, brew, runs } = made;
      await queue.work();
      const handle = await db.transaction(async () => {
        const made = await brew.enqueue({ beans: 1 });
        await pause(100);
        assert.deepEqual(runs, []);
        return made;
      });
      await handle.result({ timeout: 60_000 });
      assert.deepEqual(runs, [1]);
    });
  }

  test('a task of a transaction that fails vanishes with it', async () => {
    await using made = bar();
    const { db, queue, brew, runs } = made;
    await queue.work();
    let id = '';
    const failing = db.transaction(async () => {
      id = (await brew.enqueue({ beans: 2 })).id;
      throw new Error('no milk');
    });
    await assert.rejects(failing, /no milk/);
    await pause(200);
    await assert.rejects(queue.handle(id).status(), { code: 'CORTADO_TASK_NOT_FOUND' });
    assert.deepEqual(runs, []);
  });

  test('outside of a transaction tasks leave at once', async () => {
    await using made = bar();
    const { queue, brew, runs } = made;
    await queue.work();
    await (await brew.enqueue({ beans: 3 })).result({ timeout: 60_000 });
    assert.deepEqual(runs, [3]);
  });

  test('a process that is killed between the commit and the broker loses nothing', async () => {
    const url = `sqlite:${join(folder, 'killed.db')}`;
    const victim = startNode([fileURLToPath(new URL('outbox-victim.ts', import.meta.url)), url]);
    const [, id] = await victim.until(/committed (\S+)/);
    victim.child.kill('SIGKILL');
    await victim.ended;
    await using made = bar(url);
    const { queue, runs } = made;
    await queue.work();
    await queue.handle(id!).result({ timeout: 60_000 });
    assert.deepEqual(runs, [3]);
  });

  test('two processes that hand on the same row make one task', async () => {
    const url = `sqlite:${join(folder, 'twice.db')}`;
    await using first = bar(url);
    await using second = bar(url);
    await Promise.all([first.queue.open(), second.queue.open()]);
    const handles = await first.db.transaction(() =>
      first.brew.enqueueAll(Array.from({ length: 50 }, (_, beans) => ({ beans }))),
    );
    await second.db.transaction(() => second.brew.enqueue({ beans: 99 }));
    await first.queue.work();
    await Promise.all(handles.map((handle) => handle.result({ timeout: 60_000 })));
    await pause(300);
    assert.equal(new Set(first.runs).size, first.runs.length);
  });

  test('a transaction succeeds while the broker is away, and the task follows', async () => {
    await using made = bar();
    const { db, queue, brew, runs } = made;
    await queue.work();
    await redis.stop();
    const handle = await db.transaction(() => brew.enqueue({ beans: 5 }));
    await redis.start();
    await handle.result({ timeout: 60_000 }).catch(async () => handle.result({ timeout: 60_000 }));
    assert.deepEqual(runs, [5]);
  });

  test('refuses a unique key inside of a transaction, where nobody could keep it', async () => {
    await using made = bar();
    const { db, queue, brew } = made;
    await queue.open();
    await assert.rejects(
      db.transaction(() => brew.enqueue({ beans: 1 }, { unique: 'one' })),
      { code: 'CORTADO_QUEUE_UNSUPPORTED' },
    );
  });
});
