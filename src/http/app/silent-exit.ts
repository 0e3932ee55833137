import { realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { isCommand } from '../../base/process/process-settings.ts';
import { shortPath } from '../../base/show/short-path.ts';

/** An app of the file that Node runs, and whether anything was asked of it. */
interface Made {
  used: boolean;
}

const made: Made[] = [];

/**
 * Says at the end of a process, where somebody looks on, that the file which Node runs made an app and nothing served it: otherwise
 * `node main.ts` ends without a word. Silent in tests, under the `cortado` command, for apps that another file made, and once one was used.
 *
 * @param mode That of the process.
 */
export function hintAtSilentExit(mode: string | undefined): Made | undefined {
  const file = process.argv[1];
  if (file === undefined || !isWatched(mode) || !isCalledBy(file)) return undefined;
  if (made.length === 0) process.once('beforeExit', () => hint(file));
  const app: Made = { used: false };
  made.push(app);
  return app;
}

function isWatched(mode: string | undefined): boolean {
  if (isCommand() || mode === 'test' || !(mode === 'development' || process.stderr.isTTY)) return false;
  return process.getBuiltinModule('node:worker_threads').isMainThread;
}

// That an imported file makes its app while a script runs says nothing of what the script is for.
function isCalledBy(file: string): boolean {
  const path = realpathSync(file);
  const stack = new Error().stack ?? '';
  return stack.includes(pathToFileURL(path).href) || stack.includes(`${path}:`);
}

function hint(file: string): void {
  if (made.some(({ used }) => used)) return;
  const path = shortPath(file);
  process.stderr.write(
    `cortado: ${path} makes an app, and nothing serves it. Serve it: npx cortado dev ${path}\n` +
      '         Or let the file serve it: if (import.meta.main) await app.stopOnSignals().listen({ port: 8000 });\n',
  );
}
