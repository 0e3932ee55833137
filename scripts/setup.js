// Installs what is missing, then runs the command it was given on the project's own Node.
// Plain JavaScript for the oldest Node a machine may have (20): the sources need the Node that this installs.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Whether what npm installed in `folder` is what its lock file asks for today. */
function isInstalled(folder) {
  const written = join(folder, 'node_modules', '.package-lock.json');
  const wanted = join(folder, 'package-lock.json');
  if (!existsSync(written) || statSync(written).mtimeMs < statSync(wanted).mtimeMs) return false;
  const packages = JSON.parse(readFileSync(written, 'utf8')).packages;
  return (
    folder !== root ||
    (packages['node_modules/node'] !== undefined && existsSync(join(folder, 'node_modules/.bin/node')))
  );
}

function install(folder) {
  console.log(`Installing the dependencies of ${folder === root ? 'cortado' : folder} …`);
  const { status } = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: folder,
    stdio: 'inherit',
  });
  if (status !== 0) {
    console.error('npm ci failed: see its message above. Is the npm registry reachable?');
    process.exit(status ?? 1);
  }
}

if (!isInstalled(root)) install(root);

const [command, ...args] = process.argv.slice(2);
if (command !== undefined) {
  const path = `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}`;
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: path } });
  // The terminal sends Ctrl-C to the child as well; this process only has to outlive it.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  child.on('error', (error) => {
    console.error(`cannot start ${command}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
}
