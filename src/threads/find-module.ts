import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CortadoError } from '../base/error.ts';

const compiled: Readonly<Record<string, string>> = { '.ts': '.js', '.mts': '.mjs', '.cts': '.cjs' };

/**
 * The file of a thread module: the one that the code names, or, where that is a TypeScript file that was compiled and left behind, its
 * JavaScript: `./cpu.ts` in the repository is `./cpu.js` in what is published.
 *
 * @throws CortadoError `CORTADO_THREAD_MODULE` when there is neither.
 */
export function findModule(module: URL): URL {
  if (!(module instanceof URL) || module.protocol !== 'file:') {
    throw new CortadoError(
      'CORTADO_OPTION_INVALID',
      "threads(): the module must be a file URL: new URL('./cpu.ts', import.meta.url).",
    );
  }
  const candidates = [module, ...compiledFrom(module)];
  const found = candidates.find((candidate) => existsSync(fileURLToPath(candidate)));
  if (found !== undefined) return found;
  const names = candidates.map((candidate) => fileURLToPath(candidate)).join(' nor ');
  throw new CortadoError('CORTADO_THREAD_MODULE', `threads(): there is no ${names}.`);
}

function compiledFrom(module: URL): URL[] {
  const ending = /\.[cm]?ts$/.exec(module.pathname)?.[0];
  if (ending === undefined) return [];
  return [new URL(module.href.replace(/\.[cm]?ts(?=$|[?#])/, compiled[ending]!))];
}
