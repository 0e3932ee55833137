import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { threadId } from 'node:worker_threads';
import { runInFrame } from '../../src/concurrency/frame.ts';
import { CortadoError, gather, timeout } from '../../src/index.ts';
import { type Threads, type ThreadsOptions, threads, transfer } from '../../src/threads/index.ts';
import { coded } from '../support/coded.ts';
import { startNode } from '../support/program.ts';

type Cpu = Threads<typeof import('./cpu.ts')>;

const moduleUrl = new URL('./cpu.ts', import.meta.url);
const pool = (options?: ThreadsOptions): Cpu => threads<typeof import('./cpu.ts')>(moduleUrl, options);
const cpu = pool({ threads: 1, name: 'shared' });
after(() => cpu[Symbol.asyncDispose]());

test('runs a function on another thread', async () => {
  assert.equal(await cpu.fib(20), 6765);
  assert.notEqual(await cpu.whereAmI(), threadId);
});

test('starts no thread before the first call', async () => {
  const before = process.getActiveResourcesInfo().length;
  await using _ = pool();
  assert.equal(process.getActiveResourcesInfo().length, before);
});

test('keeps class name, code, properties, cause and both stacks of an error', async () => {
  const error = (await cpu.fails('own').catch((thrown: unknown) => thrown)) as Error & { code: string; left: number };
  assert.deepEqual([error.name, error.message, error.code, error.left], ['OutOfBeans', 'no beans', 'BEANS', 0]);
  assert.ok(error.cause instanceof TypeError);
  assert.match(error.stack!, /test\/threads\/cpu\.ts:\d+[\s\S]*called from[\s\S]*threads\.test\.ts:\d+/);
});

test('makes errors of the language instances of their class', async () => {
  await assert.rejects(cpu.fails('range'), RangeError);
  const both = (await cpu.fails('aggregate').catch((thrown: unknown) => thrown)) as AggregateError;
  assert.ok(both instanceof AggregateError);
  assert.ok(both.errors[0] instanceof RangeError);
  assert.equal(await cpu.fails('text').catch((thrown: unknown) => thrown), 'just text');
});

test('refuses arguments and results that cannot be sent, and goes on', async () => {
  await assert.rejects(
    cpu.argumentsOf(() => 1),
    coded('CORTADO_THREAD_CLONE', 'argumentsOf', 'argument'),
  );
  await assert.rejects(cpu.uncloneable(), coded('CORTADO_THREAD_CLONE', 'uncloneable'));
  assert.equal(await cpu.fib(1), 1);
});

test('names the functions there are when one is not', async () => {
  const odd = cpu as unknown as { nope: () => Promise<void> };
  await assert.rejects(odd.nope(), coded('CORTADO_THREAD_MODULE', '"nope"', 'fib'));
});

test('says at declaration that a module is not there', () => {
  const missing = new URL('./missing.ts', import.meta.url);
  assert.throws(() => threads(missing), coded('CORTADO_THREAD_MODULE', 'missing.ts', 'missing.js'));
});

test('says at the call that a module cannot be loaded', async () => {
  const file = join(tmpdir(), `broken-${process.pid}.mjs`);
  await writeFile(file, 'throw new Error("no config"); export const a = () => 1;');
  await using broken = threads<{ a: () => number }>(pathToFileURL(file));
  await assert.rejects(broken.a(), coded('CORTADO_THREAD_MODULE', 'no config'));
});

test('finds the JavaScript of a module that was compiled', async () => {
  const name = `compiled-${process.pid}`;
  await writeFile(join(tmpdir(), `${name}.mjs`), 'export const twice = (n) => n * 2;');
  await using compiled = threads<{ twice: (n: number) => number }>(pathToFileURL(join(tmpdir(), `${name}.mts`)));
  assert.equal(await compiled.twice(21), 42);
});

test('runs as many calls at once as it has threads, and the rest in order', async () => {
  await using two = pool({ threads: 2 });
  const order: number[] = [];
  await Promise.all([1, 2, 3, 4, 5].map(async (n) => order.push(await two.spin(n <= 2 ? 150 * n : 1).then(() => n))));
  assert.equal(order[0], 1);
  assert.equal(order.length, 5);
});

