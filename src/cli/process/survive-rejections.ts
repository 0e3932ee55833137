import { currentFrame } from '../../concurrency/frame.ts';
import type { App } from '../../http/app/app.ts';

/**
 * Logs a rejection that nobody awaits with the request or task that it belongs to, and goes on: one forgotten `await` must not end the
 * requests of everybody else. Node ends the process, and goes on doing so where it is not known whose rejection it is.
 */
export function surviveRejections(app: App): void {
  process.on('unhandledRejection', (reason) => {
    const owner = currentFrame()?.scope?.owner;
    if (owner === undefined) throw reason;
    const err = reason instanceof Error ? reason : new Error(`not an Error: ${String(reason)}`);
    app.log.error(
      { route: owner, err },
      `something of ${owner} failed, and nothing awaited it: is an "await" missing?`,
    );
  });
}
