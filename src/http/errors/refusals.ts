import { CortadoError } from '../../base/error.ts';
import type { ErrorCode } from '../../base/error-codes.ts';
import type { Logger } from '../../base/logger.ts';
import type { Gauge } from '../../inject/component.ts';

// What layers below refuse because something is full or away, and what that is called in logs and metrics.
const full: Readonly<Partial<Record<ErrorCode, string>>> = {
  CORTADO_THREADS_BUSY: 'threads',
  CORTADO_DB_POOL: 'database',
  CORTADO_DB_BUSY: 'database',
  CORTADO_UPLOADS_FULL: 'uploads',
};
const away: Readonly<Partial<Record<ErrorCode, string>>> = {
  CORTADO_DB_UNREACHABLE: 'database-away',
  CORTADO_QUEUE_UNREACHABLE: 'queue-away',
};

// Limits and threads tell themselves whether they are full, and databases whether they are away; the rest only shows by those who waited in vain.
const seenAfterwards = ['database', 'queue-away'];

// The author of an HttpError chose what the client learns; whoever was aborted has left, or is told of by the stop.
const toldOtherwise: readonly ErrorCode[] = ['CORTADO_HTTP', 'CORTADO_ABORTED'];

// One line per cause in so many milliseconds: a flood of requests must not become a flood of lines. For as long it counts as going on, too.
const pause = 1000;

const mostRoutes = 1000;

/** Why a request is refused. */
export interface Excess {
  /** The limit, `in-flight` for example. */
  readonly cause: string;
  /** In words, for logs and for `/readyz`. */
  readonly reason: string;
}

interface Refused {
  total: number;
  /** How many of them the log knows of. */
  told: number;
  toldAt: number;
  at: number;
  reason: string;
}

/** The account of requests that could not be answered as they should: the log and the metrics name the cause, the client does not learn it. */
export class Refusals {
  readonly #log: Logger;
  readonly #byCause = new Map<string, Refused>();
  readonly #byRoute = new Map<string, Refused>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Takes note of an error that ended a request, where its status says that a fault of the server is to be expected. */
  noteError(error: unknown, route: string): void {
    const failure = meantBy(error);
    if (failure === undefined) return;
    const { code, message } = failure;
    const cause = full[code] ?? away[code];
    if (cause !== undefined)
      this.note({ cause, reason: message }, route, away[code] === undefined ? undefined : failure);
    else if (!toldOtherwise.includes(code)) this.#noteFailure(failure, route);
  }

  /** Takes note of a request that was refused; the stack of an error goes along to the log. */
  note({ cause, reason }: Excess, route: string, err?: CortadoError): void {
    const count = countIn(this.#byCause, cause, reason);
    if (count === 0) return;
    const line = `${route} was refused: ${reason}`;
    if (err === undefined) this.#log.warn({ cause, route, refused: count }, line);
    else this.#log.error({ cause, route, refused: count, err }, line);
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
    const help = 'Requests that were answered 503 because something was full or away, by cause.';
    return [...this.#byCause].map(([cause, { total }]) => ({
      name: 'cortado_requests_refused_total',
      help,
      value: total,
      labels: { cause },
    }));
  }

  // A time limit, another service that failed and the like are of one route.
  #noteFailure(err: CortadoError, route: string): void {
    // Where no route takes a path, that is the client's choice.
    if (this.#byRoute.size >= mostRoutes) this.#byRoute.clear();
    const count = countIn(this.#byRoute, `${err.code} ${route}`, err.message);
    if (count > 0) this.#log.warn({ err, route, failed: count }, `${route} failed: ${err.message}`);
  }
}

/** Of several errors the first is the cause. Only what has a status of 500 and more of its own is expected. */
function meantBy(error: unknown): CortadoError | undefined {
  const first = error instanceof AggregateError ? error.cause : error;
  return first instanceof CortadoError && first.status !== undefined && first.status > 500 ? first : undefined;
}

/** Counts one more; gives how many the log does not know of, or 0 where it was told a moment ago. */
function countIn(all: Map<string, Refused>, key: string, reason: string): number {
  const now = performance.now();
  let refused = all.get(key);
  if (refused === undefined)
    all.set(key, (refused = { total: 0, told: 0, toldAt: Number.NEGATIVE_INFINITY, at: now, reason }));
  refused.total++;
  refused.at = now;
  refused.reason = reason;
  if (now - refused.toldAt < pause) return 0;
  const count = refused.total - refused.told;
  refused.toldAt = now;
  refused.told = refused.total;
  return count;
}
