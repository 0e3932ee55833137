/** Calls `fn` when the promises that are settled right now have been followed, so that what they ask for goes along. */
export function afterMicrotasks(fn: () => void): void {
  queueMicrotask(() => process.nextTick(fn));
}
