import { statSync } from 'node:fs';

export const gone = 'gone';

/** Changes with each version of a file. */
export function fileStamp(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? gone : `${stats.mtimeMs} ${stats.size}`;
}
