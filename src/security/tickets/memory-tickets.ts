import { checkOptions } from '../../base/check-options.ts';
import { type Rules, whole } from '../../base/check-values.ts';
import { CortadoError } from '../../base/error.ts';
import { overloaded } from '../../base/overloaded.ts';
import type { TicketStore } from './ticket-store.ts';

/** Options of {@link memoryTickets}. */
export interface MemoryTicketsOptions {
  /** Most tickets that wait for their use. Default 10,000. */
  readonly max?: number;
}

const rules: Rules<MemoryTicketsOptions> = { max: whole(1) };

interface Kept {
  readonly value: string;
  readonly expiresAt: number;
}

/**
 * Keeps tickets in the memory of this process: for an app that runs in one.
 *
 * @throws CortadoError `CORTADO_OPTION_UNKNOWN`, `CORTADO_OPTION_INVALID`; `put` throws `CORTADO_OVERLOADED`, a 503, where it is full.
 * @example
 * ```ts
 * const socketTickets = tickets({ store: memoryTickets({ max: 1000 }) });
 * ```
 */
export function memoryTickets(options: MemoryTicketsOptions = {}): TicketStore {
  checkOptions('memoryTickets()', options, rules);
  const { max = 10_000 } = options;
  const kept = new Map<string, Kept>();
  const forgetExpired = (now: number): void => {
    for (const [hash, { expiresAt }] of kept) if (expiresAt <= now) kept.delete(hash);
  };
  let swept = 0;
  return {
    async put(hash, value, expiresAt) {
      const now = Date.now();
      // All of them are looked at, so not for each one that comes.
      if (now - swept >= pause) {
        forgetExpired(now);
        swept = now;
      }
      if (kept.size >= max)
        throw new CortadoError('CORTADO_OVERLOADED', `There are ${max} tickets already.`, overloaded);
      kept.set(hash, { value, expiresAt });
    },
    async take(hash) {
      const found = kept.get(hash);
      kept.delete(hash);
      return found !== undefined && found.expiresAt > Date.now() ? found.value : undefined;
    },
  };
}

// Milliseconds between two looks for what has expired.
const pause = 1000;
