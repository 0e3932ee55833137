import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** A program and its arguments. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/** The core that servers run on, and the one that the load runs on. */
export const cores = { server: 0, load: 1 } as const;

/** Whether programs can be kept to one core each: it takes `taskset` (Linux) and two cores. */
export const canPin: boolean =
  availableParallelism() > 1 && spawnSync('taskset', ['-V'], { stdio: 'ignore' }).status === 0;

/** The same command, kept to one core where the machine can do that. */
export function onCore(core: number, { program, args }: Command): Command {
  return canPin ? { program: 'taskset', args: ['-c', String(core), program, ...args] } : { program, args };
}
