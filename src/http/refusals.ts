import type { CortadoError } from '../base/error.ts';
import type { ErrorCode } from '../base/error-codes.ts';
import type { Logger } from '../base/logger.ts';
import type { Gauge } from '../inject/component.ts';
import type { Excess } from './limits.ts';

// What layers below refuse because they are full, and what that is called in logs and metrics.
const causes: Readonly<Partial<Record<ErrorCode, string>>> = {
  CORTADO_THREADS_BUSY: 'threads',
  CORTADO_DB_POOL: 'database',
  CORTADO_DB_BUSY: 'database',
};

// Limits and threads tell themselves whether they are full; a database only shows it by those who waited in vain.
const seenAfterwards = ['database'];

// One line per cause in so many milliseconds: a flood of requests must not become a flood of lines. For as long it counts as going on, too.
const pause = 1000;

interface Refused {
  total: number;
  /** How many of them the log knows of. */
  told: number;
  toldAt: number;
  at: number;
  reason: string;
}

/** The account of requests that were refused under load: the log and the metrics name the cause, the client does not learn it. */
export class Refusals {
  readonly #log: Logger;
  readonly #byCause = new Map<string, Refused>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Takes note of an error that ended a request, where it means that something is full. */
  noteError({ code, message }: CortadoError, route: string): void {
    const cause = causes[code];
    if (cause !== undefined) this.note({ cause, reason: message }, route);
  }

  note({ cause, reason }: Excess, route: string): void {
    const now = performance.now();
    let refused = this.#byCause.get(cause);
    if (refused === undefined) {
      refused = { total: 0, told: 0, toldAt: Number.NEGATIVE_INFINITY, at: now, reason };
      this.#byCause.set(cause, refused);
    }
    refused.total++;
    refused.at = now;
    refused.reason = reason;
    if (now - refused.toldAt < pause) return;
    const count = refused.total - refused.told;
    refused.toldAt = now;
    refused.told = refused.total;
    this.#log.warn({ cause, route, refused: count }, `${route} was refused: ${reason}`);
  }

  /** Why requests were refused within the last second, where nothing else can tell. */
  recent(): string[] {
    const since = performance.now() - pause;
    return seenAfterwards.flatMap((cause) => {
      const refused = this.#byCause.get(cause);
      return refused !== undefined && refused.at >= since ? [refused.reason] : [];
    });
  }

  gauges(): Gauge[] {
    const help = 'Requests that were answered 503 because something was full, by cause.';
    return [...this.#byCause].map(([cause, { total }]) => ({
      name: 'cortado_requests_refused_total',
      help,
      value: total,
      labels: { cause },
    }));
  }
}
