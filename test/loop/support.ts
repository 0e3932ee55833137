import type { Logger } from '../../src/base/logger.ts';

/** A logger that keeps what it is told. */
export interface HeardLogger extends Logger {
  readonly warnings: { fields: Record<string, unknown>; text: string }[];
  /** Warnings that blame somebody: on a busy machine the loop is late through nobody's fault, too. */
  readonly blames: () => { fields: Record<string, unknown>; text: string }[];
  readonly errors: string[];
}

export function heardLogger(): HeardLogger {
  const warnings: HeardLogger['warnings'] = [];
  const errors: string[] = [];
  const logger = {
    warnings,
    blames: () => warnings.filter(({ fields }) => fields['owner'] !== undefined),
    errors,
    level: 'warn',
    fatal: () => {},
    trace: () => {},
    debug: () => {},
    info: () => {},
    warn: (fields: object, text = '') => void warnings.push({ fields: fields as Record<string, unknown>, text }),
    error: (fields: object, text = '') => void errors.push(`${text} ${(fields as { err?: Error }).err?.message ?? ''}`),
    child: () => logger,
  };
  return logger;
}

/** Computes on the loop. */
export function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Lets the guard notice. */
export const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));
