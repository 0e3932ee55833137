import { MessageChannel, type MessagePort, parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { CortadoError } from '../base/error.ts';
import type { Hello, Job, ThreadDemand, ThreadReport } from './message.ts';
import { packError } from './pack-error.ts';
import { transferList } from './transfer.ts';

// What runs in each thread. Piscina brings the jobs; reports and demands have a port of their own, so that a value that cannot be
// sent is an error of its call and not the end of the thread.
const port = introduce();
const streams = new Map<number, Stream>();
port.on('message', heed);
port.unref();
// A promise that nobody waited for is no fault of the call that runs by the time it rejects, and the thread goes on, as a thread of
// Python does. What throws outside of any promise ends it.
process.on('unhandledRejection', (reason) => report({ id: 0, kind: 'stray', error: packError(reason) }));

function introduce(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const hello: Hello = { cortadoThread: true, port: port2 };
  parentPort!.postMessage(hello, [port2]);
  return port1;
}

/** Runs one job to its end. It never throws: what goes wrong is reported. */
export async function run(job: Job): Promise<void> {
  try {
    const called = await load(job);
    if (job.timed) report({ id: job.id, kind: 'begin' });
    const made = called(...job.args);
    if (isGenerator(made)) await stream(job.id, made);
    else sendValue({ id: job.id, kind: 'value', value: await made }, job.name);
  } catch (error) {
    report({ id: job.id, kind: 'failure', error: packError(error) });
  }
}

type AnyFunction = (...args: readonly unknown[]) => unknown;

async function load({ module, name }: Job): Promise<AnyFunction> {
  const exported = (await importModule(module)) as Record<string, unknown>;
  const called = exported[name];
  if (typeof called === 'function') return called as AnyFunction;
  const functions = Object.keys(exported).filter((key) => typeof exported[key] === 'function');
  throw new CortadoError(
    'CORTADO_THREAD_MODULE',
    `${module} exports no function "${name}". It exports: ${functions.join(', ') || 'none'}.`,
  );
}

async function importModule(module: string): Promise<object> {
  try {
    return await import(module);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CortadoError('CORTADO_THREAD_MODULE', `${module} cannot be loaded in a thread: ${why}`, { cause });
  }
}

type AnyGenerator = AsyncGenerator | Generator;

function isGenerator(value: unknown): value is AnyGenerator {
  if (typeof value !== 'object' || value === null) return false;
  return (
    typeof (value as Partial<AnyGenerator>).next === 'function' &&
    (Symbol.asyncIterator in value || Symbol.iterator in value)
  );
}

interface Stream {
  credit: number;
  left: boolean;
  wake: () => void;
}

// Backpressure: an item is made only when the caller has asked for it.
async function stream(id: number, generator: AnyGenerator): Promise<void> {
  const state: Stream = { credit: 0, left: false, wake: () => {} };
  streams.set(id, state);
  try {
    report({ id, kind: 'stream' });
    while (await isWanted(state)) {
      const step = await generator.next();
      if (step.done === true) break;
      sendValue({ id, kind: 'item', value: step.value }, 'a generator');
      state.credit--;
    }
    // Does nothing where the generator has ended by itself.
    await generator.return(undefined);
    report({ id, kind: 'end' });
  } catch (error) {
    await generator.return(undefined);
    throw error;
  } finally {
    streams.delete(id);
  }
}

// Messages are fetched by hand: a generator that never waits for anything would not let them in.
async function isWanted(state: Stream): Promise<boolean> {
  for (let entry = receiveMessageOnPort(port); entry !== undefined; entry = receiveMessageOnPort(port))
    heed(entry.message);
  while (state.credit === 0 && !state.left) {
    const { promise, resolve } = Promise.withResolvers<void>();
    state.wake = resolve;
    await promise;
  }
  return !state.left;
}

function heed(demand: ThreadDemand): void {
  const state = streams.get(demand.id);
  if (state === undefined) return;
  if (demand.kind === 'more') state.credit += demand.items;
  else state.left = true;
  state.wake();
}

function sendValue(message: ThreadReport & { readonly value: unknown }, name: string): void {
  try {
    port.postMessage(message, transferList([message.value]));
  } catch (cause) {
    throw new CortadoError(
      'CORTADO_THREAD_CLONE',
      `what ${name} made cannot be sent to another thread: ${(cause as Error).message} Return plain data.`,
      { cause },
    );
  }
}

function report(message: ThreadReport): void {
  port.postMessage(message);
}
