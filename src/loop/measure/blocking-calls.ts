import { syncBuiltinESMExports } from 'node:module';

/** A function of Node or the language that holds up the loop until it is done. */
export interface BlockingCall {
  /** `fs.readFileSync`. */
  readonly name: string;
  /** What to do instead. */
  readonly advice: string;
  /** Whether strict mode forbids it; JSON and the like block only where they are given much. */
  readonly isForbidden: boolean;
}

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/** Runs in place of a blocking call. */
export type Wrapper = (call: BlockingCall, run: () => unknown) => unknown;

interface Site extends BlockingCall {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

const arounds = new Set<Wrapper>();
let unwrap: readonly (() => void)[] = [];

/**
 * Puts `around` in the place of every blocking call of this thread, ES module imports included; the result undoes it. Those that stand
 * there at the same time share one wrapper, so that they can go in any order.
 */
export function wrapBlockingCalls(around: Wrapper): () => void {
  arounds.add(around);
  if (arounds.size === 1) replace([...syncFunctions(), ...sqlite(), ...ofTheLanguage()].map(wrap));
  return () => {
    if (!arounds.delete(around) || arounds.size > 0) return;
    for (const restore of unwrap) restore();
    replace([]);
  };
}

function replace(undo: readonly (() => void)[]): void {
  unwrap = undo;
  syncBuiltinESMExports();
}

function wrap({ holder, key, ...call }: Site): () => void {
  const original = holder[key] as AnyFunction;
  const wrapped = function (this: unknown, ...args: unknown[]): unknown {
    let run = (): unknown => original.apply(this, args);
    for (const around of arounds) {
      const inner = run;
      run = () => around(call, inner);
    }
    return run();
  };
  // Functions carry functions of their own: fs.realpathSync.native.
  Object.defineProperties(wrapped, Object.getOwnPropertyDescriptors(original));
  holder[key] = wrapped;
  return () => {
    if (holder[key] === wrapped) holder[key] = original;
  };
}

export const inThread = "Call it on a thread: threads() of 'cortado/threads'.";

function syncFunctions(): Site[] {
  const fs = process.getBuiltinModule('node:fs');
  const modules: readonly [string, object, (twin: string) => string | undefined][] = [
    ['fs', fs, (twin) => filesTwin(twin, fs.promises)],
    ['crypto', process.getBuiltinModule('node:crypto'), promisified('node:crypto')],
    ['zlib', process.getBuiltinModule('node:zlib'), promisified('node:zlib')],
    ['child_process', process.getBuiltinModule('node:child_process'), processTwin],
  ];
  return modules.flatMap(([module, holder, advise]) =>
    Object.keys(holder)
      .filter((key) => key.endsWith('Sync') && !harmless.includes(key) && isReplaceable(holder, key))
      .map((key) => siteOf(module, holder, key, advise(key.slice(0, -'Sync'.length)) ?? inThread)),
  );
}

function siteOf(module: string, holder: object, key: string, advice: string, isForbidden = true): Site {
  return { holder: holder as Record<string, unknown>, key, name: `${module}.${key}`, advice, isForbidden };
}

// They work on files that are open already, as loggers do, and what is asked of the disk is small.
const harmless = ['closeSync', 'fstatSync', 'writeSync', 'writevSync'];

// Some have a twin of another name or shape: their promise alone would not do.
function filesTwin(twin: string, promises: object): string | undefined {
  if (twin === 'exists') return "Await access() of 'node:fs/promises', which throws where there is no such file.";
  if (twin === 'glob') return "Take its twin: for await (const path of glob(…)) of 'node:fs/promises'.";
  if (twin in promises) return `Await its twin: ${twin}() of 'node:fs/promises'.`;
  const method = { fchown: 'chown', fchmod: 'chmod', fdatasync: 'datasync', fsync: 'sync', ftruncate: 'truncate' }[
    twin
  ];
  const known = method ?? { futimes: 'utimes', read: 'read', readv: 'readv' }[twin];
  return known && `Open the file with open() of 'node:fs/promises', and await ${known}() of what it gives.`;
}

function processTwin(twin: string): string {
  return twin === 'spawn'
    ? "Start it with spawn() of 'node:child_process', and await its end: once(child, 'close')."
    : `Await its twin: promisify(${twin}) of 'node:child_process'.`;
}

function promisified(module: string): (twin: string) => string | undefined {
  const exported = process.getBuiltinModule(module) as unknown as Record<string, unknown>;
  return (twin) =>
    twin in exported ? `Await its twin: promisify(${twin}) of '${module}', which runs on a thread.` : undefined;
}

function sqlite(): Site[] {
  // Before Node 25, only to look at the module prints a warning.
  if (Number(process.versions.node.split('.')[0]) < 25) return [];
  const { DatabaseSync, StatementSync } = process.getBuiltinModule('node:sqlite');
  const advice = "Use database() of 'cortado/db', which runs SQLite on threads.";
  return [
    siteOf('DatabaseSync', DatabaseSync.prototype, 'exec', advice),
    ...['run', 'get', 'all', 'iterate'].map((key) => siteOf('StatementSync', StatementSync.prototype, key, advice)),
  ];
}

function ofTheLanguage(): Site[] {
  const wait = "It puts the whole process to sleep. Await instead: sleep(ms) of 'cortado', or Atomics.waitAsync().";
  const much = "Parse or write so much JSON on a thread: threads() of 'cortado/threads'.";
  return [
    siteOf('Atomics', Atomics, 'wait', wait),
    siteOf('JSON', JSON, 'parse', much, false),
    siteOf('JSON', JSON, 'stringify', much, false),
  ];
}

// Some are there on some systems only (fs.lchmodSync), some cannot be replaced (zlib.createZipArchiveSync).
function isReplaceable(holder: object, key: string): boolean {
  const { value, writable } = Object.getOwnPropertyDescriptor(holder, key) ?? {};
  return typeof value === 'function' && writable === true;
}
