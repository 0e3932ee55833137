import cluster, { type Worker } from 'node:cluster';
import { CortadoError } from '../../base/error.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** Starts a worker; resolves once it listens. Rejects with `CORTADO_CLI` and the worker's own words when it cannot. */
export function startWorker(): Promise<Worker> {
  const { promise, resolve, reject } = Promise.withResolvers<Worker>();
  const worker = cluster.fork();
  // Code of the app may send messages of its own, of any kind.
  worker.on('message', (message: FromWorker | null) => {
    if (message === null) return;
    if (message.type === 'ready') resolve(worker);
    else if (message.type === 'leaving') tellWorker(worker, { type: 'leave' });
    else if (message.type === 'failed') reject(new WorkerFailed(message.lines));
  });
  worker.once('exit', (code, signal) =>
    reject(new WorkerFailed([`cortado: a worker ended while it started (${signal ?? code})`])),
  );
  return promise;
}

/** Tells a worker something; one that is gone hears nothing. */
export function tellWorker(worker: Worker, message: ToWorker): void {
  // Without a callback a worker that dies meanwhile would be an `error` event, and end the primary.
  if (worker.isConnected()) worker.send(message, () => {});
}

export class WorkerFailed extends CortadoError {
  override name = 'WorkerFailed';
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super('CORTADO_CLI', lines.join('\n'));
    this.lines = lines;
  }
}
