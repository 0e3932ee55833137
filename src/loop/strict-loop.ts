import { checkOptions } from '../base/check-options.ts';
import { CortadoError } from '../base/error.ts';
import { currentFrame, type FrameScope } from '../concurrency/frame.ts';
import { type BlockingCall, inThread, wrapBlockingCalls } from './measure/blocking-calls.ts';
import { loopMonitor } from './measure/loop-monitor.ts';
import { culpritOf, framesOf, placeOf, stackAbove } from './measure/own-frames.ts';
import { ownerOfRunningCode, type Sighting } from './measure/sighting.ts';
import { inPhase } from './measure/stall.ts';
import { startWatchdog } from './watchdog/watchdog.ts';

/** Options of {@link strictLoop}. */
export interface StrictLoopOptions {
  /**
   * Modules that may block: a package (`'better-sqlite3'`), or the end of a file's path (`'src/legacy/report.ts'`). A call is allowed
   * when it comes through one of them.
   */
  readonly allow?: readonly string[];
  /** Milliseconds that a request or task may hold up the loop at once. Default 100; `false` for no limit. */
  readonly longest?: number | false;
}

/**
 * Makes blocking code inside of requests and tasks fail, with an error that names the place: the `*Sync` functions of `fs`, `crypto`,
 * `zlib` and `child_process`, `Atomics.wait`, synchronous SQLite, and anything that holds up the loop for too long. For tests and
 * development; dispose of the result to end it. What blockbuster is to Python.
 *
 * Outside of requests and tasks, while the app starts for example, everything is allowed.
 *
 * @throws CortadoError for unknown options.
 * @example
 * ```ts
 * using strict = strictLoop({ allow: ['better-sqlite3'] });
 * await client.get('/report');   // 500 and CORTADO_LOOP_BLOCKED in the log, if its handler calls readFileSync
 * ```
 */
export function strictLoop(options: StrictLoopOptions = {}): Disposable {
  checkOptions('strictLoop()', options, ['allow', 'longest']);
  const { allow = [], longest = 100 } = options;
  const stops = [wrapBlockingCalls((call, run) => (isAllowed(call, allow) ? run() : refuse(call)))];
  if (longest !== false) stops.push(watchSegments(longest, allow));
  return {
    [Symbol.dispose]: () => {
      for (const stop of stops) stop();
    },
  };
}

function isAllowed({ isForbidden }: BlockingCall, allow: readonly string[]): boolean {
  if (!isForbidden || currentFrame()?.scope === undefined) return true;
  const stack = stackAbove(isAllowed).filter((line) => !isOurs.test(line));
  // Node itself blocks where it must, to load a module for example.
  return /\(node:|at node:/.test(stack[0] ?? '') || comesThrough(stack, allow);
}

const isOurs = /[\\/]loop[\\/](?:strict-loop|measure[\\/]blocking-calls|watchdog[\\/]watchdog)\.[jt]s:/;

function comesThrough(stack: readonly string[], allow: readonly string[]): boolean {
  const files = framesOf(stack).map(({ file }) => file.replaceAll('\\', '/'));
  return files.some((file) =>
    allow.some((module) => file.includes(`/node_modules/${module}/`) || file.endsWith(`/${module}`)),
  );
}

function refuse({ name, advice }: BlockingCall): never {
  const { owner, phase } = ownerOfRunningCode();
  const culprit = culpritOf(framesOf(stackAbove(refuse)));
  const where = culprit === undefined ? '' : ` at ${placeOf(culprit)}`;
  throw new CortadoError(
    'CORTADO_LOOP_BLOCKED',
    `${name}()${where} would hold up the loop, in ${owner}, ${inPhase(phase)}. ${advice}`,
  );
}

// A request or task that was caught fails where its road goes on. Its first segments are measured exactly; what runs after an await is
// caught by the watchdog, which tells the place as well.
function watchSegments(longest: number, allow: readonly string[]): () => void {
  const faults = new WeakMap<object, CortadoError>();
  const watchdog = startWatchdog({ threshold: longest, print: false });
  const accuse = (fault: (scope: FrameScope) => CortadoError): void => {
    const scope = currentFrame()?.scope;
    if (scope !== undefined && !faults.has(scope)) faults.set(scope, fault(scope));
  };
  const stop = loopMonitor.watch({
    threshold: longest,
    onSighting: (sighting) => {
      if (sighting.isSure && !comesThrough(sighting.stack, allow)) accuse(() => faultOf(sighting, longest));
    },
    onLongSegment: (_ms, phase) => {
      if (allow.length === 0) accuse(({ owner }) => fault('The code', owner, phase, longest));
    },
    beforeSegment: () => {
      const scope = currentFrame()?.scope;
      const found = scope && faults.get(scope);
      if (found === undefined) return;
      faults.delete(scope!);
      throw found;
    },
  });
  return () => {
    stop();
    watchdog[Symbol.dispose]();
  };
}

function faultOf({ owner, phase, stack, call, advice }: Sighting, longest: number): CortadoError {
  const culprit = culpritOf(framesOf(stack));
  const what = call === undefined ? 'The code' : `${call}()`;
  const where = culprit === undefined ? '' : ` at ${placeOf(culprit)}`;
  return fault(`${what}${where}`, owner, phase, longest, advice);
}

function fault(
  what: string,
  owner: string | undefined,
  phase: string,
  longest: number,
  advice = inThread,
): CortadoError {
  const where = `in ${owner}, ${inPhase(phase)}`;
  return new CortadoError(
    'CORTADO_LOOP_BLOCKED',
    `${what} held up the loop for more than ${longest} ms, ${where}. ${advice}`,
  );
}
