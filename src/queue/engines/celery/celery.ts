import type { Engine } from '../../contract/engine.ts';
import { type CeleryOptions, celerySettings } from './brokers/celery-options.ts';
import { rpcEngine } from './rpc/rpc-engine.ts';
import { celeryEngine } from './worker/celery-engine.ts';

/**
 * An engine that speaks Celery's protocol: TypeScript calls Python workers, and serves tasks that Python sends (not with `backend: 'rpc://'`).
 *
 * @throws CortadoError `CORTADO_QUEUE_URL`, `CORTADO_OPTION_UNKNOWN` or `CORTADO_OPTION_INVALID`.
 * @example
 * ```ts
 * const queue = new Queue({ engine: celery({ url: 'celery+redis://localhost:6379/0' }) });
 * ```
 */
export function celery(options: CeleryOptions): Engine {
  const settings = celerySettings(options);
  return settings.backend === 'rpc://' ? rpcEngine(settings) : celeryEngine(settings);
}
