import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { chain, group, Queue } from '../../src/queue/index.ts';

function makeKitchen() {
  const queue = new Queue({ log: { debug() {}, info() {}, warn() {}, error() {} } });
  const beans = queue.task('beans', { params: { grams: z.int() } }, ({ grams }) => ({ grams }));
  const grind = queue.task(
    'grind',
    { params: { beans: z.object({ grams: z.number() }), fine: z.boolean().default(true) } },
    ({ beans: { grams } }) => {
      if (grams > 100) throw new Error('the mill is full');
      return grams / 2;
    },
  );
  const sum = queue.task('sum', { params: { parts: z.array(z.number()) } }, ({ parts }) =>
    parts.reduce((total, part) => total + part, 0),
  );
  return { queue, beans, grind, sum };
}

test('passes each result on to the next task of a chain', async () => {
  const { queue, beans, grind } = makeKitchen();
  await using _ = queue;
  await queue.work();
  const handle = await chain(beans.with({ grams: 18 }), grind.with({ fine: true }, { into: 'beans' })).enqueue();
  const result: number = await handle.result({ timeout: 5000 });
  assert.equal(result, 9);
});

test('gathers the results of a group, in order', async () => {
  const { queue, beans } = makeKitchen();
  await using _ = queue;
  await queue.work();
  const handle = await group([3, 2, 1].map((grams) => beans.with({ grams }))).enqueue();
  const results: { grams: number }[] = await handle.result({ timeout: 5000 });
  assert.deepEqual(results, [{ grams: 3 }, { grams: 2 }, { grams: 1 }]);
  assert.equal(new Set(handle.ids).size, 3);
});

test('runs a task with the results of a group of chains', async () => {
  const { queue, beans, grind, sum } = makeKitchen();
  await using _ = queue;
  await queue.work();
  const portion = (grams: number) => chain(beans.with({ grams }), grind.with({}, { into: 'beans' }));
  const handle = await chain(group([portion(10), portion(20), portion(30)]), sum.with({}, { into: 'parts' })).enqueue();
  assert.equal(await handle.result({ timeout: 5000 }), 30);
});

test('cancels what comes after a task that failed, and says why', async () => {
  const { queue, beans, grind, sum } = makeKitchen();
  await using _ = queue;
  await queue.work();
  const last = await chain(
    group([chain(beans.with({ grams: 500 }), grind.with({}, { into: 'beans' }))]),
    sum.with({}, { into: 'parts' }),
  ).enqueue();
  await assert.rejects(last.result({ timeout: 5000 }), {
    code: 'CORTADO_TASK_CANCELLED',
    message: /waits for the result of "grind"/,
  });
});

test('waits without a result where none is wanted', async () => {
  const { queue, beans } = makeKitchen();
  await using _ = queue;
  const order: number[] = [];
  const note = queue.task('note', { params: { n: z.int() } }, ({ n }) => void order.push(n));
  await queue.work();
  const handle = await chain(note.with({ n: 1 }), beans.with({ grams: 1 }), note.with({ n: 2 })).enqueue();
  await handle.result({ timeout: 5000 });
  assert.deepEqual(order, [1, 2]);
});

test('checks input when the flow is enqueued, and stores none of it', async () => {
  const { queue, beans, grind } = makeKitchen();
  await using _ = queue;
  const flow = chain(beans.with({ grams: 1.5 }), grind.with({}, { into: 'beans' }));
  await assert.rejects(flow.enqueue(), { code: 'CORTADO_TASK_INPUT' });
  assert.deepEqual(await queue.counts(), {});
});

test('refuses parts that do not fit, at compile time and at run time', async () => {
  const { queue, beans, grind, sum } = makeKitchen();
  await using _ = queue;
  // @ts-expect-error grind takes { grams }, and sum gives a number.
  chain(sum.with({ parts: [] }), grind.with({}, { into: 'beans' }));
  // @ts-expect-error nothing is before it.
  const orphan = chain(grind.with({}, { into: 'beans' }));
  await assert.rejects(orphan.enqueue(), /there is no task before it whose result "beans" could take/);
  // @ts-expect-error the input lacks grams.
  beans.with({});
  assert.throws(() => group([]), /there is nothing in it/);
  assert.throws(() => chain(beans as never), /chain\(\) takes beans\.with\(…\), not the task "beans" itself/);
  assert.throws(() => group([beans.with({ grams: 1 }), beans as never]), /group\(\) takes beans\.with\(…\)/);
  assert.throws(() => group(beans.with({ grams: 1 }) as never), /group\(\) takes one array of parts/);
  const other = makeKitchen();
  await using __ = other.queue;
  assert.throws(() => group([beans.with({ grams: 1 }), other.beans.with({ grams: 1 })]), /belong to different queues/);
});
