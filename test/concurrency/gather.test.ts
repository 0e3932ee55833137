import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { currentFrame, runInFrame } from '../../src/concurrency/frame.ts';
import { gather, race, sleep } from '../../src/index.ts';
import { coded } from '../support/coded.ts';

const within = <T>(signal: AbortSignal, fn: () => T): T => runInFrame({ signal, scope: undefined }, fn);
const fail =
  (message: string, ms = 0) =>
  async () => {
    await sleep(ms);
    throw new Error(message);
  };

test('gather resolves to all results in order, side by side, with a type for each', async () => {
  const before = performance.now();
  const results: [string, number, undefined] = (await gather([
    () => sleep(60).then(() => 'a'),
    async () => 1,
    () => undefined,
  ])) satisfies [string, number, undefined];
  assert.deepEqual(results, ['a', 1, undefined]);
  assert.ok(performance.now() - before < 5000);
  assert.deepEqual(await gather([]), []);
});

test('the first failure aborts the siblings, all are awaited, and it is what gather throws', async () => {
  const seen: string[] = [];
  const cleansUp = async (): Promise<void> => {
    try {
      await sleep(60_000);
    } finally {
      await pause(20);
      seen.push('cleaned up');
    }
  };
  await assert.rejects(gather([cleansUp, fail('first', 5)]), { message: 'first' });
  assert.deepEqual(seen, ['cleaned up']);
});

test('a failure that is thrown at once counts as one', async () => {
  const thrower = (): never => {
    throw new Error('sync');
  };
  await assert.rejects(gather([() => sleep(60_000), thrower]), { message: 'sync' });
});

test('several failures for reasons of their own are aggregated; siblings that were told to end are not among them', async () => {
  const stubborn = async (signal: AbortSignal): Promise<void> => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    throw new Error('second');
  };
  await assert.rejects(gather([() => sleep(60_000), fail('first', 5), stubborn]), (error: AggregateError) => {
    assert.deepEqual(
      error.errors.map(({ message }: Error) => message),
      ['first', 'second'],
    );
    assert.equal((error.cause as Error).message, 'first');
    return true;
  });
});

test('concurrency holds the rest back, and what has not started when one fails never does', async () => {
  let running = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await sleep(5);
    running--;
  };
  await gather(Array(20).fill(work), { concurrency: 3 });
  assert.equal(most, 3);
  const started: number[] = [];
  const numbered = [0, 1, 2, 3].map((n) => async () => {
    started.push(n);
    if (n === 1) throw new Error('one');
  });
  await assert.rejects(gather(numbered, { concurrency: 1 }), { message: 'one' });
  assert.deepEqual(started, [0, 1]);
});

test('gather ends with its request, and with a signal of its own', async () => {
  const reason = new Error('gone');
  const controller = new AbortController();
  const gathered = within(controller.signal, () => gather([() => sleep(60_000), () => sleep(60_000)]));
  controller.abort(reason);
  await assert.rejects(gathered, (error) => error === reason);
  let started = false;
  await assert.rejects(
    gather([() => void (started = true)], { signal: controller.signal }),
    (error) => error === reason,
  );
  assert.equal(started, false);
});

test('each work finds the frame of its request, with the signal of the gather', async () => {
  const { signal } = new AbortController();
  const scope = { owner: 'GET /', phase: 'handler', context: {} };
  await runInFrame({ signal, scope }, () =>
    gather([
      async (own) => {
        await sleep(1);
        assert.equal(currentFrame()?.signal, own);
        assert.equal(currentFrame()?.scope, scope);
      },
    ]),
  );
  assert.ok(getEventListeners(signal, 'abort').length <= 1);
});

for (const [what, run, code, ...names] of [
  ['a promise among the works', () => gather([sleep(1) as never]), 'CORTADO_OPTION_INVALID', 'item 0', '() => work()'],
  ['a limit of 0', () => gather([() => 1], { concurrency: 0 }), 'CORTADO_OPTION_INVALID', 'concurrency', '0'],
  ['an unknown option', () => gather([() => 1], { limit: 1 } as never), 'CORTADO_OPTION_UNKNOWN', '"limit"'],
  [
    'functions without their array',
    () => gather((() => 1) as never, (() => 2) as never),
    'CORTADO_OPTION_INVALID',
    'gather()',
  ],
  ['a race of nobody', () => race([]), 'CORTADO_OPTION_INVALID', 'race()'],
  ['a promise in a race', () => race([sleep(1) as never]), 'CORTADO_OPTION_INVALID', 'item 0'],
] as const) {
  test(`refuses ${what}`, async () => {
    await assert.rejects(run, coded(code, ...names));
  });
}

test('race ends as the first does, aborts the others, and waits for them', async () => {
  const seen: string[] = [];
  const loser = async (): Promise<string> => {
    try {
      await sleep(60_000);
      return 'slow';
    } finally {
      await pause(20);
      seen.push('loser ended');
    }
  };
  assert.equal(await race([loser, () => sleep(5).then(() => 'fast')]), 'fast');
  assert.deepEqual(seen, ['loser ended']);
});

test('a race whose first fails has failed, and what others do after it does not matter', async () => {
  await assert.rejects(race([() => sleep(60_000), fail('first', 1)]), { message: 'first' });
  const late = async (signal: AbortSignal): Promise<string> => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    throw new Error('late');
  };
  assert.equal(await race<string>([late, async () => 'won']), 'won');
});

test('a race ends with its request', async () => {
  const reason = new Error('gone');
  const controller = new AbortController();
  const racing = within(controller.signal, () => race([() => sleep(60_000), () => sleep(60_000)]));
  controller.abort(reason);
  await assert.rejects(racing, (error) => error === reason);
  await assert.rejects(
    within(controller.signal, () => race([() => 1])),
    (error) => error === reason,
  );
});
