// The thread of one SQLite connection. It imports only Node's own modules and its neighbours, as a thread inherits no loader.
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { Message, OpenOptions, OperationResult, Report } from './protocol.ts';
import { ThreadDatabase } from './thread-database.ts';

const port = parentPort!;
const options = workerData as OpenOptions;
const say = (report: Report): void => port.postMessage(report);

function perform(database: ThreadDatabase, { operations, shared }: Message): OperationResult[] {
  if (!shared) return operations.map((operation) => database.perform(operation));
  const results: OperationResult[] = [];
  while (results.length < operations.length && Atomics.add(options.claims, 0, 1) === results.length)
    results.push(database.perform(operations[results.length]!));
  return results;
}

// SQLite only says that it was unable to open the file.
function whyUnopened(error: unknown): string {
  const folder = dirname(options.path);
  if (options.path !== ':memory:' && !existsSync(folder)) return `the folder ${folder} does not exist`;
  return error instanceof Error ? error.message : String(error);
}

try {
  const database = new ThreadDatabase(options, () => say({ kind: 'changed' }));
  port.on('message', (message: Message) => {
    say({ kind: 'results', results: perform(database, message) });
    if (message.operations.at(-1)?.kind === 'close') port.close();
  });
  say({ kind: 'open' });
} catch (error) {
  say({ kind: 'unopened', message: whyUnopened(error) });
  port.close();
}
