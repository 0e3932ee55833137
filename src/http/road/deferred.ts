import type { Logger } from '../../base/logger.ts';
import { runInFrame } from '../../concurrency/frame.ts';
import { type DeferredWork, takeDeferred } from '../request/context.ts';
import { logThrown } from '../request/log-thrown.ts';
import type { Spool } from '../uploads/spool.ts';
import type { Passage, PreparedRoute } from './passage.ts';

/** Starts what was deferred until the answer was sent. A stop waits for it, like for a request, and its signal fires at the deadline. */
export function startDeferred({ prepared, context, outcome, spool }: Passage): void {
  if (outcome.failed) return;
  const works = takeDeferred(context);
  if (works === undefined) return;
  prepared.counter.deferred++;
  spool?.hold();
  void runAll(works, prepared, context.log, spool);
}

// In their order, as FastAPI's BackgroundTasks; but one that fails does not keep the others from running.
async function runAll(
  works: readonly DeferredWork[],
  { counter, signals, route }: PreparedRoute,
  log: Logger,
  spool: Spool | undefined,
): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  signals.ends.add(controller);
  for (const work of works) {
    try {
      await runInFrame({ signal, scope: undefined }, () => work(signal));
    } catch (error) {
      // What was told to end did not fail.
      if (!signal.aborted || error !== signal.reason)
        logThrown(log, error, { route: route.name }, 'deferred work failed');
    }
  }
  await spool?.release();
  signals.ends.delete(controller);
  counter.end('deferred');
}
