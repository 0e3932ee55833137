import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { isFinal } from '../../src/queue/contract/task-record.ts';
import { startNode } from '../../test/support/program.ts';
import type { Account } from './account.ts';
import type { Context, Scenario } from './scenario.ts';
import { type EngineName, engineNames, openTaskStage } from './task-stage.ts';
import { engineMissing, patience, slug } from './workers.ts';

const worker = fileURLToPath(new URL('../../test/queue/apps/poisoned.ts', import.meta.url));

/** A task that takes its worker down with it, on each engine. */
export const poisonScenarios: readonly Scenario[] = engineNames.map((engine) => ({
  name: `poison-${slug(engine)}`,
  promise: `of 100 tasks on ${engine}, ten at once, the one that kills its worker is the one that fails`,
  skip: () => engineMissing(engine),
  limit: patience,
  atLeastOnce: true,
  run: (context, account) => poison(engine, context, account),
}));

async function poison(engine: EngineName, { random, signal }: Context, account: Account): Promise<void> {
  await using stage = await openTaskStage(engine);
  const job = stage.queue.remote('job', { params: { n: z.int(), poison: z.boolean() } });
  const at = random.between(0, 99);
  const inputs = Array.from({ length: 100 }, (_, n) => ({ n, poison: n === at }));
  const handles = await Promise.all(inputs.map((input) => job.enqueue(input)));
  let failed: number[] | undefined;
  let deaths = 0;
  while (failed === undefined) {
    await using program = startNode([worker, stage.url]);
    const ended = program.ended.then(() => 'ended' as const);
    while (failed === undefined && (await Promise.race([ended, wait(100, undefined, { signal })])) !== 'ended') {
      const states = await Promise.all(handles.map((handle) => handle.status()));
      if (states.every(isFinal)) failed = states.flatMap((state, n) => (state === 'succeeded' ? [] : [n]));
    }
    if (failed === undefined) deaths++;
  }
  account.tasks += handles.length;
  account.promise(failed.length === 1 && failed[0] === at, `of the poison ${at}, ${failed.join(', ')} failed`);
  account.figures.push(`${failed.length} failed, after ${deaths} workers`);
}
