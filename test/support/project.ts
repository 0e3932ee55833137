import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Program, startNode } from './program.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A folder of somebody who uses Cortado; disposing of it deletes it. */
export interface Project extends Disposable {
  readonly folder: string;
  readonly write: (name: string, text: string) => string;
  /** Makes a package that Cortado itself has importable by name. */
  readonly link: (name: string) => void;
  /** Runs the `cortado` command in the folder. */
  readonly cortado: (args: readonly string[], env?: Readonly<Record<string, string>>) => Program;
}

/** Makes a folder with files, in which `cortado` can be imported. */
export function makeProject(files: Readonly<Record<string, string>>): Project {
  const folder = temporaryFolder('project');
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules', 'cortado'), 'dir');
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  write('package.json', '{ "type": "module" }');
  for (const [name, text] of Object.entries(files)) write(name, text);
  return {
    folder,
    write,
    link: (name) => symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'dir'),
    // What the tests run under must not decide how the command logs.
    cortado: (args, env) =>
      startNode([join(root, 'src/cli/main.ts'), ...args], {
        cwd: folder,
        env: {
          CORTADO_LOG: undefined,
          PORT: undefined,
          NODE_ENV: undefined,
          NO_COLOR: '1',
          FORCE_COLOR: undefined,
          ...env,
        },
      }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
