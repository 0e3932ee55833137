import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { MemoryEngine, Queue } from 'cortado/queue';
import { changedEngine } from '../../support/open-engine.ts';
import { silent } from '../../support/silent-logger.ts';

const never = (): Promise<never> => new Promise(() => {});

for (const [what, worker] of [
  ['claims', { claim: never }],
  ['maintenance', { maintain: never }],
  ['claims and maintenance', { claim: never, maintain: never }],
] as const)
  test(`a queue closes within seconds while its storage is connected and never answers ${what}`, async () => {
    const queue = new Queue({ engine: changedEngine(new MemoryEngine(), () => ({ worker })), log: silent });
    queue.task('noop', () => 1);
    await queue.work();
    await pause(50);
    const began = performance.now();
    await queue.close();
    const took = performance.now() - began;
    assert.ok(took < 6000, `closed after ${took} ms`);
  });
