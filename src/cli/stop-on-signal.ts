import type { App } from '../http/app.ts';

const codes = { SIGINT: 130, SIGTERM: 143 } as const;

/** A signal that asks a process to end. */
export type StopSignal = keyof typeof codes;

/**
 * Stops an app in order on the first of the signals, and then ends the process; a second one ends it at once. Returns what asks for the
 * same without a signal.
 */
export function stopOnSignal(app: App, deadline: number, signals: readonly StopSignal[]): () => void {
  let stopping: Promise<void> | undefined;
  for (const signal of signals)
    process.on(signal, () => {
      if (stopping !== undefined) process.exit(codes[signal]);
      stopping = stopInOrder(app, deadline);
    });
  return () => {
    stopping ??= stopInOrder(app, deadline);
  };
}

// Exit code 1 where something failed to stop.
async function stopInOrder(app: App, deadline: number): Promise<void> {
  try {
    await app.close({ deadline });
  } catch (error) {
    app.log.error({ err: error }, 'the app failed to stop');
    process.exit(1);
  }
  process.exit();
}
