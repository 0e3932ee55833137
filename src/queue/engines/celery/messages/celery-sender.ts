import type { Engine } from '../../../contract/engine.ts';
import type { Signature } from '../wire/signature.ts';

/** An engine that sends what Celery's workers understand. */
export interface CelerySender extends Engine {
  /** Sends a signature: a task, a chain, a group or a chord. Its ids are known at once. */
  readonly send: (signature: Signature) => Promise<void>;
  /** Names the parameters that a Python task takes by position only. */
  readonly takesPositional: (task: string, parameters: readonly string[]) => void;
}
