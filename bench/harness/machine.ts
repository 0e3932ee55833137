import { cpus, release, totalmem, type } from 'node:os';
import { canPin } from './cores.ts';
import { loadTool } from './load.ts';

/** One sentence on what a benchmark ran on, for its report. `load` tells where the load came from. */
export function describeMachine(load: string = httpLoad()): string {
  const [first] = cpus();
  const memory = Math.round(totalmem() / 1024 ** 3);
  return `${first?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, ${memory} GiB, ${type()} ${release().split('-')[0]}, Node ${process.versions.node}; ${load}.`;
}

function httpLoad(): string {
  const pinned = canPin ? 'server and load on a core of their own each' : 'server and load share the cores';
  return `load by ${loadTool}, ${pinned}`;
}
