import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needDebian } from './debian.ts';

const debian = '/usr/bin/python3';
const maker = fileURLToPath(new URL('../celery/python/make_environment.py', import.meta.url));
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'cortado-tests');
const pinned = { celery: '5.6.3', kombu: '5.6.2' };
const day = 24 * 3_600_000;

/** `5.2` is Debian's, `5.6` is pinned, `newest` is what pip gives today. */
export type CeleryName = '5.2' | '5.6' | 'newest';

/** One of Python's Celery that tests run against. */
export interface CeleryVersion {
  readonly name: CeleryName;
  /** The versions that it is made of, for the names of tests. */
  readonly title: string;
  /** The path of its Python. */
  readonly python: string;
}

interface Found {
  readonly python: string;
  readonly celery: string;
  readonly kombu: string;
  readonly redis: string;
}

const found = new Map<CeleryName, CeleryVersion | undefined>();

/** The asked versions that can be had here; those that cannot are skipped loudly, and in CI they are a failure. */
export function celeries(...names: readonly CeleryName[]): readonly CeleryVersion[] {
  return names.flatMap((name) => {
    if (!found.has(name)) found.set(name, find(name));
    return found.get(name) ?? [];
  });
}

function find(name: CeleryName): CeleryVersion | undefined {
  if (name === '5.2') return findDebian();
  const isNewest = name === 'newest';
  const today = new Date().toISOString().slice(0, 10);
  const versions = isNewest
    ? make(`newest-${today}`, ['celery', 'kombu[redis]'])
    : make(pinned.celery, [`celery==${pinned.celery}`, `kombu[redis]==${pinned.kombu}`]);
  if (versions === undefined) return undefined;
  if (isNewest) removeOld();
  if (isNewest && versions.celery === pinned.celery && versions.kombu === pinned.kombu) {
    console.error(`\n!!! SKIPPED: the newest Celery is ${versions.celery}, which runs already\n`);
    return undefined;
  }
  const { celery, kombu, redis, python } = versions;
  return { name, title: `Celery ${celery}, kombu ${kombu}, redis-py ${redis}`, python };
}

function findDebian(): CeleryVersion | undefined {
  const isThere = (): boolean => existsSync(debian) && imports('celery') && imports('redis');
  if (needDebian(['python3-celery', 'python3-redis'], isThere) !== undefined) return undefined;
  const version = execFileSync(debian, ['-c', 'import celery; print(celery.__version__)'], { encoding: 'utf8' }).trim();
  return { name: '5.2', title: `Celery ${version} of Debian`, python: debian };
}

function make(name: string, requirements: readonly string[]): Found | undefined {
  if (needDebian(['python3-venv'], () => existsSync(debian) && imports('ensurepip')) !== undefined) return undefined;
  const args = [maker, join(cache, `celery-${name}`), ...requirements];
  const { status, stdout, stderr } = spawnSync(debian, args, { encoding: 'utf8', timeout: 180_000 });
  if (status === 0) return JSON.parse(stdout) as Found;
  const message = `${requirements.join(', ')} could not be installed: ${stderr.trim().split('\n').at(-1)}`;
  if (process.env['CI'] !== undefined) throw new Error(message);
  console.error(`\n!!! SKIPPED: ${message}\n`);
  return undefined;
}

function imports(module: string): boolean {
  return spawnSync(debian, ['-c', `import ${module}`], { stdio: 'ignore' }).status === 0;
}

/** What was the newest some days ago; a run that is still at it began today or yesterday. */
function removeOld(): void {
  for (const path of globSync(join(cache, 'celery-newest-*'))) {
    if (Date.now() - statSync(path).mtimeMs > 3 * day) rmSync(path, { recursive: true, force: true });
  }
}
