import { CortadoError } from '../../base/error.ts';
import { shortPath } from '../../base/show/short-path.ts';
import type { App } from '../../http/app/app.ts';
import type { Queue } from '../../queue/queue.ts';

/** The queues that an app uses. Throws `CORTADO_CLI` where it uses none. */
export function findQueues(app: App, file: string): Queue[] {
  const queues = app.used.filter(isQueue);
  if (queues.length > 0) return queues;
  throw new CortadoError(
    'CORTADO_CLI',
    `The app of ${shortPath(file)} uses no queue. Add: app.use(queue, { prefix: '/tasks' });`,
  );
}

// By what it can do and not by class: the file may have loaded another copy of Cortado.
function isQueue(value: object): value is Queue {
  return 'task' in value && 'schedule' in value && 'handle' in value;
}
