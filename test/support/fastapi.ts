import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { findCommand, needDebian } from './debian.ts';
import { freePort } from './free-port.ts';
import { type Program, startProgram } from './program.ts';

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'cortado-tests');
// What the recorded answers are of.
const version = '0.142.2';
const requirements = [`fastapi==${version}`, 'uvicorn', 'websockets'];

/** The Python of an environment with FastAPI, made once, or why there is none. */
export function fastapiPython(): { readonly python: string; readonly skip: string | undefined } {
  const folder = join(cache, `fastapi-${version}`);
  const python = join(folder, 'bin/python');
  const ready = join(folder, 'ready');
  const skip = existsSync(ready) ? undefined : make(folder, python);
  if (skip === undefined) writeFileSync(ready, '');
  else if (process.env['CI'] !== undefined) throw new Error(skip);
  else console.error(`\n!!! SKIPPED: ${skip}\n`);
  return { python, skip };
}

function make(folder: string, python: string): string | undefined {
  const hasVenv = (): boolean => {
    const found = findCommand('python3');
    return found !== undefined && spawnSync(found, ['-c', 'import venv, ensurepip'], { stdio: 'ignore' }).status === 0;
  };
  const missing = needDebian(['python3-venv'], hasVenv);
  if (missing !== undefined) return missing;
  // What a run that was ended has left half made.
  rmSync(folder, { recursive: true, force: true });
  for (const [command, args] of [
    [findCommand('python3')!, ['-m', 'venv', folder]],
    [python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirements]],
  ] as const) {
    const { status, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 180_000 });
    if (status !== 0) return `${requirements.join(', ')} could not be installed: ${stderr.trim().split('\n').at(-1)}`;
  }
  return undefined;
}

/** A service of FastAPI that runs, and its address. */
export interface FastapiService {
  readonly program: Program;
  readonly address: string;
}

/** Serves the `app` of a Python file by uvicorn. */
export async function serveFastapi(
  python: string,
  file: string,
  args: readonly string[] = [],
): Promise<FastapiService> {
  const port = await freePort();
  const module = file.slice(file.lastIndexOf('/') + 1).replace(/\.py$/, '');
  const uvicorn = ['-m', 'uvicorn', `${module}:app`, '--port', String(port), '--no-access-log', ...args];
  const program = startProgram(python, uvicorn, { cwd: dirname(file) });
  await program.until(/Uvicorn running/);
  return { program, address: `http://127.0.0.1:${port}` };
}
