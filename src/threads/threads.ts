import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { checkOptions } from '../base/check-options.ts';
import { anything, atLeast, positive, type Rules } from '../base/check-values.ts';
import { component, type Gauge } from '../base/component-key.ts';
import { CortadoError, invalidOption } from '../base/error.ts';
import type { Logger } from '../base/logger.ts';
import { currentFrame } from '../concurrency/frame.ts';
import type { Remote } from './remote.ts';
import { ThreadCall } from './thread-call.ts';
import { ThreadPool } from './thread-pool.ts';

/** Options of {@link threads}. */
export interface ThreadsOptions {
  /**
   * Most threads at once; they start when they are needed. Default: one fewer than the machine has cores, so that the loop keeps one,
   * but at least one: that fits work that computes. For work that blocks while it waits (synchronous drivers, `execFileSync`), take more: 40 as FastAPI does, for example.
   */
  readonly threads?: number;
  /** Most calls that wait for a thread; further ones fail at once with 503 and `Retry-After`. Default 100. */
  readonly queue?: number;
  /** Most milliseconds that a call runs, its wait for a thread not counted; then its thread is stopped and replaced, and it fails with 504. Default: no limit. */
  readonly timeout?: number;
  /** Most megabytes of memory per thread; a call that needs more fails, not the process. Default: Node's own limit. */
  readonly memory?: number;
  /** Its name in messages, logs and metrics. Default: the name of the module. */
  readonly name?: string;
}

/** A module's functions, each run on a thread; an app can `use` it, and `await using` closes it. */
export type Threads<M> = Remote<M> & ThreadsParts;

/** What an app sees of a thread pool. */
export interface ThreadsParts extends AsyncDisposable {
  readonly [component]: (host: { readonly log: Logger }) => {
    readonly name: string;
    readonly start: () => void;
    readonly stop: (signal: AbortSignal) => Promise<void>;
    readonly notReady: () => string | undefined;
    readonly gauges: () => Gauge[];
  };
}

/**
 * Makes a module's functions run on threads, so that the loop stays free while they compute or block. Each is awaited like a local
 * async function; a generator streams its items back. The work ends with the request or task that asked for it, or at `timeout`.
 *
 * Arguments and results are copied (structured clone); `transfer()` moves buffers instead. The module is loaded anew in each thread:
 * its variables are not shared. A function that takes one object of values can be the handler of a route or a task as it is, which is
 * what `def` does in FastAPI.
 *
 * @param module The module's file, `new URL('./cpu.ts', import.meta.url)`; where it was compiled, `./cpu.js` is found.
 * @throws CortadoError at declaration for unknown options, for a module that is not there and where Piscina is not installed. A call rejects with what its function
 * throws, or with `CORTADO_THREADS_BUSY` (503), `CORTADO_TIMEOUT` (504), `CORTADO_THREAD_CLONE`, `CORTADO_THREAD_MODULE` or
 * `CORTADO_THREAD_DIED`.
 * @example
 * ```ts
 * const cpu = threads<typeof import('./cpu.ts')>(new URL('./cpu.ts', import.meta.url));
 * app.use(cpu);                                                                   // closes it with the app
 * app.get('/fib', { params: { n: z.int().max(45) } }, ({ n }) => cpu.fib(n));      // one call on a thread
 * app.get('/report', { params: { year: z.int() } }, cpu.report);                   // the whole handler on a thread
 * ```
 */
export function threads<M extends object>(module: URL, options: ThreadsOptions = {}): Threads<M> {
  checkOptions('threads()', options, rules);
  const file = findModule(module);
  const { name = basename(fileURLToPath(file)).replace(/\.[cm]?[jt]s$/, ''), timeout } = options;
  let log: Logger | undefined;
  const onError = (error: unknown): void => {
    if (log === undefined) console.error(`an error in a thread of "${name}", outside of any call:`, error);
    else log.error({ err: error, threads: name }, `an error in a thread of "${name}", outside of any call`);
  };
  const pool = new ThreadPool({
    name,
    threads: options.threads ?? Math.max(1, availableParallelism() - 1),
    queue: options.queue ?? 100,
    memory: options.memory,
    onError,
  });
  const parts: ThreadsParts = {
    [component]: (host) => {
      ({ log } = host);
      return {
        name: `threads "${name}"`,
        start: () => pool.open(),
        stop: (signal) => pool.close(signal),
        notReady: () => (pool.isFull ? `the threads of "${name}" are busy and their queue is full` : undefined),
        gauges: () => gauges(pool),
      };
    },
    [Symbol.asyncDispose]: () => pool.close(),
  };
  return remote<M>(pool, file.href, timeout, parts);
}

