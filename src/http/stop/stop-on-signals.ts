import { endProcess } from '../../base/process/end-process.ts';
import { outliveTerminal } from '../../base/process/hang-up.ts';
import { settledBy } from '../../concurrency/settled-by.ts';
import type { CloseOptions } from './stop.ts';
import { type Stoppable, stopAndReport } from './stop-and-report.ts';

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

// Docker kills ten seconds after it has asked.
const defaultDeadline = 8000;
// For what a stop does after its deadline: to cut, to report.
const extra = 5000;

// The apps of this process that have started: a signal stops them side by side.
const apps = new Map<Stoppable, CloseOptions>();
let isStopping = false;

/** Stops a started app in order on a signal, and then ends the process; until it has stopped, nothing else decides over signals. */
export function followSignals(app: Stoppable, options: CloseOptions): void {
  if (apps.size === 0 && !isStopping) for (const signal of signals) process.on(signal, onSignal);
  apps.set(app, options);
}

/** Leaves signals to Node again, where no other app wants to hear of them. */
export function forgetSignals(app: Stoppable): void {
  if (apps.delete(app) && apps.size === 0 && !isStopping) for (const signal of signals) process.off(signal, onSignal);
}

function onSignal(signal: keyof typeof exitCodes): void {
  if (isStopping) {
    // A terminal that is closed sends several.
    if (signal !== 'SIGHUP') void endProcess(exitCodes[signal]);
    return;
  }
  isStopping = true;
  outliveTerminal();
  const stops = [...apps].map(([app, options]) => stopInTime(app, { deadline: defaultDeadline, ...options }));
  void Promise.all(stops).then((codes) => endProcess(Math.max(...codes)));
}

// A start that never ends would make its stop wait for ever.
async function stopInTime(app: Stoppable, options: CloseOptions & { readonly deadline: number }): Promise<0 | 1> {
  const stopped = stopAndReport(app, options);
  if (await settledBy(stopped, options.deadline + (options.drain ?? 0) + extra)) return stopped;
  app.log.error(options, 'the app did not stop in time');
  return 1;
}
