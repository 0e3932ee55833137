import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './temporary-folder.ts';

const folder = fileURLToPath(new URL('../../tools/frontend', import.meta.url));
const vite = join(folder, 'node_modules/vite/bin/vite.js');

/** Installs Vite and React where they are missing; returns why not, and throws so in CI. */
export function needFrontEndTools(): string | undefined {
  const isThere = (): boolean => existsSync(vite) && existsSync(join(folder, 'node_modules/react-dom'));
  if (isThere()) return undefined;
  console.error('Installing the front end tools …');
  const { stderr } = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (isThere()) return undefined;
  const message = `the front end tools could not be installed: ${stderr}`;
  if (process.env['CI'] !== undefined) throw new Error(message);
  console.error(`\n!!! SKIPPED: ${message}\n`);
  return message;
}

/** Builds a front end with Vite, and returns the folder that it is in. `base` is the path that browsers see it under. */
export function buildFrontEnd(files: Readonly<Record<string, string>>, base: string): string {
  const place = temporaryFolder('front-end');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(place, name)), { recursive: true });
    writeFileSync(join(place, name), text);
  }
  symlinkSync(join(folder, 'node_modules'), join(place, 'node_modules'));
  const { status, stdout, stderr } = spawnSync(process.execPath, [vite, 'build', '--base', base], {
    cwd: place,
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (status !== 0) throw new Error(`Vite failed:\n${stdout}${stderr}`);
  return join(place, 'dist');
}
