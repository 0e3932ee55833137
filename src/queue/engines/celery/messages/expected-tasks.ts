import type { Signature } from '../../../contract/signature.ts';
import { queueName } from '../brokers/broker.ts';
import { leaves } from './freeze.ts';
import { type Parent, routeOf } from './outgoing.ts';

/** A task that a signature leads to. */
export interface ExpectedTask {
  readonly id: string;
  readonly name: string;
  /** The broker's name. */
  readonly queue: string;
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** All tasks of a frozen signature: those that are sent now, and those whose ids are known although whoever runs the one before sends them. */
export function expectedTasks(frozen: Signature, parent: Parent): readonly ExpectedTask[] {
  return leaves(frozen).map((leaf) => ({
    id: leaf.options['task_id'] as string,
    name: leaf.task,
    queue: queueName(routeOf(leaf, parent)),
    kwargs: leaf.kwargs,
  }));
}
