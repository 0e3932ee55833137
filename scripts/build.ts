// Writes dist/: the sources as JavaScript with declarations, for Node's that do not strip types under node_modules. Bundled, as an app would
// else wait for hundreds of files at each start; what a subpath, the command, a thread or a process begins with stays a file of its own.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { entries } from '../src/base/process/own-files.ts';
import { redocFiles, swaggerUi } from '../src/openapi/pages/page-files.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  exports: Record<string, { readonly types: string } | string>;
};
const doors = Object.values(exports).flatMap((door) =>
  typeof door === 'string' ? [] : [door.types.replace(/^\.\/dist\/(.*)\.d\.ts$/, '$1')],
);

// Nearly everything needs nearly all of it; split by who needs what, it would be fifty files. What is read on a Node that is too old, or
// before anything is cached, has to be a file of its own.
const core =
  /\/src\/(?:base(?!\/process\/(?:node-version|need-node|compile-cache))|concurrency|declare|inject|loop\/measure|schema)\//;

rmSync(`${root}dist`, { recursive: true, force: true });
const { status } = spawnSync(`${root}node_modules/.bin/tsc`, ['-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (status === 0) {
  await bundle();
  dropUnreachable();
  chmodSync(`${root}dist/cli/main.js`, 0o755);
  // Copied and not depended on: with all that their packages bring they are 100 MB, and one of those reports installations.
  for (const { folder, package: name, within, served, licences } of [swaggerUi, redocFiles]) {
    mkdirSync(`${root}dist/openapi/${folder}`, { recursive: true });
    for (const file of [...Object.keys(served).map((file) => join(within, file)), ...licences])
      copyFileSync(`${root}node_modules/${name}/${file}`, `${root}dist/openapi/${folder}/${basename(file)}`);
  }
}
process.exitCode = status ?? 1;

async function bundle(): Promise<void> {
  await build({
    input: Object.fromEntries([...doors, 'cli/main', ...entries].map((name) => [name, `${root}src/${name}.ts`])),
    platform: 'node',
    external: /^[^./]/,
    // What is imported for what it does, the look at Node's version, stays.
    treeshake: { moduleSideEffects: true },
    logLevel: 'warn',
    output: {
      dir: `${root}dist`,
      entryFileNames: '[name].js',
      chunkFileNames: 'parts/[name]-[hash].js',
      codeSplitting: { groups: [{ name: 'core', test: core }] },
    },
  });
}

/** Removes the declarations that no door leads to: nobody's compiler reads them, and each takes a block of the disk. */
function dropUnreachable(): void {
  const dist = `${root}dist`;
  const open = doors.map((door) => join(dist, `${door}.d.ts`));
  const reached = new Set(open);
  while (open.length > 0) {
    const file = open.pop()!;
    for (const [, target] of readFileSync(file, 'utf8').matchAll(
      /(?:from |import\(|import )['"](\.[^'"]+)\.[jt]s['"]/g,
    )) {
      const found = `${join(dirname(file), target!)}.d.ts`;
      // What a comment imports as an example is not there.
      if (reached.has(found) || !existsSync(found)) continue;
      reached.add(found);
      open.push(found);
    }
  }
  for (const file of globSync('**/*.d.ts', { cwd: dist })) if (!reached.has(join(dist, file))) rmSync(join(dist, file));
}
