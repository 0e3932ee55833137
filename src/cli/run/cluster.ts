import cluster from 'node:cluster';
import { hasTerminal, outliveTerminal } from '../../base/process/hang-up.ts';
import { entryFile } from '../../base/process/own-files.ts';
import { processSettings } from '../../base/process/process-settings.ts';
import { makeLogger } from '../../http/log/make-logger.ts';
import { relayMetrics } from '../../metrics/relay.ts';
import { exitCodes, type StopSignal } from '../process/stop-on-signal.ts';
import type { ServeSettings } from './serve.ts';
import { WorkerFailed } from './start-worker.ts';
import { Workers } from './workers.ts';

/**
 * Serves an app in `count` processes until a signal stops them; resolves to the exit code. SIGHUP reloads them one by one, as nginx and
 * gunicorn do; where the process belongs to a terminal, it means that the terminal was closed, and stops them.
 */
export async function runCluster(settings: ServeSettings, count: number): Promise<number> {
  cluster.setupPrimary({
    exec: entryFile('cli/run/worker'),
    args: [JSON.stringify(settings)],
    execArgv: process.execArgv,
  });
  relayMetrics();
  const log = makeLogger(undefined, processSettings());
  const workers = new Workers(log, settings.deadline);
  outliveTerminal();
  const isOfTerminal = hasTerminal();
  const stopped = stopOnSignals(workers, isOfTerminal ? ['SIGINT', 'SIGTERM', 'SIGHUP'] : ['SIGINT', 'SIGTERM']);
  if (!isOfTerminal) process.on('SIGHUP', () => void workers.reload());
  try {
    await workers.start(count);
  } catch (error) {
    if (!(error instanceof WorkerFailed)) throw error;
    console.error(error.lines.join('\n'));
    return 1;
  }
  log.info({ workers: count }, `${count} workers serve ${settings.host}:${settings.port}`);
  return stopped;
}

function stopOnSignals(workers: Workers, signals: readonly StopSignal[]): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let isStopping = false;
  for (const signal of signals)
    process.on(signal, () => {
      if (isStopping && signal === 'SIGHUP') return;
      if (isStopping) {
        workers.kill();
        return resolve(exitCodes[signal]);
      }
      isStopping = true;
      void workers.stop().then(resolve);
    });
  return promise;
}
