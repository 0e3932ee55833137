import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CeleryVersion } from './celery-versions.ts';
import { type Program, startProgram } from './program.ts';

const folder = fileURLToPath(new URL('../queue/engines/celery/python', import.meta.url));

/** Where Python's Celery finds its broker and its results. */
export interface PythonPeerOptions {
  readonly celery: CeleryVersion;
  readonly broker: string;
  readonly backend: string;
  readonly queue?: string;
  /** Seconds. */
  readonly visibility?: number;
  readonly maxPriority?: number;
  /** Of results. Default `json`. */
  readonly resultSerializer?: string;
  /** Name of the time zone that it runs in. */
  readonly zone?: string;
}

function environment(options: PythonPeerOptions): Record<string, string | undefined> {
  return {
    BROKER: options.broker,
    BACKEND: options.backend,
    QUEUE: options.queue,
    VISIBILITY: options.visibility === undefined ? undefined : String(options.visibility),
    MAX_PRIORITY: options.maxPriority === undefined ? undefined : String(options.maxPriority),
    RESULT_SERIALIZER: options.resultSerializer,
    ...(options.zone !== undefined && { TZ: options.zone }),
    // Celery warns root, and writes byte code beside its sources.
    C_FORCE_ROOT: '1',
    PYTHONDONTWRITEBYTECODE: '1',
  };
}

/** Starts a Celery worker in Python that serves the tasks of `test/queue/engines/celery/python/peer.py`. */
export async function startCeleryWorker(options: PythonPeerOptions, ...flags: string[]): Promise<Program> {
  const args = ['-m', 'celery', '-A', 'peer', 'worker', '-l', 'info', '-E', '--concurrency', '2', ...flags];
  const program = startProgram(options.celery.python, args, { cwd: folder, env: environment(options) });
  await program.until(/ ready\./, 90_000);
  return program;
}

/** Runs Celery's command line to its end, and returns what it printed. */
export async function runCelery(options: PythonPeerOptions, ...command: string[]): Promise<string> {
  const program = startProgram(options.celery.python, ['-m', 'celery', '-A', 'peer', ...command], {
    cwd: folder,
    env: environment(options),
  });
  await program.ended;
  return program.output();
}

/** A Python process that runs what tests send it. */
export interface PythonDriver extends AsyncDisposable {
  /** Runs statements, and resolves to what they assign to `answer`. */
  readonly run: <T>(code: string) => Promise<T>;
}

/** Starts a {@link PythonDriver}. */
export function startPython(options: PythonPeerOptions): PythonDriver {
  const program = startProgram(options.celery.python, ['-u', 'driver.py'], {
    cwd: folder,
    env: environment(options),
    stdin: 'pipe',
  });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let calls = 0;
  createInterface({ input: program.child.stdout! }).on('line', (line) => {
    const { id, value, error } = JSON.parse(line) as { id: number; value: unknown; error?: string };
    if (error === undefined) waiting.get(id)?.resolve(value);
    else waiting.get(id)?.reject(new Error(error));
  });
  void program.ended.then(() => {
    for (const { reject } of waiting.values()) reject(new Error(`Python ended:\n${program.output()}`));
  });
  return {
    run<T>(code: string): Promise<T> {
      const id = ++calls;
      const call = Promise.withResolvers<unknown>();
      waiting.set(id, call);
      program.child.stdin!.write(`${JSON.stringify({ id, code })}\n`);
      const late = setTimeout(() => call.reject(new Error(`Python did not answer within 60 s:\n${code}`)), 60_000);
      return call.promise.finally(() => clearTimeout(late)) as Promise<T>;
    },
    [Symbol.asyncDispose]: async () => program[Symbol.asyncDispose](),
  };
}
