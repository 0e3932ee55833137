import { shown } from '../base/check-values.ts';
import { invalidOption } from '../base/error.ts';

/** Throws where something among works is no function: what runs already cannot be aborted. */
export function checkWorks(owner: string, works: readonly unknown[]): void {
  if (!Array.isArray(works))
    throw invalidOption(`${owner} takes one array of functions, [() => one(), () => two()], not ${shown(works)}.`);
  const wrong = works.findIndex((work) => typeof work !== 'function');
  if (wrong >= 0)
    throw invalidOption(
      `${owner}: item ${wrong} is not a function. Pass () => work(), not work(): what runs already cannot be aborted.`,
    );
}

/** Throws where a limit is not 1 or more. */
export function checkConcurrency(owner: string, concurrency: number): void {
  if (!(concurrency >= 1)) throw invalidOption(`${owner}: concurrency must be 1 or more, not ${concurrency}.`);
}
