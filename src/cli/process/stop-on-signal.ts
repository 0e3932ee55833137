import { endProcess } from '../../base/process/end-process.ts';
import type { App } from '../../http/app/app.ts';
import type { CloseOptions } from '../../http/stop/stop.ts';
import { stopAndReport } from '../../http/stop/stop-and-report.ts';

/** The exit code of a process that a signal ended. */
export const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export type StopSignal = keyof typeof exitCodes;

/**
 * Stops an app in order on the first of the signals, and then ends the process; a second one ends it at once, but for SIGHUP: a
 * terminal that is closed sends several. Returns what asks for the same without a signal.
 *
 * @param leave Ends the process, once the app has stopped.
 */
export function stopOnSignal(
  app: App,
  options: CloseOptions,
  signals: readonly StopSignal[],
  leave: (code: number) => void = endProcess,
): () => void {
  let stopping: Promise<void> | undefined;
  const stop = (): void => void (stopping ??= stopAndReport(app, options).then(leave));
  for (const signal of signals)
    process.on(signal, () => {
      if (stopping !== undefined && signal !== 'SIGHUP') void endProcess(exitCodes[signal]);
      stop();
    });
  return stop;
}
