import { finalStates, type TaskState } from '../../queue/contract/task-record.ts';
import { withQueues } from './with-queues.ts';

/**
 * Deletes tasks that are over.
 *
 * @param age Milliseconds: those that ended longer ago.
 */
export async function pruneTasks(
  file: string,
  app: string | undefined,
  age: number,
  status: string | undefined,
): Promise<void> {
  const states = status === undefined ? finalStates : [status as TaskState];
  await withQueues(file, app, async (queues) => {
    const counts = await Promise.all(queues.map((queue) => queue.prune(states, Date.now() - age)));
    const total = counts.reduce((sum, count) => sum + count, 0);
    return `${total} task${total === 1 ? ' is' : 's are'} deleted.\n`;
  });
}
