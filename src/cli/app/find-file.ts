import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CortadoError } from '../../base/error.ts';
import { isRecord } from '../../base/is-record.ts';

const folders = ['.', 'src', 'app'] as const;
const names = ['main', 'app', 'server', 'index', 'api'] as const;
const endings = ['.ts', '.js', '.mts', '.mjs'] as const;

/**
 * The file with the app: the named one; else that of `package.json`, `"cortado": { "app": "src/main.ts" }`, as the `entrypoint` of
 * `pyproject.toml` is FastAPI's; else the first of main, app, server, index and api in `.`, `src` and `app`.
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
  const entry = packageEntry(root);
  if (entry !== undefined) return entry;
  for (const folder of folders)
    for (const name of names)
      for (const ending of endings) {
        const path = join(root, folder, `${name}${ending}`);
        if (existsSync(path)) return path;
      }
  throw new CortadoError(
    'CORTADO_CLI',
    `no app file is named, and there is none of ${names.join(', ')} (.ts, .js) in ${folders.join(', ')}. Name it: cortado dev path/to/file.ts, or "cortado": { "app": "path/to/file.ts" } in package.json`,
  );
}

/** What `package.json` says of the app; a file that is none, or that cannot be read, is the affair of whoever needs it. */
function packageEntry(root: string): string | undefined {
  const path = join(root, 'package.json');
  if (!existsSync(path)) return undefined;
  const said = readPackage(path);
  if (said === undefined) return undefined;
  const app: unknown = isRecord(said) ? said['app'] : undefined;
  if (typeof app !== 'string' || app === '')
    throw new CortadoError('CORTADO_CLI', `package.json: "cortado" must be { "app": "path/to/file.ts" }.`);
  const file = resolve(root, app);
  if (existsSync(file) && statSync(file).isFile()) return file;
  throw new CortadoError('CORTADO_CLI', `package.json: "cortado" names "${app}", and there is no such file.`);
}

function readPackage(path: string): unknown {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { cortado?: unknown }).cortado;
  } catch {
    return undefined;
  }
}
