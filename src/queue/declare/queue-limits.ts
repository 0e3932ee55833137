import { checkOptions } from '../../base/check-options.ts';
import { anything, positive, type Rules, whole } from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';
import { checkName } from './task-options.ts';

/** Limits of one queue. */
export interface QueueLimits {
  /** How many of its tasks may run at once, over all workers where the engine can hold that, else in each. Default: no limit. */
  readonly concurrency?: number;
  /** How many of its tasks may start within any `per` milliseconds, over all workers where the engine can hold that. Default: no limit. */
  readonly rate?: { readonly limit: number; readonly per: number };
}

const count = { ...whole(1), wanted: 'a whole number above 0' };
const rules: Rules<QueueLimits> = {
  concurrency: count,
  rate: anything,
};
const rateRules: Rules<Required<QueueLimits>['rate']> = {
  limit: count,
  per: { ...positive, wanted: 'milliseconds above 0' },
};

export function checkQueues(queues: Readonly<Record<string, QueueLimits>>): void {
  for (const [name, limits] of Object.entries(queues)) {
    const owner = `Queue: queue "${name}"`;
    checkName('Queue: queues', name);
    checkOptions(owner, limits, rules);
    const { rate } = limits;
    if (rate === undefined) continue;
    checkOptions(`${owner}: rate`, rate, rateRules);
    if (rate.limit === undefined || rate.per === undefined)
      throw invalidOption(`${owner}: rate needs limit, a whole number, and per, milliseconds.`);
  }
}
