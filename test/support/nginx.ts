import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCommand, needDebian } from './debian.ts';
import { freePort } from './free-port.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { until } from './until.ts';

/** Makes sure that there is an nginx; returns why not, and throws so in CI. */
export function needNginx(): string | undefined {
  return needDebian(['nginx-light'], () => findCommand('nginx') !== undefined);
}

/** A running nginx, which disposing of it stops. */
export interface Nginx extends AsyncDisposable {
  readonly address: string;
}

/** Starts an nginx of a test's own with what stands inside of its `server { … }`, on a spare port. */
export async function startNginx(server: string): Promise<Nginx> {
  const folder = temporaryFolder('nginx');
  const port = await freePort();
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => {
    mkdirSync(join(folder, name));
    return `${name}_temp_path ${join(folder, name)};`;
  });
  const lines = [
    // Without a user of its own it could not read the folder.
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    'daemon off;',
    'worker_processes 1;',
    `pid ${join(folder, 'nginx.pid')};`,
    `error_log ${join(folder, 'error.log')};`,
    'events {}',
    `http { access_log off; ${places.join(' ')} server { listen 127.0.0.1:${port}; ${server} } }`,
  ];
  writeFileSync(join(folder, 'nginx.conf'), `${lines.join('\n')}\n`);
  const child = spawn(findCommand('nginx')!, ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'inherit' });
  const address = `http://127.0.0.1:${port}`;
  await until('nginx answers', () => fetch(address, { redirect: 'manual' }));
  return { address, [Symbol.asyncDispose]: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
