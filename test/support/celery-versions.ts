import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needDebian } from './debian.ts';

const debian = '/usr/bin/python3';
const maker = fileURLToPath(new URL('../queue/engines/celery/python/make_environment.py', import.meta.url));
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
  /** Why it cannot be had here: what `skip` of a test takes. */
  readonly skip: string | undefined;
}

interface Found {
  readonly python: string;
  readonly celery: string;
  readonly kombu: string;
  readonly redis: string;
}

const found = new Map<CeleryName, CeleryVersion>();

/** The asked versions; one that cannot be had here says why in `skip`, and in CI that is a failure. */
export function celeries(...names: readonly CeleryName[]): readonly CeleryVersion[] {
  return names.map((name) => {
    const version = found.get(name) ?? find(name);
    found.set(name, version);
    return version;
  });
}

/** The pinned version; with CORTADO_LONG=1 those of other years as well. */
export function celeriesOfYears(...others: readonly CeleryName[]): readonly CeleryVersion[] {
  return celeries(...(process.env['CORTADO_LONG'] === '1' ? others : []), '5.6');
}

function find(name: CeleryName): CeleryVersion {
  const version = name === '5.2' ? findDebian() : findMade(name === 'newest');
  if (typeof version !== 'string') return { ...version, name, skip: undefined };
  console.error(`\n!!! SKIPPED: ${version}\n`);
  return { name, title: `Celery ${name}`, python: debian, skip: version };
}

type Version = Pick<CeleryVersion, 'title' | 'python'>;

/** A version in an environment of its own, or why there is none. */
function findMade(isNewest: boolean): Version | string {
  const today = new Date().toISOString().slice(0, 10);
  const versions = isNewest
    ? make(`newest-${today}`, ['celery', 'kombu[redis]'])
    : make(pinned.celery, [`celery==${pinned.celery}`, `kombu[redis]==${pinned.kombu}`]);
  if (typeof versions === 'string') return versions;
  if (isNewest) removeOld();
  if (isNewest && versions.celery === pinned.celery && versions.kombu === pinned.kombu)
    return `the newest Celery is ${versions.celery}, which runs already`;
  const { celery, kombu, redis, python } = versions;
  return { title: `Celery ${celery}, kombu ${kombu}, redis-py ${redis}`, python };
}

function findDebian(): Version | string {
  const isThere = (): boolean => existsSync(debian) && imports('celery') && imports('redis');
  const missing = needDebian(['python3-celery', 'python3-redis'], isThere);
  if (missing !== undefined) return missing;
  const version = execFileSync(debian, ['-c', 'import celery; print(celery.__version__)'], { encoding: 'utf8' }).trim();
  return { title: `Celery ${version} of Debian`, python: debian };
}

function make(name: string, requirements: readonly string[]): Found | string {
  const missing = needDebian(['python3-venv'], () => existsSync(debian) && imports('ensurepip'));
  if (missing !== undefined) return missing;
  const args = [maker, join(cache, `celery-${name}`), ...requirements];
  const { status, stdout, stderr } = spawnSync(debian, args, { encoding: 'utf8', timeout: 180_000 });
  if (status === 0) return JSON.parse(stdout) as Found;
  const message = `${requirements.join(', ')} could not be installed: ${stderr.trim().split('\n').at(-1)}`;
  if (process.env['CI'] !== undefined) throw new Error(message);
  return message;
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
