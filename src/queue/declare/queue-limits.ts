import { checkOptions } from '../../base/check-options.ts';
import { CortadoError } from '../../base/error.ts';
import { checkName } from './task-options.ts';

/** Limits of one queue. */
export interface QueueLimits {
  /** How many of its tasks may run at once, over all workers where the engine can hold that, else in each. Default: no limit. */
  readonly concurrency?: number;
  /** How many of its tasks may start within any `per` milliseconds, over all workers where the engine can hold that. Default: no limit. */
  readonly rate?: { readonly limit: number; readonly per: number };
}

/** Checks the limits of all queues. */
export function checkQueues(queues: Readonly<Record<string, QueueLimits>>): void {
  for (const [name, limits] of Object.entries(queues)) {
    const owner = `Queue: queue "${name}"`;
    checkName('Queue: queues', name);
    checkOptions(owner, limits, ['concurrency', 'rate']);
    const { concurrency, rate } = limits;
    if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency > 0))
      throw new CortadoError('CORTADO_OPTION_INVALID', `${owner}: concurrency must be a whole number above 0.`);
    if (rate === undefined) continue;
    checkOptions(`${owner}: rate`, rate, ['limit', 'per']);
    if (!(Number.isInteger(rate.limit) && rate.limit > 0 && rate.per > 0))
      throw new CortadoError(
        'CORTADO_OPTION_INVALID',
        `${owner}: rate needs limit, a whole number, and per, milliseconds.`,
      );
  }
}
