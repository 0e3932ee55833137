import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { App } from '../../src/index.ts';
import type { Copied, Threads } from '../../src/threads/index.ts';
import { threads } from '../../src/threads/index.ts';

type Cpu = Threads<typeof import('./cpu.ts')>;
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(): T | undefined => undefined;

test('functions keep their parameters, and results become promises', () => {
  holds<Equal<Cpu['fib'], (n: number) => Promise<number>>>();
  holds<Equal<Cpu['whereAmI'], () => Promise<number>>>();
  holds<Equal<Cpu['sum'], (bytes: Uint8Array) => Promise<number>>>();
  holds<Equal<Cpu['greet'], ({ name }: { name: string }) => Promise<{ greeting: string }>>>();
});

test('generators become async generators', () => {
  holds<Equal<ReturnType<Cpu['count']>, AsyncGenerator<number, void, undefined>>>();
  holds<Equal<ReturnType<Cpu['endless']>, AsyncGenerator<number, void, undefined>>>();
});

test('what cannot be sent cannot be called, and only functions are there', () => {
  const calls = (cpu: Cpu): void => {
    // @ts-expect-error it takes a function
    void cpu.takesFunction(() => {});
    // @ts-expect-error it takes an object with a method
    void cpu.takesSession({ query: async () => '' });
    // @ts-expect-error it is not a function
    void cpu.notAFunction;
    // @ts-expect-error a wrong argument
    void cpu.fib('1');
  };
  assert.equal(typeof calls, 'function');
});

test('plain data, dates, maps, buffers and types that contain themselves can be sent', () => {
  interface Tree {
    readonly value: Date;
    readonly children: readonly Tree[];
    readonly index: Map<string, Uint8Array>;
  }
  const check = (tree: Tree): Copied<Tree> => tree;
  assert.equal(typeof check, 'function');
});

test('a thread function is a handler whose parameters must fit', async () => {
  await using cpu = threads<typeof import('./cpu.ts')>(new URL('./cpu.ts', import.meta.url));
  const app = new App({ logger: false });
  app.get('/right', { params: { name: z.string() }, response: z.object({ greeting: z.string() }) }, cpu.greet);
  // @ts-expect-error the function wants a name
  app.get('/wrong', { params: { title: z.string() } }, cpu.greet);
  // @ts-expect-error the function answers with something else
  app.get('/other', { params: { name: z.string() }, response: z.object({ n: z.int() }) }, cpu.greet);
});
