import { registerHooks } from 'node:module';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';

let last: string | undefined;
const loaded = new Set<string>();

/** The file that was being loaded last: where plain JavaScript has a syntax error, Node's error does not name it. */
export function lastLoaded(): string | undefined {
  return last;
}

/** All files that were loaded, libraries left out. */
export function allLoaded(): string[] {
  return [...loaded];
}

/** Calls `listener` with the path of every file that this thread imports from now on, libraries left out. */
export function followImports(listener: (path: string) => void): void {
  registerHooks({
    load: (url, context, next) => {
      if (url.startsWith('file:')) {
        const path = fileURLToPath(url);
        if (!path.includes(`${sep}node_modules${sep}`)) {
          loaded.add((last = path));
          listener(path);
        }
      }
      return next(url, context);
    },
  });
}
