import type { CortadoError } from '../../base/error.ts';

/** Thrown by an engine that stored some tasks of a batch, and not others: for each task why not, or `undefined`. */
export class PartialFailure extends Error {
  readonly problems: readonly (CortadoError | undefined)[];

  constructor(problems: readonly (CortadoError | undefined)[]) {
    super(problems.find((problem) => problem !== undefined)?.message);
    this.name = 'PartialFailure';
    this.problems = problems;
  }
}
