import { CortadoError } from '../../base/error.ts';
import type { AppArguments } from '../app/app-arguments.ts';
import { findTask, withQueues } from './with-queues.ts';

/** Queues a task once more. */
export async function retryTask(id: string, file: string, { app }: AppArguments): Promise<void> {
  await withQueues(file, app, async (queues) => {
    await findTask(queues, (queue) => queue.handle(id).retry());
    return `${id} is queued again.\n`;
  });
}

/** Cancels a task, or asks a running one to end. */
export async function cancelTask(id: string, file: string, { app }: AppArguments): Promise<void> {
  await withQueues(file, app, async (queues) => {
    const result = await findTask(queues, (queue) => queue.handle(id).cancel('It was cancelled by the command.'));
    if (result === 'over') throw new CortadoError('CORTADO_CLI', `${id} is over already.`);
    return result === 'cancelled' ? `${id} is cancelled.\n` : `${id} runs, and was asked to end.\n`;
  });
}
