import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ownFolder } from '../../base/process/own-files.ts';

/** The names that a module gives: values, and types, of which nothing is left when Node runs the file. */
interface Names {
  readonly values: ReadonlySet<string>;
  readonly types: ReadonlySet<string>;
}

/**
 * What to do about an import of a name that a module does not have, as an end of the error's message: empty where it is about something
 * else. TypeScript takes a type by `import { … }`, Node finds nothing there.
 *
 * @param importer The file that imports, where it is known.
 */
export function missingExportAdvice(message: string, importer: string | undefined): string {
  const [, specifier, name] =
    /^The requested module '(.+)' does not provide an export named '(.+)'$/m.exec(message) ?? [];
  const [, common, from] =
    /^Named export '(.+)' not found\. The requested module '(.+)' is a CommonJS module/.exec(message) ?? [];
  const [wanted, door] = [name ?? common, specifier ?? from];
  if (wanted === undefined || door === undefined) return '';
  if (/^cortado(\/|$)/.test(door)) return adviceOf(wanted, door);
  const isType = (door.startsWith('.') && importer !== undefined && typesOf(importer, door).has(wanted)) || undefined;
  const typed = `write import type { ${wanted} } from '${door}'`;
  if (isType) return `. It is a type: ${typed}`;
  return wanted !== 'default' && /\.[cm]?tsx?$/.test(importer ?? '.ts') ? `. If it is a type, ${typed}` : '';
}

function adviceOf(wanted: string, door: string): string {
  if (wanted === 'default') return ". Its names are imported one by one: import { App } from 'cortado'";
  const doors = readDoors();
  if (doors.get(door)?.types.has(wanted)) return `. It is a type: write import type { ${wanted} } from '${door}'`;
  for (const [other, { values, types }] of doors) {
    if (values.has(wanted)) return `. It is in ${other}: import { ${wanted} } from '${other}'`;
    if (types.has(wanted)) return `. It is a type of ${other}: import type { ${wanted} } from '${other}'`;
  }
  const lower = wanted.toLowerCase();
  for (const [other, { values }] of doors)
    for (const near of values)
      if (near.toLowerCase() === lower) return `. Did you mean import { ${near} } from '${other}'?`;
  return '';
}

// The doors say what they give, name by name, in the sources and in the declarations that are published.
function readDoors(): ReadonlyMap<string, Names> {
  const { exports } = JSON.parse(readFileSync(join(ownFolder, '../package.json'), 'utf8')) as {
    exports: Record<string, string | { readonly default: string }>;
  };
  const doors = new Map<string, Names>();
  for (const [subpath, target] of Object.entries(exports)) {
    if (typeof target === 'string') continue;
    const base = join(ownFolder, target.default.replace('./dist/', '').replace(/\.js$/, ''));
    const file = [`${base}.d.ts`, `${base}.ts`].find((path) => existsSync(path));
    if (file !== undefined)
      doors.set(join('cortado', subpath).replaceAll('\\', '/'), namesOf(readFileSync(file, 'utf8')));
  }
  return doors;
}

function namesOf(text: string): Names {
  const [values, types] = [new Set<string>(), new Set<string>()];
  for (const [, isType, list] of text.matchAll(/export (type )?\{([^}]*)\}/g)) {
    for (const item of list!.split(',')) {
      const [, own, name] = /^\s*(type\s+)?(?:\S+\s+as\s+)?(\S+)\s*$/.exec(item) ?? [];
      if (name !== undefined) (isType === undefined && own === undefined ? values : types).add(name);
    }
  }
  return { values, types };
}

// Of a file of the reader's own.
function typesOf(importer: string, specifier: string): ReadonlySet<string> {
  const file = join(dirname(importer), specifier);
  if (!/\.[cm]?ts$/.test(file) || !existsSync(file)) return new Set();
  const text = readFileSync(file, 'utf8');
  const declared = [...text.matchAll(/^\s*export\s+(?:declare\s+)?(?:interface|type)\s+([\w$]+)/gm)].map(
    ([, name]) => name!,
  );
  return new Set([...namesOf(text).types, ...declared]);
}
