import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { App } from '../../../src/index.ts';
import { chain, group, Queue } from '../../../src/queue/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';

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
  const result: number = await handle.result({ timeout: 60_000 });
  assert.equal(result, 9);
});

test('gathers the results of a group, in order', async () => {
  const { queue, beans } = makeKitchen();
  await using _ = queue;
  await queue.work();
  const handle = await group([3, 2, 1].map((grams) => beans.with({ grams }))).enqueue();
  const results: { grams: number }[] = await handle.result({ timeout: 60_000 });
  assert.deepEqual(results, [{ grams: 3 }, { grams: 2 }, { grams: 1 }]);
  assert.equal(new Set(handle.ids).size, 3);
});

test('runs a task with the results of a group of chains', async () => {
  const { queue, beans, grind, sum } = makeKitchen();
  await using _ = queue;
  await queue.work();
  const portion = (grams: number) => chain(beans.with({ grams }), grind.with({}, { into: 'beans' }));
  const handle = await chain(group([portion(10), portion(20), portion(30)]), sum.with({}, { into: 'parts' })).enqueue();
  assert.equal(await handle.result({ timeout: 60_000 }), 30);
});

test('hands on [] of a group with nothing in it, at once or when its turn comes', async () => {
  const { queue, beans, grind, sum } = makeKitchen();
  await using _ = queue;
  await queue.work();
  const none: number[] = [];
  const counted = queue.task(
    'counted',
    { params: { parts: z.array(z.object({ grams: z.number() })) } },
    (input) => input.parts.length,
  );
  const empty = await group(none.map((grams) => beans.with({ grams }))).enqueue();
  assert.deepEqual([empty.ids, await empty.result()], [[], []]);
  await empty.cancel();
  const first = chain(group(none.map((grams) => beans.with({ grams }))), counted.with({}, { into: 'parts' }));
  assert.equal(await (await first.enqueue()).result({ timeout: 60_000 }), 0);
  const literal = chain(group([]), sum.with({}, { into: 'parts' }));
  assert.equal(await (await literal.enqueue()).result({ timeout: 60_000 }), 0);
  const between = chain(beans.with({ grams: 1 }), group([]), sum.with({}, { into: 'parts' }));
  const handle = await between.enqueue();
  assert.equal((await handle.record()).after.length, 1);
  assert.equal(await handle.result({ timeout: 60_000 }), 0);
  const twice = chain(group([]), group([]), sum.with({}, { into: 'parts' }));
  assert.equal(await (await twice.enqueue()).result({ timeout: 60_000 }), 0);
  const within = group([chain(group([]), sum.with({}, { into: 'parts' })), sum.with({ parts: [2] })]);
  assert.deepEqual(await (await within.enqueue()).result({ timeout: 60_000 }), [0, 2]);
  const failing = chain(
    beans.with({ grams: 500 }),
    grind.with({}, { into: 'beans' }),
    group([]),
    sum.with({}, { into: 'parts' }),
  );
  await assert.rejects((await failing.enqueue()).result({ timeout: 60_000 }), { code: 'CORTADO_TASK_CANCELLED' });
});

test('answers a client that sends an empty list', async () => {
  const { queue, beans, sum } = makeKitchen();
  const app = new App({ logger: false });
  app.use(queue);
  app.post('/grams', { params: { grams: z.array(z.int()) } }, async ({ grams }) => {
    const sizes = await group(grams.map((one) => beans.with({ grams: one }))).enqueue();
    const total = await chain(
      group(grams.map((one) => sum.with({ parts: [one] }))),
      sum.with({}, { into: 'parts' }),
    ).enqueue();
    return { sizes: (await sizes.result({ timeout: 60_000 })).length, total: await total.result({ timeout: 60_000 }) };
  });
  await using client = await testClient(app);
  for (const [grams, answer] of [
    [[], { sizes: 0, total: 0 }],
    [[2, 3], { sizes: 2, total: 5 }],
  ] as const)
    assert.deepEqual(await (await client.post('/grams', { json: grams })).json(), answer);
});

test('cancels what comes after a task that failed, and says why', async () => {
  const { queue, beans, grind, sum } = makeKitchen();
  await using _ = queue;
  await queue.work();
  const last = await chain(
    group([chain(beans.with({ grams: 500 }), grind.with({}, { into: 'beans' }))]),
    sum.with({}, { into: 'parts' }),
  ).enqueue();
  await assert.rejects(last.result({ timeout: 60_000 }), coded('CORTADO_TASK_CANCELLED', '"grind"'));
});

test('waits without a result where none is wanted', async () => {
  const { queue, beans } = makeKitchen();
  await using _ = queue;
  const order: number[] = [];
  const note = queue.task('note', { params: { n: z.int() } }, ({ n }) => void order.push(n));
  await queue.work();
  const handle = await chain(note.with({ n: 1 }), beans.with({ grams: 1 }), note.with({ n: 2 })).enqueue();
  await handle.result({ timeout: 60_000 });
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
  await assert.rejects(orphan.enqueue(), coded('CORTADO_OPTION_INVALID', '"beans"'));
  // @ts-expect-error the input lacks grams.
  beans.with({});
  // @ts-expect-error the last of nothing has no result.
  assert.throws(() => chain(), coded('CORTADO_OPTION_INVALID', 'chain()'));
  const one = beans.with({ grams: 1 });
  const inner = [group([one]), group([]), chain(one, group([one, one]))];
  for (const nested of inner.map((part) => group<unknown>([part, one])))
    await assert.rejects(nested.enqueue(), coded('CORTADO_OPTION_INVALID', 'group()'));
  await assert.rejects(chain(one, group([])).enqueue(), coded('CORTADO_OPTION_INVALID', 'chain()'));
  assert.throws(() => chain(beans as never), coded('CORTADO_OPTION_INVALID', 'chain()', 'beans.with(…)', '"beans"'));
  assert.throws(
    () => group([beans.with({ grams: 1 }), beans as never]),
    coded('CORTADO_OPTION_INVALID', 'group()', 'beans.with(…)'),
  );
  assert.throws(() => group(beans.with({ grams: 1 }) as never), coded('CORTADO_OPTION_INVALID', 'group()'));
  const other = makeKitchen();
  await using __ = other.queue;
  assert.throws(
    () => group([beans.with({ grams: 1 }), other.beans.with({ grams: 1 })]),
    coded('CORTADO_OPTION_INVALID', 'group()'),
  );
});
