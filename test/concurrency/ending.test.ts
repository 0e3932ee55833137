import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ending } from '../../src/concurrency/ending.ts';
import { type Frame, runInFrame } from '../../src/concurrency/frame.ts';
import { gather, race, sleep, taskGroup, timeout } from '../../src/index.ts';

/** Runs code as a request does: what only has to hear of its end must not ask for the signal. */
function within<T>(ending: Ending, fn: () => T): T {
  const frame: Frame = {
    ending,
    scope: undefined,
    get signal(): AbortSignal {
      throw new Error('the signal was asked for');
    },
  };
  return runInFrame(frame, fn);
}

const waits: Readonly<Record<string, () => Promise<unknown>>> = {
  sleep: () => sleep(60_000),
  'sleep without an end': () => sleep(Number.POSITIVE_INFINITY),
  gather: () => gather([() => sleep(60_000), () => sleep(60_000)]),
  race: () => race([() => sleep(60_000)]),
  timeout: () => timeout(60_000, () => sleep(60_000)),
  taskGroup: () => taskGroup((group) => group.spawn(() => sleep(60_000))),
};

for (const [name, wait] of Object.entries(waits)) {
  test(`${name} ends with its request, whose signal nobody has asked for`, async () => {
    const ending = new Ending();
    const waiting = [within(ending, wait), within(ending, wait), within(ending, wait)];
    const reason = new Error('gone');
    ending.abort(reason);
    for (const one of waiting) await assert.rejects(one, (error) => error === reason);
    await assert.rejects(within(ending, wait), (error) => error === reason);
  });
}

test('who has ended hears nothing', async () => {
  const ending = new Ending();
  await within(ending, () => sleep(1));
  const heard: unknown[] = [];
  const [first, second] = ['first', 'second'].map((name) => ({ onAbort: () => heard.push(name) }));
  ending.add(first!);
  ending.remove(first!);
  ending.add(first!);
  ending.add(second!);
  ending.remove(first!);
  ending.abort(new Error('gone'));
  ending.abort(new Error('again'));
  assert.deepEqual(heard, ['second']);
});

test('a signal fires with its ending, and has fired when it is asked for afterwards', () => {
  const [early, late] = [new Ending(), new Ending()];
  const { signal } = early;
  const reason = new Error('gone');
  early.abort(reason);
  late.abort(reason);
  for (const one of [signal, early.signal, late.signal]) assert.deepEqual([one.aborted, one.reason], [true, reason]);
});
