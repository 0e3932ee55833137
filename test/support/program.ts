import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A program that a test started; disposing of it kills it. */
export interface Program extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it has printed so far, on both streams. */
  readonly output: () => string;
  /** Resolves once its output matches; rejects when it ends before, or after `ms` milliseconds. */
  readonly until: (pattern: RegExp, ms?: number) => Promise<RegExpExecArray>;
  /** Resolves to its exit code, or to the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Options of {@link startProgram}. */
export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `pipe` opens its standard input. Default: it has none. */
  readonly stdin?: 'pipe' | 'ignore';
  /** The id of the user and group that it runs as, which only root may choose. */
  readonly user?: number;
  /** Starts it in a process group of its own, which `process.kill(-pid, …)` reaches as a terminal does. Default `false`. */
  readonly group?: boolean;
}

/** Starts a program and follows its output. */
export function startProgram(command: string, args: readonly string[], options: ProgramOptions = {}): Program {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: [options.stdin ?? 'ignore', 'pipe', 'pipe'],
    ...(options.user !== undefined && { uid: options.user, gid: options.user }),
    detached: options.group ?? false,
  });
  let printed = '';
  const listeners = new Set<() => void>();
  const onData = (chunk: Buffer): void => {
    printed += chunk.toString('utf8');
    for (const listener of listeners) listener();
  };
  child.stdout!.on('data', onData);
  child.stderr!.on('data', onData);
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const until = (pattern: RegExp, ms = 60_000): Promise<RegExpExecArray> => {
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
    const look = (): void => {
      const match = pattern.exec(printed);
      if (match !== null) resolve(match);
    };
    const timer = setTimeout(() => reject(new Error(`no ${pattern} within ${ms} ms in:\n${printed}`)), ms);
    void ended.then((end) => reject(new Error(`ended with ${end} before ${pattern} in:\n${printed}`)));
    listeners.add(look);
    look();
    return promise.finally(() => {
      clearTimeout(timer);
      listeners.delete(look);
    });
  };
  return {
    child,
    pid: child.pid!,
    output: () => printed,
    until,
    ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null)
        if (options.group) process.kill(-child.pid!, 'SIGKILL');
        else child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Runs a program of the project from its sources, `import … from 'cortado'` included. */
export function startNode(args: readonly string[], options: ProgramOptions = {}): Program {
  return startProgram(process.execPath, ['--conditions=cortado-source', ...args], options);
}
