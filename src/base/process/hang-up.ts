import { isatty } from 'node:tty';

/** Whether the process belongs to a terminal, whose end (SIGHUP) is its own. */
export function hasTerminal(): boolean {
  return [0, 1, 2].some((descriptor) => isatty(descriptor));
}

/** Lets a process live on, for as long as it takes to stop in order, where the terminal that it printed to was closed. */
export function outliveTerminal(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EIO' && error.code !== 'EPIPE') throw error;
    });
}
