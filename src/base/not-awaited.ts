import { CortadoError } from './error.ts';

/** Makes a promise say that it is none of what it will be, where somebody reads it as if it were. */
export type NotAwaited = <T>(promise: Promise<T>) => Promise<T>;

/**
 * Prepares what is done to promises of a call, so that a forgotten `await` is told where it is: in JavaScript a member of a promise is
 * `undefined`, of which JSON makes nothing.
 *
 * @param call What gives it, `task "send-email".enqueue()`.
 * @param members Names of what the promise resolves to has.
 */
export function notAwaited(call: string, members: readonly string[]): NotAwaited {
  const prototype = Object.create(Promise.prototype) as object;
  for (const name of members) {
    if (name in Promise.prototype) continue;
    Object.defineProperty(prototype, name, {
      configurable: true,
      get(this: Promise<unknown>) {
        // What is told here need not end the process later.
        this.catch(() => {});
        const message = `"${name}" was read of ${call}, which is a promise still: put "await" before it.`;
        throw new CortadoError('CORTADO_NOT_AWAITED', message);
      },
    });
  }
  return (promise) => Object.setPrototypeOf(promise, prototype) as typeof promise;
}

/** Refuses a value that was not waited for, where a text of it would be `[object Promise]`. */
export function refusePromise(owner: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (value instanceof Promise) value.catch(() => {});
  if (typeof (value as { readonly then?: unknown }).then === 'function')
    throw new CortadoError('CORTADO_NOT_AWAITED', `${owner} is a promise: await it.`);
}

/** The public members of a class's instances, those that its constructor sets named by `own`. */
export function membersOf(type: { readonly prototype: object }, ...own: readonly string[]): readonly string[] {
  return [...own, ...Object.getOwnPropertyNames(type.prototype).filter((name) => name !== 'constructor')];
}
