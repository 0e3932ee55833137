import type { App, CloseOptions } from '../http/app.ts';

/** The exit code of a process that a signal ended. */
export const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** A signal that asks a process to end. */
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
  leave: (code: number) => void = process.exit,
): () => void {
  let stopping: Promise<void> | undefined;
  for (const signal of signals)
    process.on(signal, () => {
      if (stopping !== undefined && signal !== 'SIGHUP') process.exit(exitCodes[signal]);
      stopping ??= stopInOrder(app, options).then(leave);
    });
  return () => {
    stopping ??= stopInOrder(app, options).then(leave);
  };
}

// The exit code: 1 where something was cut, or failed to stop.
async function stopInOrder(app: App, options: CloseOptions): Promise<number> {
  try {
    app.log.info({ open: app.openRequests }, 'stopping: what is open may finish');
    const { ms, cut } = await app.close(options);
    app.log.info({ ms, cut: cut.length }, cut.length === 0 ? `stopped in order in ${ms} ms` : `stopped in ${ms} ms`);
    return cut.length === 0 ? 0 : 1;
  } catch (error) {
    app.log.error({ err: error }, 'the app failed to stop');
    return 1;
  }
}
