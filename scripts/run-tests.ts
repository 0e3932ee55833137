// Runs the test files named as arguments, or all of them. A file that fails is run once more, alone, and that is said loudly: tests that
// kill processes and restart brokers depend on what else the machine does, and a fault of the code fails twice.
// `--long` runs what is slow or rare instead, one file after the other and none twice.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const args = process.argv.slice(2);
const isLong = args.includes('--long');
const named = args.filter((arg) => arg !== '--long');
const missing = named.filter((path) => !existsSync(path));
if (missing.length > 0) throw new Error(`no such file: ${missing.join(', ')}`);
const all = named.length > 0 ? named : globSync('test/**/*.test.ts').sort();
// Milliseconds, by file.
const took = new Map<string, number>();
const folder = mkdtempSync(join(tmpdir(), 'cortado-tests-'));

// Milliseconds for one test, and for a file or a script of the long run as a whole.
const mostForTest = isLong ? 30 * 60_000 : 240_000;
const mostForFile = 45 * 60_000;

const isLongFile = (path: string): boolean => path.endsWith('.long.test.ts');
// A file whose whole form is asked for by CORTADO_LONG=1 names that variable, or takes the versions of Celery that hang on it.
const hasWholeForm = (path: string): boolean =>
  isLongFile(path) || /CORTADO_LONG|celeriesOfYears/.test(readFileSync(path, 'utf8'));

// What of test/http runs a second time without fast paths; the long run does so with all of it.
const slowWay = [
  'app/app',
  'errors/errors',
  'log/request-log',
  'read/socket-bodies',
  'send/answer-heads',
  'server/hooks',
].map((name) => `test/http/${name}.test.ts`);

interface Ran {
  readonly isGood: boolean;
  readonly failed: readonly string[];
}

// Those that measure what they take of the processor, or hold up the loop. All others go two at a time.
const isAlone = (path: string): boolean => /^test\/(?:corpus|growth|loop)/.test(path);

/** Runs files, most of them two at a time, and tells which of them failed. */
function runAll(paths: readonly string[]): Ran {
  const parts = [
    run(
      paths.filter((path) => !isAlone(path)),
      2,
    ),
    run(paths.filter(isAlone), 1),
  ];
  return { isGood: parts.every(({ isGood }) => isGood), failed: parts.flatMap(({ failed }) => failed) };
}

/** Runs files, and tells which of them failed. */
function run(paths: readonly string[], atOnce = 1): Ran {
  if (paths.length === 0) return { isGood: true, failed: [] };
  const list = join(folder, 'told');
  rmSync(list, { force: true });
  const reporters = ['spec', fileURLToPath(new URL('tell-files.ts', import.meta.url))];
  const reporting = reporters.flatMap((reporter, at) => [
    `--test-reporter=${reporter}`,
    `--test-reporter-destination=${at === 0 ? 'stdout' : list}`,
  ]);
  const preload = new URL('name-what-lives.ts', import.meta.url).href;
  const isGood = runNode([
    '--import',
    preload,
    '--test',
    `--test-timeout=${mostForTest}`,
    `--test-concurrency=${atOnce}`,
    ...reporting,
    ...paths,
  ]);
  // A run that was ended at its limit may have written no list.
  const told = existsSync(list) ? readFileSync(list, 'utf8').split('\n') : [];
  const rows = told.map((line) => line.split('\t'));
  for (const [what, ms, path] of rows) if (what === 'took') took.set(relative('', path!), Number(ms));
  return { isGood, failed: [...new Set(rows.flatMap(([what, path]) => (what === 'failed' ? [path!] : [])))] };
}

