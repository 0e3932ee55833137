import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

/**
 * Has Node keep what it compiles for the next start, below the `node_modules` of the working directory: whoever may write there could change the code itself,
 * which is not so of the folder of temporary files that is Node's own choice. `NODE_COMPILE_CACHE` says another folder, and `NODE_DISABLE_COMPILE_CACHE=1` that
 * there is none.
 */
export function keepCompiled(): void {
  const packages = join(process.cwd(), 'node_modules');
  if (existsSync(packages)) enableCompileCache(join(packages, '.cache/cortado'));
}
