import { type AbortSource, offAbort, onAbort } from './on-abort.ts';

/** A controller that fires with its parent, and can be let go of. */
export interface LinkedController {
  readonly controller: AbortController;
  /** Takes the listener off the parent. `AbortSignal.any` keeps one on a long-lived parent for every child. */
  readonly unlink: () => void;
}

export function linkedController(parent: AbortSource | undefined): LinkedController {
  const controller = new AbortController();
  if (parent?.aborted) controller.abort(parent.reason);
  if (parent === undefined || parent.aborted) return { controller, unlink: () => {} };
  const listener = { onAbort: (reason: unknown) => controller.abort(reason) };
  onAbort(parent, listener);
  return { controller, unlink: () => offAbort(parent, listener) };
}
