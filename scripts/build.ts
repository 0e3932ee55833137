// Writes dist/: the sources as JavaScript with declarations, for Node's that do not strip types under node_modules.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assets } from '../src/openapi/docs-routes.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
const { status } = spawnSync(`${root}node_modules/.bin/tsc`, ['-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (status === 0) {
  dropUnreachable();
  chmodSync(`${root}dist/cli/main.js`, 0o755);
  // Copied and not depended on: its package is 12 MB, and brings one that reports installations.
  mkdirSync(`${root}dist/openapi/swagger-ui`);
  for (const file of [...Object.keys(assets), 'swagger-ui-bundle.js.LICENSE.txt', 'LICENSE', 'NOTICE'])
    copyFileSync(`${root}node_modules/swagger-ui-dist/${file}`, `${root}dist/openapi/swagger-ui/${file}`);
}
process.exitCode = status ?? 1;

/** Removes the declarations that no door leads to: nobody's compiler reads them, and each takes a block of the disk. */
function dropUnreachable(): void {
  const dist = `${root}dist`;
  const { exports: doors } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
    exports: Record<string, { readonly types?: string } | string>;
  };
  const open = Object.values(doors).flatMap((door) =>
    typeof door === 'string' || door.types === undefined ? [] : [join(root, door.types)],
  );
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