test('refuses with 503 and Retry-After when its queue is full', async () => {
  await using small = pool({ threads: 1, queue: 1 });
  const [first, second] = [small.spin(200), small.fib(5)];
  const refused = await small.fib(5).catch((thrown: unknown) => thrown);
  assert.ok(refused instanceof CortadoError);
  assert.deepEqual(
    [refused.code, refused.status, refused.headers],
    ['CORTADO_THREADS_BUSY', 503, { 'retry-after': '1' }],
  );
  assert.deepEqual([await first, await second], ['spun', 5]);
  assert.equal(await small.fib(6), 8);
});

test('stops the thread at its timeout and takes another', async () => {
  await using limited = pool({ threads: 1, timeout: 300 });
  await limited.fib(1);
  const error = await limited.forever().catch((thrown: unknown) => thrown);
  assert.ok(coded('CORTADO_TIMEOUT', 'forever()', '300 ms')(error));
  assert.equal((error as CortadoError).status, 504);
  assert.equal(await limited.fib(7), 13);
});

test('a call that waits for a thread is not late yet', async () => {
  await using limited = pool({ threads: 1, timeout: 400 });
  await limited.fib(1);
  const results = await Promise.all([limited.spin(250), limited.spin(250), limited.spin(250)]);
  assert.equal(results.length, 3);
});

test('stops the thread when the work around it ends', async () => {
  await using own = pool({ threads: 1 });
  await own.fib(1);
  await assert.rejects(
    timeout(100, () => own.forever()),
    coded('CORTADO_TIMEOUT'),
  );
  assert.equal(await own.fib(7), 13);
});

test('takes a call out of the queue when the work around it ends', async () => {
  await using own = pool({ threads: 1 });
  const running = own.spin(300);
  const failure = new Error('a sibling failed');
  const fail = async (): Promise<never> => {
    throw failure;
  };
  await assert.rejects(gather([() => own.forever(), fail]), failure);
  assert.equal(await running, 'spun');
  assert.equal(await own.fib(7), 13);
});

test('survives a thread that exits', async () => {
  await using own = pool({ threads: 1 });
  await assert.rejects(own.die(), coded('CORTADO_THREAD_DIED', 'die()', 'code: 3'));
  assert.equal(await own.fib(7), 13);
});

test('a rejection that nobody waited for does not fail the call that runs by then', async () => {
  await using program = startNode([
    '--input-type=module',
    '-e',
    `import { threads } from 'cortado/threads';
     const cpu = threads(new URL(${JSON.stringify(moduleUrl.href)}), { threads: 1 });
     await cpu.floats(50);
     console.log(await cpu.waits(150));`,
  ]);
  assert.equal(await program.ended, 0, program.output());
  assert.match(program.output(), /outside of any call[\s\S]*floating[\s\S]*waited/);
});

test('tells apart what ended the thread of a call', async () => {
  await using own = pool({ threads: 1 });
  await own.throwsLater(50);
  await assert.rejects(own.waits(2000), coded('CORTADO_THREAD_DIED', 'thrown late'));
  assert.equal(await own.fib(7), 13);
});

test('a call that needs too much memory fails, not the process', async () => {
  await using own = pool({ threads: 1, memory: 64 });
  await assert.rejects(own.hoard(), coded('CORTADO_THREAD_DIED', 'hoard()', 'memory'));
  assert.equal(await own.fib(7), 13);
});

test('fails a call where no thread can start, instead of waiting for ever', async () => {
  const preload = join(tmpdir(), `preload-${process.pid}.mjs`);
  await writeFile(
    preload,
    'import { isMainThread } from "node:worker_threads"; if (!isMainThread) throw new Error("no start");',
  );
  await using program = startNode([
    `--import=${pathToFileURL(preload).href}`,
    '--input-type=module',
    '-e',
    `import { threads } from 'cortado/threads';
     const cpu = threads(new URL(${JSON.stringify(moduleUrl.href)}), { threads: 1 });
     for (let n = 0; n < 3; n++) await cpu.fib(7).catch((error) => console.log(error.code, error.message));
     console.log('done');`,
  ]);
  assert.equal(await program.ended, 0);
  assert.equal(program.output().match(/CORTADO_THREAD_DIED.*no start/g)?.length, 3);
});

test('refuses options that cannot be', () => {
  assert.throws(() => pool({ memory: 1 }), coded('CORTADO_OPTION_INVALID', 'memory', '16'));
  assert.throws(() => pool({ threads: 0 }), coded('CORTADO_OPTION_INVALID', 'threads', '0'));
  assert.throws(() => pool({ thread: 1 } as ThreadsOptions), coded('CORTADO_OPTION_UNKNOWN', '"thread"'));
});

