import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..');

/** Installs what `bench/package.json` names, where it is missing or out of date. */
export function installPeers(): void {
  const installed = join(folder, 'node_modules/.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(folder, 'package-lock.json')).mtimeMs)
    return;
  console.log('Installing the peers of the benchmarks …');
  const { status } = spawnSync('npm', ['install', '--no-save', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: folder,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('npm install failed in bench/: see its message above.');
}

/** The installed version of a peer. */
export function peerVersion(name: string): string {
  const { resolve } = createRequire(join(folder, 'package.json'));
  const file = resolve
    .paths(name)
    ?.map((path) => join(path, name, 'package.json'))
    .find(existsSync);
  if (file === undefined) throw new Error(`${name} is not installed in bench/`);
  return (createRequire(file)(file) as { version: string }).version;
}
