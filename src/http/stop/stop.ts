import type { OpenRequests } from '../request/open-requests.ts';
import { RequestAborted } from '../request/request-aborted.ts';

/** Options of `app.close`. */
export interface CloseOptions {
  /** Milliseconds that everything gets to finish; then signals fire, and what does not heed them is cut. Default 10,000. */
  readonly deadline?: number;
  /** Milliseconds for which connections are still let in, while load balancers learn that the app is not ready. Default 0. */
  readonly drain?: number;
  /**
   * Milliseconds for which connections without a request are kept, once none is let in: a client may have sent its next one already. Each answer
   * ends its connection, so the wait is over when all are gone. Default 50; a worker of `cortado run --workers` gives a second.
   */
  readonly linger?: number;
}

/** Something that a stop did not wait for any longer. */
export interface Cut {
  readonly what: 'requests' | 'deferred work' | 'component';
  /** The route or the component. */
  readonly name: string;
  readonly count: number;
}

/** How a stop went. */
export interface StopReport {
  /** Milliseconds that it took. */
  readonly ms: number;
  /** What had not ended when its deadline had passed; empty where everything ended in order. */
  readonly cut: readonly Cut[];
}

/** What a stop does, in this order. */
export interface StopStages {
  /** Lets no connection in, and resolves once all have ended. */
  readonly closeServer: (overdue: AbortSignal) => Promise<void>;
  /** What is open: a request may have its answer before what it opened has closed, and before what it deferred is done. */
  readonly requests: OpenRequests;
  /** Fires the signals of what is open. */
  readonly abort: (reason: RequestAborted) => void;
  readonly hangUp: () => void;
  /** Stops the components, last used first; calls `late` for each that does not end. */
  readonly stopComponents: (overdue: AbortSignal, late: (name: string) => void) => Promise<void>;
}

// What was told to end gets this long to do so, and to send its 503.
const lastWords = 300;

/**
 * Stops in order within `deadline` milliseconds, and a little more for what was told to end.
 *
 * @param deadline Milliseconds, or what fires at the deadline of a stop that this one is a part of.
 */
export async function stopInOrder(stages: StopStages, deadline: number | AbortSignal): Promise<StopReport> {
  const began = performance.now();
  const cut: Cut[] = [];
  const overdue = new AbortController();
  const { promise: givenUp, resolve: giveUp } = Promise.withResolvers<void>();
  let words: NodeJS.Timeout | undefined;
  const onDeadline = (): void => {
    cut.push(...openWork(stages.requests));
    const reason = new RequestAborted('stopping');
    overdue.abort(reason);
    stages.abort(reason);
    words = setTimeout(() => {
      stages.hangUp();
      giveUp();
    }, lastWords);
  };
  const timer = typeof deadline === 'number' ? setTimeout(onDeadline, deadline) : undefined;
  if (typeof deadline === 'object') {
    if (deadline.aborted) onDeadline();
    else deadline.addEventListener('abort', onDeadline, { once: true });
  }
  try {
    await Promise.race([stages.closeServer(overdue.signal), givenUp]);
    await Promise.race([stages.requests.idle(), givenUp]);
    await stages.stopComponents(overdue.signal, (name) => cut.push({ what: 'component', name, count: 1 }));
  } finally {
    clearTimeout(timer);
    clearTimeout(words);
    if (typeof deadline === 'object') deadline.removeEventListener('abort', onDeadline);
  }
  return { ms: Math.round(performance.now() - began), cut };
}

function openWork(requests: OpenRequests): Cut[] {
  return requests
    .byRoute()
    .flatMap(({ route, scopes, deferred }): Cut[] => [
      ...(scopes > 0 ? [{ what: 'requests', name: route, count: scopes } as const] : []),
      ...(deferred > 0 ? [{ what: 'deferred work', name: route, count: deferred } as const] : []),
    ]);
}
