import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something is so, and fails when it is not within `ms` milliseconds. */
export async function until(condition: () => boolean | Promise<boolean>, ms = 15_000): Promise<void> {
  for (const end = performance.now() + ms; !(await condition()); await sleep(5))
    assert.ok(performance.now() < end, `not within ${ms} ms`);
}
