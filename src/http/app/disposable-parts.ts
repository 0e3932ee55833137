import type { ComponentParts } from '../../inject/component.ts';

/** Whether it can be disposed of, which is all that an app must know of it. */
export function isDisposable(value: unknown): value is AsyncDisposable | Disposable {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    (Symbol.asyncDispose in value || Symbol.dispose in value)
  );
}

let disposables = 0;

/** A component that is nothing but disposed of. */
export function disposableParts(value: AsyncDisposable | Disposable): ComponentParts {
  const dispose = (): Promise<void> | void =>
    Symbol.asyncDispose in value ? Promise.resolve(value[Symbol.asyncDispose]()) : value[Symbol.dispose]();
  return { name: `disposable ${++disposables}`, stop: dispose };
}
