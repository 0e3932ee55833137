import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Path of a module of `cli/` to start a process with: `.ts` in the sources, `.js` once compiled. */
export function beside(name: string): string {
  return fileURLToPath(new URL(`../${name}${extname(import.meta.filename)}`, import.meta.url));
}
