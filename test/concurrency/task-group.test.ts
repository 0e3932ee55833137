import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInFrame } from '../../src/concurrency/frame.ts';
import { App, sleep, type TaskGroup, taskGroup } from '../../src/index.ts';
import { testClient } from '../../src/testing/index.ts';
import { coded } from '../support/coded.ts';

const within = <T>(signal: AbortSignal, fn: () => T): T => runInFrame({ signal, scope: undefined }, fn);

test('waits for all that was started, also by what was started, and returns what its function returns', async () => {
  const seen: string[] = [];
  const result = await taskGroup((group) => {
    void group.spawn(async () => {
      await sleep(10);
      void group.spawn(async () => {
        await sleep(10);
        seen.push('grandchild');
      });
      seen.push('child');
    });
    return 'result';
  });
  assert.equal(result, 'result');
  assert.deepEqual(seen, ['child', 'grandchild']);
});

test('spawn resolves to the result, with its type', async () => {
  const sum = await taskGroup(async (group) => {
    const [one, two] = [group.spawn(async () => 1), group.spawn(() => 2)];
    return (await one) + (await two);
  });
  assert.equal(sum satisfies number, 3);
});

test('a work that fails aborts its siblings and the function itself, all are awaited, nobody needs to await it', async () => {
  const seen: string[] = [];
  const ended = (name: string) => () => void seen.push(name);
  const group = taskGroup(async (group) => {
    group.spawn(() => sleep(60_000)).catch(ended('sibling'));
    void group.spawn(async () => {
      await sleep(5);
      throw new Error('no beans');
    });
    await sleep(60_000).catch(ended('function'));
  });
  await assert.rejects(group, { message: 'no beans' });
  assert.deepEqual(seen.sort(), ['function', 'sibling']);
});

test('the function that fails aborts its works', async () => {
  let reason: unknown;
  const group = taskGroup((group) => {
    group.spawn(() => sleep(60_000)).catch((error) => (reason = error));
    throw new Error('own');
  });
  await assert.rejects(group, { message: 'own' });
  assert.equal((reason as Error).message, 'own');
});

test('a failure that the function awaits and throws on is one failure; others are aggregated', async () => {
  const failing = async (): Promise<never> => {
    throw new Error('child');
  };
  await assert.rejects(
    taskGroup((group) => group.spawn(failing)),
    { message: 'child' },
  );
  const two = taskGroup(async (group) => {
    try {
      await group.spawn(failing);
    } catch {
      throw new Error('own');
    }
  });
  await assert.rejects(two, (error: AggregateError) => {
    assert.deepEqual(
      error.errors.map(({ message }: Error) => message),
      ['child', 'own'],
    );
    return error.message === '2 works of a taskGroup() failed';
  });
});

test('concurrency gives works their turn in order; after a failure those that wait never start', async () => {
  const order: number[] = [];
  let [running, most] = [0, 0];
  const work = (n: number) => async () => {
    most = Math.max(most, ++running);
    order.push(n);
    await sleep(2);
    running--;
  };
  await taskGroup((group) => Promise.all([1, 2, 3, 4, 5].map((n) => group.spawn(work(n)))), { concurrency: 2 });
  assert.deepEqual([order, most], [[1, 2, 3, 4, 5], 2]);
  const started: string[] = [];
  const failed = taskGroup(
    (group) => {
      void group.spawn(async () => {
        started.push('first');
        throw new Error('first');
      });
      void group.spawn(async () => started.push('second'));
    },
    { concurrency: 1 },
  );
  await assert.rejects(failed, { message: 'first' });
  assert.deepEqual(started, ['first']);
});

test('ends with its request, and does not start after it', async () => {
  const reason = new Error('gone');
  const controller = new AbortController();
  const group = within(controller.signal, () => taskGroup((group) => void group.spawn(() => sleep(60_000))));
  controller.abort(reason);
  await assert.rejects(group, (error) => error === reason);
  await assert.rejects(
    within(controller.signal, () => taskGroup(() => assert.fail('started'))),
    (error) => error === reason,
  );
});

test('a request that ends with a failed group is a 500, and nothing of it is left', async () => {
  const app = new App({ logger: false });
  let left = 0;
  app.get('/', () =>
    taskGroup((group) => {
      for (let n = 0; n < 3; n++) {
        left++;
        group.spawn(() => sleep(60_000)).catch(() => left--);
      }
      throw new Error('no');
    }),
  );
  await using client = await testClient(app);
  assert.equal((await client.get('/')).status, 500);
  assert.equal(left, 0);
});

test('nothing can start in a group that has ended', async () => {
  let kept: TaskGroup | undefined;
  await taskGroup((group) => void (kept = group));
  assert.throws(() => kept!.spawn(() => 1), { code: 'CORTADO_LIFECYCLE' });
});

test('refuses a promise, a limit below 1 and unknown options', async () => {
  await assert.rejects(
    taskGroup((group) => group.spawn(Promise.resolve() as never)),
    coded('CORTADO_OPTION_INVALID', 'spawn()'),
  );
  await assert.rejects(
    taskGroup(() => 1, { concurrency: 0.5 }),
    coded('CORTADO_OPTION_INVALID', 'concurrency'),
  );
  await assert.rejects(
    taskGroup(() => 1, { limit: 2 } as never),
    coded('CORTADO_OPTION_UNKNOWN', '"limit"'),
  );
});
