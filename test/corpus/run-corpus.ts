import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Variant } from './app.ts';
import type { BadFrames, BadInput } from './corpus.ts';
import { type Exchange, overHttp1 } from './exchange-http1.ts';
import { framesOverHttp2, requestOverHttp2 } from './exchange-http2.ts';
import type { Measured } from './server.ts';
import { slowElsewhere } from './slow-elsewhere.ts';

/** Where inputs are sent. */
export interface Target {
  /** URL of an empty database. */
  readonly database: string;
  readonly variant: Variant;
  readonly http2: boolean;
}

/** What came of a run. */
export interface Report {
  /** What is wrong, by input. */
  readonly faults: readonly string[];
  /** Hashes of what was sent, by class. */
  readonly sent: ReadonlyMap<string, ReadonlySet<string>>;
  /** The most milliseconds of the main thread's processor that one input of a class took, and which. */
  readonly slowest: ReadonlyMap<string, Cost>;
  /** How often each status came. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Bytes of the heap after a half, and at the end. */
  readonly heap: readonly [number, number];
}

/** What an input has cost. */
export interface Cost {
  readonly ms: number;
  readonly name: string;
}

// Milliseconds of the main thread's processor; of what has 200 bytes at most, and of what is larger.
const most = { small: 10, large: 100 };
const smallest = 200;
// A machine that does other things as well makes any single measurement long.
const tries = 8;
// Bytes of an answer beyond four times what was sent: a thousand issues, each with its words.
const roomForIssues = 512 * 1024;
const roomInHeap = 24 * 1024 * 1024;

/** Sends inputs one by one to a server of their own, and looks after each what became of it. */
export async function runCorpus(
  target: Target,
  inputs: readonly BadInput[],
  frames: readonly BadFrames[] = [],
): Promise<Report> {
  await using server = await startServer(target);
  const faults: string[] = [];
  const sent = new Map<string, Set<string>>();
  const slowest = new Map<string, Cost>();
  const statuses = new Map<number, number>();
  const jobs = [
    ...inputs.flatMap((input) => jobOf(input, target.http2)),
    ...(target.http2
      ? frames.map((input): Job => ({ ...input, own: [], send: (port) => framesOverHttp2(port, input.bytes) }))
      : []),
  ];
  let half = 0;
  for (const [at, job] of jobs.entries()) {
    const { kind, name, bytes } = job;
    const hashes = sent.get(kind) ?? new Set();
    sent.set(kind, hashes.add(createHash('sha1').update(bytes).digest('hex')));
    const wrong = (what: string): void => void faults.push(`${kind}: ${name}: ${what}`);
    const { exchange, ms } = await measured(server, job);
    for (const status of exchange.statuses) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const seen = slowest.get(kind);
    if (seen === undefined || seen.ms < ms) slowest.set(kind, { ms, name });
    for (const what of complaints(job, exchange)) wrong(what);
    const limit = limitOf(job);
    if (ms > limit) wrong(`takes ${Math.round(ms)} ms of the main thread, more than ${limit}`);
    const state = await server.settled();
    if (state.openRequests > 0) wrong(`${state.openRequests} requests are still open`);
    if (state.connections > 0) wrong(`${state.connections} connections are still open`);
    if (state.smuggled > server.known.smuggled) wrong('a body became a request');
    for (const error of state.uncaught.slice(server.known.uncaught)) wrong(`nobody has caught ${error}`);
    server.known = { smuggled: state.smuggled, uncaught: state.uncaught.length };
    if (at === jobs.length >> 1) half = (await server.look('heap')).heap;
  }
  const { heap } = await server.look('heap');
  if (jobs.length > 500 && heap > half + roomInHeap) faults.push(`the heap has grown from ${half} to ${heap} bytes`);
  return { faults, sent, slowest, statuses, heap: [half, heap] };
}

interface Job {
  readonly kind: string;
  readonly name: string;
  readonly bytes: Buffer;
  readonly own: readonly number[];
  readonly send: (port: number) => Promise<Exchange>;
}

function jobOf(input: BadInput, http2: boolean): Job[] {
  const { kind, name, own, manner } = input;
  if (!http2) {
    const { bytes } = input;
    return [{ kind, name, bytes, own, send: (port) => overHttp1(port, bytes, manner) }];
  }
  const { request } = input;
  if (request === undefined) return [];
  return [{ kind, name, own, bytes: input.bytes, send: (port) => requestOverHttp2(port, request) }];
}

async function measured(server: Server, job: Job): Promise<{ exchange: Exchange; ms: number }> {
  let best: { exchange: Exchange; ms: number } | undefined;
  for (let turn = 0; turn < tries; turn++) {
    const { cpu } = await server.look();
    const exchange = await job.send(server.port);
    const ms = (await server.settled()).cpu - cpu;
    if (best === undefined || ms < best.ms) best = { exchange, ms };
    if (best.ms <= limitOf(job)) break;
  }
  return best!;
}

function limitOf({ kind, name, bytes }: Job): number {
  const known = slowElsewhere.find((one) => one.kind === kind && one.name.test(name));
  return known?.ms ?? (bytes.length <= smallest ? most.small : most.large);
}

function headsOf(text: string): string[] {
  return [...text.matchAll(/HTTP\/1\.1 \d{3} [\s\S]*?(?:\r\n\r\n|$)/g)].map(([head]) => head);
}

function* complaints({ bytes, own }: Job, { statuses, text, received, isUnanswered }: Exchange): Generator<string> {
  if (isUnanswered) yield 'is never answered';
  for (const status of statuses) if (status >= 500 && !own.includes(status)) yield `is answered with ${status}`;
  // A body may say what it likes.
  if (headsOf(text).some((head) => /\nx-injected:/i.test(head))) yield 'makes a header of its own';
  if (/\n(?:event|id): injected/.test(text)) yield 'makes an event of its own';
  if (statuses.some((status) => status >= 400) && received > 4 * bytes.length + roomForIssues)
    yield `has an error of ${received} bytes for ${bytes.length}`;
}

interface Server extends AsyncDisposable {
  readonly port: number;
  known: { smuggled: number; uncaught: number };
  look(what?: 'look' | 'heap'): Promise<Measured>;
  /** Once nothing is open any more, or after long enough. */
  settled(): Promise<Measured>;
}

async function startServer({ database, variant, http2 }: Target): Promise<Server> {
  const child: ChildProcess = fork(fileURLToPath(new URL('server.ts', import.meta.url)), {
    execArgv: ['--conditions=cortado-source', '--expose-gc'],
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      CORPUS_DATABASE: database,
      CORPUS_VARIANT: variant,
      CORPUS_HTTP2: http2 ? '1' : '',
    },
  });
  const ended = once(child, 'exit');
  const next = async <T>(): Promise<T> => {
    const said = await Promise.race([once(child, 'message'), ended.then(() => undefined)]);
    if (said === undefined) throw new Error(`the server has ended with ${child.exitCode ?? child.signalCode}`);
    return said[0] as T;
  };
  const port = Number(new URL(await next<string>()).port);
  const look = (what: 'look' | 'heap' = 'look'): Promise<Measured> => {
    child.send(what);
    return next();
  };
  return {
    port,
    known: { smuggled: 0, uncaught: 0 },
    look,
    async settled() {
      const end = performance.now() + 5000;
      let state = await look();
      while ((state.openRequests > 0 || state.connections > 0) && performance.now() < end) {
        await pause(4);
        state = await look();
      }
      return state;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