/** Runs Node, and tells whether it ended well. */
function runNode(args: readonly string[]): boolean {
  const { status } = spawnSync(process.execPath, args, {
    stdio: 'inherit',
    ...(isLong && { timeout: mostForFile }),
    env: {
      ...process.env,
      ...(isLong && { CORTADO_LONG: '1' }),
      CORTADO_LOG: process.env['CORTADO_LOG'] ?? 'silent',
      // Every file, and every process that a test starts, loads the same sources: without it half of the whole is spent on their compilation.
      NODE_COMPILE_CACHE:
        process.env['NODE_COMPILE_CACHE'] ?? join(import.meta.dirname, '../node_modules/.cache/cortado'),
      // Examples import cortado by name, as their readers will; here that name means the sources.
      NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --conditions=cortado-source`.trim(),
    },
  });
  return status === 0;
}

/** Runs what is slow or rare, and prints what ran, how long it took, and what failed. */
function runLong(): boolean {
  const chaos = 'scripts/chaos.ts';
  const steps = all.filter(hasWholeForm).map((path) => ({ name: path, go: () => run([path]).isGood }));
  if (named.length === 0 && existsSync(chaos)) steps.push({ name: chaos, go: () => runNode([chaos]) });
  const ofHttp = all.filter((path) => path.startsWith('test/http/') && !isLongFile(path));
  if (named.length === 0) steps.push({ name: 'test/http without fast paths', go: () => runWithoutFastPaths(ofHttp) });
  const ran = steps.map(({ name, go }) => {
    console.log(`\n=== ${name}`);
    const began = performance.now();
    const isGood = go();
    return { name, isGood, seconds: (performance.now() - began) / 1000 };
  });
  console.log('\n=== The long run');
  for (const { name, isGood, seconds } of ran)
    console.log(`${isGood ? 'ok    ' : 'FAILED'} ${seconds.toFixed(0).padStart(6)} s  ${name}`);
  const total = ran.reduce((sum, { seconds }) => sum + seconds, 0);
  const bad = ran.filter(({ isGood }) => !isGood).length;
  console.log(`${ran.length} ran in ${(total / 60).toFixed(1)} minutes, ${bad} failed.`);
  return bad === 0;
}

// A test that stands in a suite shared by several files is reported with the suite's file, which alone runs nothing.
const isBehind = (failed: readonly string[], file: string): boolean =>
  failed.some((path) => resolve(path) === resolve(file) || readFileSync(file, 'utf8').includes(`/${basename(path)}'`));

/** Runs files without fast paths, those that failed once more, and tells whether each went well at last. */
function runWithoutFastPaths(paths: readonly string[]): boolean {
  console.log('\n=== Without fast paths');
  process.env['CORTADO_FAST_PATHS'] = '0';
  const { isGood, failed } = run(paths);
  const isGoodAtLast = isGood || (failed.length > 0 && run(failed).isGood);
  delete process.env['CORTADO_FAST_PATHS'];
  return isGoodAtLast;
}

/** Runs files, those that failed once more, and tells whether each went well at last. */
function runOnce(): boolean {
  const files = named.length > 0 ? all : all.filter((path) => !isLongFile(path));
  const { isGood, failed } = runAll(files);
  const isSlowWayGood = named.length > 0 || runWithoutFastPaths(slowWay);
  const again = files.filter((file) => isBehind(failed, file));
  const mayAgain = (named.length === 0 || process.env['CI'] !== undefined) && again.length > 0 && again.length <= 10;
  if (named.length === 0) printSlowest();
  if (isGood || !mayAgain) {
    if (isGood) console.log('0 files needed a second run.');
    return isGood && isSlowWayGood;
  }
  console.error(`\n!!! FAILED, and run once more, alone:\n${again.map((path) => `    ${path}`).join('\n')}\n`);
  const failedAgain = again.filter((path) => !run([path]).isGood);
  const names = again.map((path) => (failedAgain.includes(path) ? `${path} (failed again)` : path));
  console.log(`${again.length} ${again.length === 1 ? 'file' : 'files'} needed a second run: ${names.join(', ')}`);
  return failedAgain.length === 0 && isSlowWayGood;
}

/** Prints where the time went: what takes long shall be seen before the whole takes too long. */
function printSlowest(): void {
  const slowest = [...took].sort((a, b) => b[1] - a[1]).slice(0, 15);
  const total = [...took.values()].reduce((sum, ms) => sum + ms, 0);
  console.log(`${took.size} files took ${Math.round(total / 1000)} s one by one, most of it these:`);
  for (const [path, ms] of slowest) console.log(`${String(Math.round(ms / 1000)).padStart(6)} s  ${path}`);
}

process.exitCode = (isLong ? runLong() : runOnce()) ? 0 : 1;
rmSync(folder, { recursive: true, force: true });
