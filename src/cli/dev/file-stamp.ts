import { statSync } from 'node:fs';

export const noFile = 'gone';

/** Changes with each version of a file. */
export function fileStamp(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? noFile : `${stats.mtimeMs} ${stats.size}`;
}
