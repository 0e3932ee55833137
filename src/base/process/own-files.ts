import { existsSync } from 'node:fs';
import { dirname, extname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The folder of Cortado's own modules: `src`, or `dist` of the package. Once bundled, a module no longer lies where it did, so that nothing but this may
 * look for a file from where it stands.
 */
export const ownFolder: string = findFolder(dirname(import.meta.filename));

// Somebody may have bundled it once more, into a file that no package.json stands above.
function findFolder(from: string): string {
  const above = dirname(from);
  return above === from || existsSync(join(above, 'package.json')) ? from : findFolder(above);
}

const insideOwn: readonly string[] = [`${ownFolder}${sep}`, `${pathToFileURL(ownFolder).href}/`];

/** Whether a line of a stack lies in Cortado itself. */
export function isOwnLine(line: string): boolean {
  return insideOwn.some((folder) => line.includes(folder));
}

/** The modules that threads and processes of their own begin with; the build keeps each in its place. */
export const entries = [
  'cli/dev/app-process',
  'cli/dev/report-imports',
  'cli/run/worker',
  'db/sqlite/thread/worker',
  'loop/watchdog/watchdog-thread',
  'queue/engines/sql/sentinel/sentinel-thread',
  'threads/worker',
] as const;

/** Path of a module that a thread or a process begins with: `.ts` in the sources, `.js` once compiled. */
export function entryFile(entry: (typeof entries)[number]): string {
  return join(ownFolder, `${entry}${extname(import.meta.filename)}`);
}
