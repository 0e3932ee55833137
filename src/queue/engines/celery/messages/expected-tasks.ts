import type { NewTask } from '../../../contract/engine.ts';
import type { Signature } from '../../../contract/signature.ts';
import { queueName } from '../brokers/broker.ts';
import { encodeJson } from '../wire/encode-json.ts';
import { leaves } from './freeze.ts';
import { type Parent, routeOf } from './outgoing.ts';

/**
 * All tasks of a frozen signature: those that are sent now, and those whose ids are known although whoever runs the one before sends them. Their
 * queues are the broker's.
 */
export function expectedTasks(frozen: Signature, parent: Parent): readonly NewTask[] {
  return leaves(frozen).map((leaf) => ({
    ...{ priority: 0, expiresAt: undefined, unique: undefined, after: [], headers: {} },
    id: leaf.options['task_id'] as string,
    name: leaf.task,
    queue: queueName(routeOf(leaf, parent)),
    input: encodeJson(leaf.kwargs),
    createdAt: parent.now,
    runAt: parent.now,
  }));
}