test('moves a buffer there and back', async () => {
  const there = new Uint8Array([1, 2, 3]);
  assert.equal(await cpu.sum(transfer(there)), 6);
  assert.equal(there.byteLength, 0);
  assert.equal((await cpu.bytes(1000)).byteLength, 1000);
  const copied = new Uint8Array([1, 2]);
  assert.equal(await cpu.sum(copied), 3);
  assert.equal(copied.byteLength, 2);
});

test('refuses to move a slice of shared memory', () => {
  assert.throws(() => transfer(Buffer.from('abc')), coded('CORTADO_THREAD_CLONE', 'slice'));
});

test('streams the items of a generator', async () => {
  const seen: number[] = [];
  for await (const n of cpu.count(30)) seen.push(n);
  assert.deepEqual(
    seen,
    Array.from({ length: 30 }, (_, index) => index + 1),
  );
});

test('a generator makes items as they are asked for, and ends when its consumer leaves', async () => {
  await using own = pool({ threads: 1 });
  let taken = 0;
  for await (const _ of own.endless()) if (++taken === 5) break;
  const { made, ended } = await own.tally();
  assert.ok(made >= 5 && made <= 16, `made ${made}`);
  assert.equal(ended, 1);
});

test('an error of a generator arrives after its items', async () => {
  const items = cpu.breaks();
  assert.deepEqual(await items.next(), { done: false, value: 1 });
  await assert.rejects(items.next(), /broke off/);
  assert.deepEqual(await items.next(), { done: true, value: undefined });
});

test('awaiting a generator gives the generator; iterating a value says what to do', async () => {
  const items = await cpu.count(1);
  assert.deepEqual(await items.next(), { done: false, value: 1 });
  await assert.rejects((cpu.fib(1) as unknown as AsyncGenerator).next(), coded('CORTADO_THREAD_MODULE', 'await'));
});

test('finishes what it has begun before it closes, and refuses what comes later', async () => {
  const own = pool({ threads: 1 });
  const [running, waiting] = [own.spin(100), own.fib(7)];
  await own[Symbol.asyncDispose]();
  assert.deepEqual([await running, await waiting], ['spun', 13]);
  await assert.rejects(own.fib(1), coded('CORTADO_LIFECYCLE'));
});

test('passes console output on, and reports errors that belong to no call', async () => {
  await using program = startNode([
    '--input-type=module',
    '-e',
    `import { threads } from 'cortado/threads';
     const cpu = threads(new URL(${JSON.stringify(moduleUrl.href)}), { threads: 1 });
     await cpu.speak('from the thread');
     await cpu.late();
     await new Promise((resolve) => setTimeout(resolve, 200));
     console.log('alive', await cpu.fib(7));`,
  ]);
  assert.equal(await program.ended, 0);
  assert.match(program.output(), /from the thread/);
  assert.match(program.output(), /outside of any call[\s\S]*too late[\s\S]*alive 13/);
});

test('an idle pool lets the process end', async () => {
  await using program = startNode([
    '--input-type=module',
    '-e',
    `import { threads } from 'cortado/threads';
     console.log(await threads(new URL(${JSON.stringify(moduleUrl.href)})).fib(7));`,
  ]);
  await program.until(/13/);
  assert.equal(await program.ended, 0);
});

test('a first call is answered also when the loop was held up while its thread started', async () => {
  for (const ms of [40, 120, 240]) {
    await using own = pool({ threads: 1 });
    const answer = own.fib(10);
    await new Promise((resolve) => setImmediate(resolve));
    for (const end = performance.now() + ms; performance.now() < end; );
    assert.equal(await Promise.race([answer, pause(5000, 'never')]), 55);
    assert.equal(await own.fib(10), 55);
  }
});

test('a call whose answer is still on its way can be given up', async () => {
  await using own = pool({ threads: 1 });
  const controller = new AbortController();
  const given = runInFrame({ signal: controller.signal, scope: undefined }, () => own.fib(10));
  await new Promise((resolve) => setImmediate(resolve));
  for (const end = performance.now() + 240; performance.now() < end; );
  setImmediate(() => controller.abort(new Error('enough')));
  await Promise.allSettled([given]);
  assert.equal(await Promise.race([own.fib(10), pause(5000, 'never')]), 55);
});
