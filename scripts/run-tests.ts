// Runs the test files named as arguments, or all of them. A file that fails is run once more, alone, and that is said loudly: tests that
// kill processes and restart brokers depend on what else the machine does, and a fault of the code fails twice.
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const named = process.argv.slice(2);
const files = named.length > 0 ? named : globSync('test/**/*.test.ts').sort();
const folder = mkdtempSync(join(tmpdir(), 'cortado-tests-'));

interface Ran {
  readonly isGood: boolean;
  readonly failed: readonly string[];
}

// Those that wait for brokers and Python for most of their time, and measure little.
const isWaiting = (path: string): boolean => /^test\/(?:bullmq|celery|conformance)\//.test(path);

/** Runs files, two at a time where they mostly wait, and tells which of them failed. */
function runAll(paths: readonly string[]): Ran {
  const parts = [run(paths.filter(isWaiting), 2), run(paths.filter((path) => !isWaiting(path)))];
  return { isGood: parts.every(({ isGood }) => isGood), failed: parts.flatMap(({ failed }) => failed) };
}

/** Runs files, and tells which of them failed. */
function run(paths: readonly string[], atOnce?: number): Ran {
  if (paths.length === 0) return { isGood: true, failed: [] };
  const list = join(folder, 'failed');
  const reporters = ['spec', fileURLToPath(new URL('list-failed-files.ts', import.meta.url))];
  const args = reporters.flatMap((reporter, at) => [
    `--test-reporter=${reporter}`,
    `--test-reporter-destination=${at === 0 ? 'stdout' : list}`,
  ]);
  const preload = new URL('name-what-lives.ts', import.meta.url).href;
  const { status } = spawnSync(
    process.execPath,
    [
      '--import',
      preload,
      '--test',
      '--test-timeout=240000',
      ...(atOnce === undefined ? [] : [`--test-concurrency=${atOnce}`]),
      ...args,
      ...paths,
    ],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        CORTADO_LOG: process.env['CORTADO_LOG'] ?? 'silent',
        // Examples import cortado by name, as their readers will; here that name means the sources.
        NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --conditions=cortado-source`.trim(),
      },
    },
  );
  const failed = new Set(
    readFileSync(list, 'utf8')
      .split('\n')
      .filter((path) => path !== ''),
  );
  return { isGood: status === 0, failed: [...failed] };
}

// A test that stands in a suite shared by several files is reported with the suite's file, which alone runs nothing.
const isBehind = (failed: readonly string[], file: string): boolean =>
  failed.some((path) => resolve(path) === resolve(file) || readFileSync(file, 'utf8').includes(`/${basename(path)}'`));

let { isGood, failed } = runAll(files);
const again = files.filter((file) => isBehind(failed, file));
if (!isGood && (named.length === 0 || process.env['CI'] !== undefined) && again.length > 0 && again.length <= 6) {
  console.error(`\n!!! FAILED, and run once more, alone:\n${again.map((path) => `    ${path}`).join('\n')}\n`);
  isGood = again.every((path) => run([path]).isGood);
}
rmSync(folder, { recursive: true, force: true });
process.exitCode = isGood ? 0 : 1;