function remote<M>(pool: ThreadPool, module: string, timeout: number | undefined, parts: ThreadsParts): Threads<M> {
  const functions = new Map<string, (...args: unknown[]) => unknown>();
  const get = (target: object, key: string | symbol): unknown => {
    // `then` would make the pool itself look like a promise.
    if (typeof key === 'symbol' || key === 'then' || Object.hasOwn(target, key)) return Reflect.get(target, key);
    let called = functions.get(key);
    if (called === undefined) functions.set(key, (called = remoteFunction(pool, module, key, timeout)));
    return called;
  };
  const target = { ...parts, [inspect.custom]: () => `Threads { ${pool.options.name} }` };
  return new Proxy(target, { get }) as unknown as Threads<M>;
}

let calls = 0;

function remoteFunction(
  pool: ThreadPool,
  module: string,
  name: string,
  timeout: number | undefined,
): (...args: unknown[]) => unknown {
  const label = `${pool.options.name}.${name}()`;
  const stopWork = (call: ThreadCall): void => pool.stop(call);
  const called = (...args: unknown[]): unknown => {
    const frame = currentFrame();
    // As the handler of a route or task it is given the context too, which belongs to this thread.
    if (args.length > 0 && frame?.scope !== undefined && args.at(-1) === frame.scope.context) args.pop();
    const signal = frame?.signal;
    const job = { id: ++calls, module, name, args, timed: timeout !== undefined };
    const call = new ThreadCall(job, label, { stopWork, timeout, signal, above: called });
    if (signal?.aborted) call.fail(signal.reason);
    else pool.submit(call);
    return call.result;
  };
  // Its name says in the documentation what the route does.
  return Object.defineProperty(called, 'name', { value: name, configurable: true });
}

function gauges({ options, busy, waiting }: ThreadPool): Gauge[] {
  const labels = { pool: options.name };
  return [
    { name: 'cortado_threads_busy', help: 'Threads that work', value: busy, labels },
    { name: 'cortado_threads_waiting', help: 'Calls that wait for a thread', value: waiting, labels },
    { name: 'cortado_threads_limit', help: 'Most threads of the pool', value: options.threads, labels },
  ];
}

// With less, a thread cannot even start, and V8 ends the whole process over it.
const leastMemory = 16;

const rules: Rules<ThreadsOptions> = {
  threads: positive,
  queue: atLeast(0),
  timeout: positive,
  memory: { ...atLeast(leastMemory), wanted: `${leastMemory} megabytes or more` },
  name: anything,
};

/**
 * The file of a thread module: the one that the code names, or, where that is a TypeScript file that was compiled and left behind, its
 * JavaScript: `./cpu.ts` in the repository is `./cpu.js` in what is published.
 *
 * @throws CortadoError `CORTADO_THREAD_MODULE` when there is neither.
 */
function findModule(module: URL): URL {
  if (!(module instanceof URL) || module.protocol !== 'file:') {
    throw invalidOption("threads(): the module must be a file URL: new URL('./cpu.ts', import.meta.url).");
  }
  const compiled = new URL(module);
  compiled.pathname = module.pathname.replace(/\.([cm]?)ts$/, '.$1js');
  const candidates = compiled.href === module.href ? [module] : [module, compiled];
  const found = candidates.find((candidate) => existsSync(fileURLToPath(candidate)));
  if (found !== undefined) return found;
  const names = candidates.map((candidate) => fileURLToPath(candidate)).join(' nor ');
  throw new CortadoError('CORTADO_THREAD_MODULE', `threads(): there is no ${names}.`);
}
