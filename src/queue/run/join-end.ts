import { CortadoError } from '../../base/error.ts';
import { runInFrame } from '../../concurrency/frame.ts';
import type { Closing } from '../../inject/close.ts';
import type { Scope } from '../../inject/scope.ts';
import type { Claim } from '../contract/engine.ts';
import type { Gate } from '../contract/gate.ts';

/**
 * Has the end of a run that went well committed with its session, where that has written in the queue's own database. What it returns tells,
 * once the session has ended, whether that was so; `undefined` where there is no such session.
 */
export function joinEnd(claim: Claim, result: string, scope: Scope, gate: Gate): (() => boolean) | undefined {
  if (!gate.capabilities.atomicEnd) return undefined;
  const session = runInFrame(scope, () => gate.currentTransaction());
  return session && gate.joinEnd({ claim, outcome: { kind: 'succeeded', result } }, session);
}

/** Whether the session was rolled back because its run's task was given to another worker. */
export function isLostError(closing: Closing): boolean {
  return closing.failed && closing.error instanceof CortadoError && closing.error.code === 'CORTADO_TASK_LOST';
}
