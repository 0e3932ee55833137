import { CortadoError } from '../../base/error.ts';
import type { Queue } from '../../queue/queue.ts';
import { findQueues } from '../app/find-queues.ts';
import { loadApp, silent } from '../app/load-app.ts';
import { printAndExit, quietConsole } from '../terminal/print.ts';

/** Loads an app, not started, and prints what `ask` says of its queues. */
export async function withQueues(
  file: string,
  name: string | undefined,
  ask: (queues: readonly Queue[]) => Promise<string>,
): Promise<void> {
  quietConsole();
  const app = await loadApp(file, name, silent);
  const queues = findQueues(app, file);
  for (const queue of queues) await refuseMemory(queue);
  const text = await ask(queues);
  for (const queue of queues) await queue.close();
  printAndExit(text);
}

/** Refuses a queue whose tasks no other process can see. */
export async function refuseMemory(queue: Queue): Promise<void> {
  const { capabilities, label } = await queue.open();
  if (!capabilities.shared)
    throw new CortadoError(
      'CORTADO_CLI',
      `The tasks are in the memory of the app's own process (${label}); ask its routes instead.`,
    );
}

/** The queue that has a task, and what it knows of it. Throws where none has. */
export async function findTask<T>(queues: readonly Queue[], ask: (queue: Queue) => Promise<T>): Promise<T> {
  let failure: unknown;
  for (const queue of queues) {
    try {
      return await ask(queue);
    } catch (error) {
      failure = error;
      if (!(error instanceof Error) || (error as CortadoError).code !== 'CORTADO_TASK_NOT_FOUND') throw error;
    }
  }
  throw failure;
}
