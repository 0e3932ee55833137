import type { Worker } from 'node:worker_threads';

// From the first import on, so before an app is loaded.
const running = new Set<Worker>();
process.on('worker', (worker: Worker) => {
  running.add(worker);
  worker.once('exit', () => running.delete(worker));
});

// Milliseconds that threads get to end. One that runs JavaScript ends at once.
const patience = 200;

/**
 * Ends this process at once. `process.exit` alone waits for threads, and one that is in native code, a long statement of SQLite for example,
 * hears nothing before that is done.
 */
export async function endProcess(code: number): Promise<never> {
  if (running.size > 0) {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, patience);
    await Promise.race([Promise.all([...running].map((worker) => worker.terminate())), over]);
  }
  if (running.size > 0) leaveThreads(code);
  process.exit(code);
}

// Another program in the place of this one takes its threads with it, and ends with the code. A signal could not: as the first process of a
// container, this one would not die of its own.
function leaveThreads(code: number): never {
  process.emit('exit', code);
  // Not on Windows.
  process.execve?.(process.execPath, [process.execPath, '-e', `process.exit(${code})`], {});
  process.kill(process.pid, 'SIGKILL');
  throw new Error('The process lives on.');
}
