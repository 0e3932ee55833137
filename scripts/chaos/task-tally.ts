import { setTimeout as wait } from 'node:timers/promises';
import { isFinal } from '../../src/queue/contract/task-record.ts';
import type { TaskRecord } from '../../src/queue/index.ts';
import type { Account } from './account.ts';
import type { TaskStage } from './task-stage.ts';

/** What became of tasks, each of which was to have one effect. */
export interface TaskTally {
  readonly tasks: number;
  /** Not over in time, or not known any more. */
  readonly lost: number;
  readonly failed: number;
  /** Succeeded, and no run had the effect. */
  readonly withoutEffect: number;
  /** More than one run had its effect. */
  readonly effectsTwice: number;
  /** The end that is stored is of a run other than the last, or of one whose effect is not there. */
  readonly wrongEnds: number;
  /** Started more than once. */
  readonly again: number;
}

/** A task that was accepted: its id, and the number that its effect bears. */
export interface Accepted {
  readonly id: string;
  readonly n: number;
}

/** Waits until all tasks are over, `ms` milliseconds at most, and counts. */
export async function tallyTasks(stage: TaskStage, tasks: readonly Accepted[], ms: number): Promise<TaskTally> {
  const records = await waitForEnds(stage, tasks, ms);
  const attempts = new Map<number, number[]>();
  for (const { n, attempt } of await stage.effects()) attempts.set(n, [...(attempts.get(n) ?? []), Number(attempt)]);
  const found = tasks.map(({ id, n }) => ({ record: records.get(id), runs: attempts.get(n) ?? [] }));
  const count = (is: (record: TaskRecord, runs: readonly number[]) => boolean): number =>
    found.filter(({ record, runs }) => record !== undefined && is(record, runs)).length;
  return {
    tasks: tasks.length,
    lost: tasks.length - records.size,
    failed: count(({ state }) => state !== 'succeeded'),
    withoutEffect: count(({ state }, runs) => state === 'succeeded' && runs.length === 0),
    effectsTwice: count((_, runs) => runs.length > 1),
    wrongEnds: count((record, runs) => record.state === 'succeeded' && !isEndOf(record, runs)),
    again: count(({ attempt }) => attempt > 1),
  };
}

/** Puts a tally into an account. */
export function putDown(account: Account, tally: TaskTally): void {
  const { tasks, lost, failed, withoutEffect, effectsTwice, wrongEnds, again } = tally;
  account.tasks += tasks;
  account.acknowledged += tasks;
  account.lost += lost + withoutEffect;
  account.twice += effectsTwice;
  account.promise(failed === 0, `${failed} tasks failed`);
  account.promise(wrongEnds === 0, `${wrongEnds} ends are of a run that was not the last`);
  account.figures.push(`${again} started again`);
}

function isEndOf(record: TaskRecord, runs: readonly number[]): boolean {
  return record.result === String(record.attempt) && runs.includes(record.attempt);
}

async function waitForEnds(
  stage: TaskStage,
  tasks: readonly Accepted[],
  ms: number,
): Promise<ReadonlyMap<string, TaskRecord>> {
  const over = new Map<string, TaskRecord>();
  const look = async (ids: readonly string[]): Promise<void> => {
    const records = await Promise.allSettled(ids.map(async (id) => await stage.queue.handle(id).record()));
    for (const found of records)
      if (found.status === 'fulfilled' && isFinal(found.value.state)) over.set(found.value.id, found.value);
  };
  for (const end = performance.now() + ms; over.size < tasks.length && performance.now() < end; await wait(200)) {
    const pending = tasks.filter(({ id }) => !over.has(id)).map(({ id }) => id);
    for (let at = 0; at < pending.length; at += 100) await look(pending.slice(at, at + 100));
  }
  return over;
}
