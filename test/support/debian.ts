import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Whether a command is on the PATH, or in the folders that Debian puts servers in. */
export function findCommand(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/usr/local/bin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/**
 * Makes sure that Debian packages are installed, installing them where that may be done. Returns why not, or `undefined` when all is there;
 * in CI a missing service is a failure and not a skip, so there it throws.
 */
export function needDebian(packages: readonly string[], isThere: () => boolean): string | undefined {
  if (isThere()) return undefined;
  const reason = install(packages);
  if (isThere()) return undefined;
  const message = `${packages.join(', ')} could not be installed: ${reason ?? 'it is still not there'}`;
  if (process.env['CI'] !== undefined) throw new Error(message);
  console.error(`\n!!! SKIPPED: ${message}\n`);
  return message;
}

function install(packages: readonly string[]): string | undefined {
  if (findCommand('apt-get') === undefined) return 'this is not Debian';
  if (process.getuid?.() !== 0) return 'only root may install packages';
  console.error(`Installing ${packages.join(', ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // Test files run side by side, and apt takes one at a time.
  const lock = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'APT::Get::Lock::Timeout=300'];
  try {
    execFileSync('apt-get', [...lock, 'update', '-q'], { env, stdio: 'ignore', timeout: 120_000 });
  } catch {
    return 'apt-get update failed';
  }
  const { status, stderr } = spawnSync(
    'apt-get',
    [...lock, 'install', '-y', '-q', '--no-install-recommends', ...packages],
    { env, encoding: 'utf8', timeout: 400_000 },
  );
  return status === 0 ? undefined : stderr.trim().split('\n').at(-1);
}
