import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** One source file: its path below `src/`, its text, and the files of `src/` that it imports, types included. */
export interface Source {
  readonly path: string;
  readonly text: string;
  /** Its text without comments that have lines of their own. */
  readonly code: string;
  readonly imports: readonly string[];
}

const specifier = /(?:\bfrom|\bimport)\s*\(?\s*'(\.{1,2}\/[^']+)'/g;

/** All files of `src/`. */
export function readSources(): Source[] {
  return globSync('**/*.ts', { cwd: join(root, 'src') })
    .sort()
    .map((path) => {
      const text = readFileSync(join(root, 'src', path), 'utf8');
      const code = text.replace(/^\s*(?:\*|\/\*\*|\/\/).*$/gm, '');
      const imports = [...code.matchAll(specifier)].map(([, target]) => normalize(join(dirname(path), target!)));
      return { path, text, code, imports };
    });
}

/** The doors: the `index.ts` that each subpath of package.json opens. */
export function readDoors(): ReadonlyMap<string, string> {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, string | Record<string, string>>;
  };
  const doors = new Map<string, string>();
  for (const [subpath, target] of Object.entries(exports)) {
    if (typeof target === 'string') continue;
    doors.set(join('cortado', subpath), target['cortado-source']!.replace('./src/', ''));
  }
  return doors;
}

/** Where each name that a door exports comes from. */
export function exportsOf(door: Source): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [, list, target] of door.text.matchAll(/export (?:type )?\{([^}]*)\} from '([^']+)'/g)) {
    for (const item of list!.split(',')) {
      const name = item
        .trim()
        .replace(/^type\s+/, '')
        .split(/\s+as\s+/)
        .at(-1)!;
      if (name !== '') names.set(name, normalize(join(dirname(door.path), target!)));
    }
  }
  return names;
}
