import type { Enqueued, NewTask } from '../contract/engine.ts';
import type { Gate } from '../contract/gate.ts';

/** What tasks need of the queue that declares them. */
export interface TaskHost {
  readonly gate: Gate;
  readonly payloadLimit: number;
  readonly now: () => number;
  readonly enqueue: (task: NewTask) => Promise<Enqueued>;
  readonly enqueueAll: (tasks: readonly NewTask[]) => Promise<readonly Enqueued[]>;
}
