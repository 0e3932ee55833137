// Writes the scripts of each transport as a module of TypeScript, out of the files in its `lua` folders: one file a step, `parts/` for what steps
// share. With --check it only tells whether the modules are up to date. Of a later folder a part or step takes the place of an earlier one's.
//
//   --- @include a, b     the parts that a file needs: they stand before it, each once
//   line --- @has a       the line stays where the transport has that part, which is included then
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';

const sources = new URL('../src/', import.meta.url);
const queue = 'queue/engines';
const channels = 'channels/engines/redis/lua';

const transports = [
  { module: `${queue}/bullmq/lua/bullmq-scripts.ts`, folders: [`${queue}/ledger/lua`, `${queue}/bullmq/lua`] },
  {
    module: `${queue}/celery/lua/redis-scripts.ts`,
    folders: [`${queue}/ledger/lua`, `${queue}/celery/lua`, `${queue}/celery/lua/redis`],
  },
  {
    module: `${queue}/celery/lua/amqp-scripts.ts`,
    folders: [`${queue}/ledger/lua`, `${queue}/celery/lua`, `${queue}/celery/lua/amqp`],
  },
  { module: `${channels}/channel-scripts.ts`, folders: [channels] },
] as const;

const steps = [
  { module: `${queue}/ledger/lua/ledger-step.ts`, name: 'LedgerStep' },
  { module: `${queue}/celery/lua/celery-step.ts`, name: 'CeleryStep' },
] as const;

/** A script of a transport: its parts in their order, itself last. Each line is code, and keeps its place in the file. */
export interface Script {
  readonly step: string;
  readonly parts: readonly Part[];
}

/** What a transport takes of one file. */
export interface Part {
  readonly name: string;
  readonly path: string;
  readonly lines: readonly { readonly number: number; readonly code: string }[];
}

/** All modules, as they have to be. */
export function luaModules(): ReadonlyMap<string, string> {
  const scripts = [...composeScripts()].map(([path, composed]) => [path, luaModule(path, composed)] as const);
  return new Map([
    ...scripts,
    ...steps.map(({ module, name }) => [module, stepModule(dirname(module), name)] as const),
  ]);
}

function stepModule(folder: string, name: string): string {
  const names = filesOf(folder).map((path) => `'${basename(path, '.lua')}'`);
  return `// Written by scripts/write-lua.ts: a step is a file of Lua beside it.
export type ${name} = ${names.sort().join(' | ')};
`;
}

/** The scripts of each transport, by the module that they are written to. */
export function composeScripts(): ReadonlyMap<string, readonly Script[]> {
  return new Map(transports.map(({ module, folders }) => [module, compose(folders)]));
}

function compose(folders: readonly string[]): Script[] {
  const find = (name: string): string | undefined =>
    folders.map((folder) => `${folder}/parts/${name}.lua`).findLast((path) => existsSync(new URL(path, sources)));
  const steps = new Map(folders.flatMap((folder) => filesOf(folder)).map((path) => [basename(path, '.lua'), path]));
  return [...steps].sort().map(([step, path]) => {
    const parts = new Map<string, Part>();
    const add = (name: string, file: string): void => {
      if ([...parts.values()].some((part) => part.path === file)) return;
      const lines = read(file).filter(({ has }) => has === undefined || find(has) !== undefined);
      for (const needed of lines.flatMap(({ includes, has = [] }) => [...includes, ...[has].flat()])) {
        const found = find(needed);
        if (found === undefined) throw new Error(`${file} includes ${needed}, which is in none of ${folders}`);
        add(needed, found);
      }
      parts.set(file, { name, path: file, lines: lines.filter(({ code }) => code.trim() !== '') });
    };
    add('arguments', find('arguments')!);
    add(step, path);
    return { step, parts: [...parts.values()] };
  });
}

function filesOf(folder: string): string[] {
  return globSync(`${folder}/*.lua`, { cwd: sources.pathname });
}

function read(path: string): { number: number; code: string; includes: string[]; has?: string }[] {
  const text = readFileSync(new URL(path, sources), 'utf8');
  return text.split('\n').map((line, at) => {
    const includes = /^--- @include (.*)$/.exec(line)?.[1]?.split(/,\s*/) ?? [];
    const has = /--- @has (\S+)$/.exec(line)?.[1];
    return { number: at + 1, code: line.replace(/\s*--.*$/, ''), includes, ...(has !== undefined && { has }) };
  });
}

function luaModule(path: string, scripts: readonly Script[]): string {
  const name = basename(path, '.ts').replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  const parts = new Map(scripts.flatMap((script) => script.parts.slice(0, -1)).map((part) => [part.path, part]));
  const shared = [...parts.values()].map((part) => `  '${part.name}': ${literal(part)},`);
  const steps = scripts.map(({ step, parts: all }) => {
    const names = all.slice(0, -1).map((part) => `lua['${part.name}']`);
    return `  '${step}': ${[...names, literal(all.at(-1)!)].join(' + ')},`;
  });
  const type = scripts.map(({ step }) => `'${step}'`).join(' | ');
  const origins = path.startsWith(channels) ? 'beside it' : 'beside it and in ledger/lua';
  return `// Written by scripts/write-lua.ts from the files of Lua ${origins}: change those, and run it.
const lua = {
${shared.join('\n')}
};

export const ${name}: Readonly<Record<${type}, string>> = {
${steps.join('\n')}
};
`;
}

function literal({ lines }: Part): string {
  return `\`${lines.map(({ code }) => `${code.replace(/[\\`$]/g, '\\$&')}\n`).join('')}\``;
}

if (import.meta.main) {
  for (const [path, text] of luaModules()) {
    const file = new URL(path, sources);
    if (!process.argv.includes('--check')) writeFileSync(file, text);
    else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
      console.error(`src/${path} is out of date: run node scripts/write-lua.ts`);
      process.exitCode = 1;
    }
  }
}
