import type { Logger } from '../../base/logger.ts';
import type { Context } from '../../declare/context.ts';
import { dependency } from '../../declare/dependency.ts';
import type { ComponentParts } from '../../inject/component.ts';
import { type Opened, openDependency } from '../../inject/open.ts';

/**
 * What runs around the life of an app: a generator that yields once, or a function that may return something disposable. Its context has the
 * app's log, and a signal that fires when a stop begins.
 */
export type Lifespan = (
  context: Context,
) => AsyncGenerator<unknown, void> | Generator<unknown, void> | AsyncDisposable | Disposable | Promise<unknown> | void;

/** A lifespan as a part of its app. */
export function lifespanParts(lifespan: Lifespan, log: Logger): ComponentParts {
  const declared = dependency((_, context: Context): unknown => lifespan(context), { name: 'lifespan', scope: 'app' });
  let opened: Opened | undefined;
  let stop = new AbortController();
  return {
    name: 'lifespan',
    start: async () => {
      stop = new AbortController();
      opened = await openDependency(declared, {}, { log, signal: stop.signal });
    },
    stopping: () => stop.abort(),
    stop: async () => {
      const close = opened?.close;
      opened = undefined;
      await close?.(undefined, false);
    },
  };
}
