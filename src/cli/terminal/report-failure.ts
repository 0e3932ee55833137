import { describeFailure } from './describe-failure.ts';

/** Says on standard error why the command failed: one line, and the reader's own stack where the fault is in their code. */
export function reportFailure(error: unknown): void {
  console.error(describeFailure(error).join('\n'));
}
