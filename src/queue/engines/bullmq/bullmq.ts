import type { Engine } from '../../contract/engine.ts';
import { bullmqEngine } from './bullmq-engine.ts';
import { type BullmqOptions, bullmqSettings } from './bullmq-options.ts';

/**
 * An engine on BullMQ: tasks are its jobs, so its dashboards show them, and jobs that others add are run as tasks.
 *
 * @throws CortadoError `CORTADO_QUEUE_URL`, `CORTADO_OPTION_UNKNOWN` or `CORTADO_OPTION_INVALID`.
 * @example
 * ```ts
 * const queue = new Queue({ engine: bullmq({ url: 'redis://localhost:6379/0', prefix: 'app' }) });
 * ```
 */
export function bullmq(options: BullmqOptions): Engine {
  return bullmqEngine(bullmqSettings(options));
}
