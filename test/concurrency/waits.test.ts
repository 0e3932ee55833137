import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { currentFrame, runInFrame } from '../../src/concurrency/frame.ts';
import { type CortadoError, sleep, timeout } from '../../src/index.ts';
import { coded } from '../support/coded.ts';

/** Runs code as a request does whose signal is `signal`. */
const within = <T>(signal: AbortSignal, fn: () => T): T => runInFrame({ signal, scope: undefined }, fn);

const never = (): Promise<never> => new Promise(() => {});

test('sleep waits, and leaves no listener behind', async () => {
  const { signal } = new AbortController();
  const before = performance.now();
  await sleep(30, { signal });
  assert.ok(performance.now() - before >= 29);
  assert.ok(getEventListeners(signal, 'abort').length <= 1);
});

test('sleep ends with the signal of its request, at once', async () => {
  const controller = new AbortController();
  const reason = new Error('gone');
  const waiting = within(controller.signal, () => sleep(60_000));
  controller.abort(reason);
  await assert.rejects(waiting, (error) => error === reason);
  await assert.rejects(
    within(controller.signal, () => sleep(0)),
    (error) => error === reason,
  );
});

test('a signal of its own stands in for that of the request', async () => {
  const request = AbortSignal.abort(new Error('gone'));
  await assert.rejects(
    within(request, () => sleep(1)),
    /gone/,
  );
  const own = new AbortController();
  assert.equal(await within(request, () => sleep(1, { signal: own.signal }).then(() => 'slept')), 'slept');
  own.abort(new Error('enough'));
  await assert.rejects(
    within(request, () => sleep(1, { signal: own.signal })),
    /enough/,
  );
});

for (const ms of [Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 40]) {
  test(`sleep(${ms}) does not end at once, as setTimeout would`, async () => {
    const controller = new AbortController();
    const waiting = sleep(ms, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 30);
    await assert.rejects(waiting, /enough/);
  });
}

for (const [what, wait, value] of [
  ['sleep(NaN)', () => sleep(Number.NaN), 'NaN'],
  ["sleep('1')", () => sleep('1' as never), '"1"'],
  ['timeout(NaN)', () => timeout(Number.NaN, () => 1), 'NaN'],
] as const) {
  test(`${what} is refused`, async () => {
    await assert.rejects(async () => wait(), coded('CORTADO_OPTION_INVALID', value));
  });
}

test('timeout resolves to what its function returns in time', async () => {
  assert.equal(await timeout(1000, async () => 'done'), 'done');
  assert.equal(await timeout(Number.POSITIVE_INFINITY, () => sleep(5).then(() => 'late')), 'late');
});

test('timeout fires the signal, which reaches sleeps inside, and is a 504', async () => {
  let reason: unknown;
  const limited = timeout(20, (signal) => {
    signal.addEventListener('abort', () => void (reason = signal.reason));
    return sleep(60_000);
  });
  await assert.rejects(limited, (error: CortadoError) => {
    assert.deepEqual([error.code, error.status, error.message], ['CORTADO_TIMEOUT', 504, 'Not done within 20 ms']);
    return error === reason;
  });
});

test('timeout does not wait for a function that does not heed its signal, nor for what it throws later', async () => {
  await assert.rejects(timeout(20, never), { code: 'CORTADO_TIMEOUT' });
  const late = timeout(10, async () => {
    await pause(30);
    throw new Error('too late to matter');
  });
  await assert.rejects(late, { code: 'CORTADO_TIMEOUT' });
  await sleep(40);
});

test('timeout ends with its request, and does not start after it', async () => {
  const controller = new AbortController();
  const reason = new Error('gone');
  const limited = within(controller.signal, () => timeout(60_000, never));
  controller.abort(reason);
  await assert.rejects(limited, (error) => error === reason);
  let started = false;
  const dead = within(controller.signal, () => timeout(1000, () => void (started = true)));
  await assert.rejects(dead, (error) => error === reason);
  assert.equal(started, false);
});

test('the inner of two timeouts ends its own work only', async () => {
  const result = await timeout(60_000, async () => {
    const inner = await timeout(10, never).catch((error: CortadoError) => error.code);
    assert.equal(currentFrame()?.signal.aborted, false);
    return inner;
  });
  assert.equal(result, 'CORTADO_TIMEOUT');
});

test('2,000 waits share one listener on the signal of their request, and leave no memory behind', async () => {
  const { signal } = new AbortController();
  const round = (): Promise<unknown> =>
    within(signal, () => Promise.all(Array.from({ length: 2000 }, () => timeout(1000, () => sleep(1)))));
  await round();
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (let n = 0; n < 3; n++) await round();
  globalThis.gc?.();
  // One for all of them, which goes with the signal.
  assert.equal(getEventListeners(signal, 'abort').length, 1);
  // Without a forced collection the figure tells nothing.
  if (globalThis.gc !== undefined) assert.ok(process.memoryUsage().heapUsed - before < 4_000_000);
});
