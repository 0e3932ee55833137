import type { Engine } from '../../engine.ts';
import { CeleryEngine } from './celery-engine.ts';
import type { CeleryOptions } from './celery-options.ts';

/**
 * An engine that speaks Celery's protocol: TypeScript calls Python workers, and serves tasks that Python sends.
 *
 * @throws CortadoError `CORTADO_QUEUE_URL`, `CORTADO_OPTION_UNKNOWN` or `CORTADO_OPTION_INVALID`.
 * @example
 * ```ts
 * const queue = new Queue({ engine: celery({ url: 'celery+redis://localhost:6379/0' }) });
 * ```
 */
export function celery(options: CeleryOptions): Engine {
  return new CeleryEngine(options);
}
