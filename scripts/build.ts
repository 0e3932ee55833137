// Writes dist/: the sources as JavaScript with declarations, for Node's that do not strip types under node_modules.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { assets } from '../src/openapi/docs-routes.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
const { status } = spawnSync(`${root}node_modules/.bin/tsc`, ['-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (status === 0) {
  chmodSync(`${root}dist/cli/main.js`, 0o755);
  // Copied and not depended on: its package is 12 MB, and brings one that reports installations.
  mkdirSync(`${root}dist/openapi/swagger-ui`);
  for (const file of [...Object.keys(assets), 'swagger-ui-bundle.js.LICENSE.txt', 'LICENSE', 'NOTICE'])
    copyFileSync(`${root}node_modules/swagger-ui-dist/${file}`, `${root}dist/openapi/swagger-ui/${file}`);
}
process.exitCode = status ?? 1;
