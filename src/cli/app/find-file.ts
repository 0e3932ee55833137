import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CortadoError } from '../../base/error.ts';

const folders = ['.', 'src', 'app'] as const;
const names = ['main', 'app', 'server', 'index', 'api'] as const;
const endings = ['.ts', '.js', '.mts', '.mjs'] as const;

/**
 * The file with the app: the named one; else the first of main, app, server, index and api in `.`, `src` and `app`. As `fastapi` does for
 * Python's names.
 *
 * @throws CortadoError `CORTADO_CLI`.
 */
export function findFile(named: string | undefined): string {
  if (named === undefined) return usualFile(process.cwd());
  const path = resolve(named);
  if (!existsSync(path)) throw new CortadoError('CORTADO_CLI', `there is no file "${named}".`);
  return statSync(path).isDirectory() ? usualFile(path) : path;
}

function usualFile(root: string): string {
  for (const folder of folders)
    for (const name of names)
      for (const ending of endings) {
        const path = join(root, folder, `${name}${ending}`);
        if (existsSync(path)) return path;
      }
  throw new CortadoError(
    'CORTADO_CLI',
    `no app file is named, and there is none of ${names.join(', ')} (.ts, .js) in ${folders.join(', ')}. Name it: cortado dev path/to/file.ts`,
  );
}
