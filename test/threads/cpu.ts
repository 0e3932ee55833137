import { threadId } from 'node:worker_threads';
import { HttpError } from '../../src/index.ts';
import { transfer } from '../../src/threads/index.ts';

export function fib(n: number): number {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

export function spin(ms: number): string {
  const end = Date.now() + ms;
  while (Date.now() < end);
  return 'spun';
}

export function forever(): never {
  for (;;);
}

export const whereAmI = async (): Promise<number> => threadId;

export class OutOfBeans extends Error {
  override name = 'OutOfBeans';
  code = 'BEANS';
  left = 0;
}

export function fails(kind: string): string {
  if (kind === 'own') throw new OutOfBeans('no beans', { cause: new TypeError('empty bag') });
  if (kind === 'http') throw new HttpError(409, { reason: 'closed' }, { headers: { 'x-bar': 'shut' } });
  if (kind === 'text') throw 'just text';
  if (kind === 'aggregate') throw new AggregateError([new RangeError('a'), new Error('b')], 'both');
  throw new RangeError('too far');
}

export function greet({ name }: { name: string }): { greeting: string } {
  return { greeting: `Hello, ${name}` };
}

export function argumentsOf(...args: unknown[]): number {
  return args.length;
}

export function speak(text: string): void {
  console.log(text);
}

export function sum(bytes: Uint8Array): number {
  return bytes.reduce((total, byte) => total + byte, 0);
}

export function bytes(length: number): Uint8Array {
  return transfer(new Uint8Array(length).fill(1));
}

export function uncloneable(): unknown {
  return () => 1;
}

export function die(): void {
  process.exit(3);
}

export function late(): void {
  setTimeout(() => {
    throw new Error('too late');
  }, 20);
}

export function floats(ms: number): string {
  void new Promise((_, reject) => setTimeout(() => reject(new Error('floating')), ms));
  return 'begun';
}

export function throwsLater(ms: number): void {
  setTimeout(() => {
    throw new Error('thrown late');
  }, ms);
}

export const waits = (ms: number): Promise<string> => new Promise((resolve) => setTimeout(() => resolve('waited'), ms));

export function hoard(): number {
  const all: number[][] = [];
  for (;;) all.push(new Array(100_000).fill(1));
}

export async function* count(to: number): AsyncGenerator<number> {
  for (let n = 1; n <= to; n++) yield n;
}

let made = 0;
let ended = 0;

export function* endless(): Generator<number> {
  try {
    for (;;) yield ++made;
  } finally {
    ended++;
  }
}

export function tally(): { made: number; ended: number } {
  return { made, ended };
}

export async function* breaks(): AsyncGenerator<number> {
  yield 1;
  throw new RangeError('broke off');
}

export function takesFunction(fn: () => void): void {
  fn();
}

export function takesSession(session: { query: () => Promise<string> }): string {
  return String(session);
}

export const notAFunction = 42;

/** Throws outside of any call, right after this one. */
export function throwsAfterwards(): number {
  setImmediate(() => {
    throw new Error('outside of any call');
  });
  return 1;
}

/** Rejects outside of any call, right after this one. */
export function rejectsAfterwards(): number {
  setImmediate(() => void Promise.reject(new Error('outside of any call')));
  return 1;
}
