// The thread of one SQLite connection. It imports only Node's own modules and its neighbours, as a thread inherits no loader.
import { parentPort, workerData } from 'node:worker_threads';
import type { OpenOptions, Operation, Report } from './protocol.ts';
import { ThreadDatabase } from './thread-database.ts';

const port = parentPort!;
const say = (report: Report): void => port.postMessage(report);

try {
  const database = new ThreadDatabase(workerData as OpenOptions, () => say({ kind: 'changed' }));
  port.on('message', (operations: readonly Operation[]) => {
    say({ kind: 'results', results: operations.map((operation) => database.perform(operation)) });
    if (operations.at(-1)?.kind === 'close') port.close();
  });
  say({ kind: 'open' });
} catch (error) {
  say({ kind: 'unopened', message: error instanceof Error ? error.message : String(error) });
  port.close();
}
