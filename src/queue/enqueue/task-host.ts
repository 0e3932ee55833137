import type { Enqueued, NewTask } from '../contract/engine.ts';
import type { Gate } from '../contract/gate.ts';
import type { LazyGate } from '../contract/lazy-gate.ts';

export interface TaskHost {
  readonly gate: LazyGate;
  /** Most bytes of JSON that an input may have. */
  readonly payloadLimit: number;
  readonly now: () => number;
  readonly enqueue: (task: NewTask, gate: Gate) => Promise<Enqueued>;
  readonly enqueueAll: (tasks: readonly NewTask[], gate: Gate) => Promise<readonly Enqueued[]>;
}
