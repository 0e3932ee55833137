import { outliveTerminal } from '../../base/process/hang-up.ts';
import { type CommandSettings, queueNames } from '../../base/process/process-settings.ts';
import { findQueues } from '../app/find-queues.ts';
import { loadApp } from '../app/load-app.ts';
import { stopOnSignal } from '../process/stop-on-signal.ts';
import { surviveRejections } from '../process/survive-rejections.ts';
import { refuseMemory } from '../tasks/with-queues.ts';
import { showProgress } from './show-progress.ts';

/** What `cortado worker` runs. */
export interface WorkSettings {
  readonly file: string;
  readonly app?: string;
  /** Names, with commas between. */
  readonly queues?: string;
  readonly concurrency?: number;
  /** Milliseconds that tasks get to finish. */
  readonly deadline: number;
}

/** Starts an app that serves nothing and runs its tasks, until a signal stops it. */
export async function work({ file, app: name, queues, concurrency, deadline }: WorkSettings): Promise<void> {
  outliveTerminal();
  const isTerminal = process.stderr.isTTY === true;
  const settings: CommandSettings = {
    usual: { log: isTerminal ? 'pretty' : 'json', taskLog: true },
    decided: {
      worker: true,
      ...(queues && { workerQueues: queueNames(queues) }),
      ...(concurrency !== undefined && { workerConcurrency: concurrency }),
    },
  };
  const app = await loadApp(file, name, settings, { NODE_ENV: 'production' });
  surviveRejections(app);
  const served = findQueues(app, file);
  for (const queue of served) await refuseMemory(queue);
  await app.ready();
  const tasks = served.flatMap((queue) => queue.tasks.map((task) => task.name));
  const schedules = served.flatMap((queue) => queue.schedules.map((schedule) => schedule.name));
  app.log.info({ tasks, schedules }, `worker ready: ${tasks.length} tasks declared`);
  if (isTerminal) process.once('exit', showProgress(app, process.stderr));
  stopOnSignal(app, { deadline }, ['SIGINT', 'SIGTERM', 'SIGHUP']);
}
