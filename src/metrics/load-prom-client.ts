import { createRequire } from 'node:module';
import { CortadoError } from '../base/error.ts';

/** Loads `prom-client`, at the declaration: whoever has metrics of their own needs the registry by then. */
export function loadPromClient(): typeof import('prom-client') {
  try {
    return createRequire(import.meta.url)('prom-client') as typeof import('prom-client');
  } catch (cause) {
    const message = 'metrics() needs the package that keeps them: npm install prom-client';
    throw new CortadoError('CORTADO_METRICS', message, { cause });
  }
}
