import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** What tells one process from all others that may share a database or a folder. */
export interface ProcessIdentity {
  /** The machine since its start, and the container: within it, a process id means one process. */
  readonly host: string;
  readonly pid: number;
  /** Unique for each start of a process. */
  readonly process: string;
}

export const ownIdentity: ProcessIdentity = {
  host: [
    hostname(),
    attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    attempt(() => readlinkSync('/proc/self/ns/pid')),
  ].join(' '),
  pid: process.pid,
  process: randomUUID(),
};

/** Whether a process has certainly ended. One on another machine, or whose id may have been given to another, has not certainly. */
export function hasEnded({ host, pid, process: started }: ProcessIdentity): boolean {
  if (host !== ownIdentity.host) return false;
  if (pid === ownIdentity.pid) return started !== ownIdentity.process;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
