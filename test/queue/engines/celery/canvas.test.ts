import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { type Call, celeryTask, chain, chord, PythonError, send } from '../../../../src/queue/celery/index.ts';
import { Queue } from '../../../../src/queue/index.ts';
import { celeriesOfYears } from '../../../support/celery-versions.ts';
import {
  type PythonDriver,
  type PythonPeerOptions,
  startCeleryWorker,
  startPython,
} from '../../../support/celery-worker.ts';
import { memoryLog } from '../../../support/memory-log.ts';
import type { Program } from '../../../support/program.ts';
import { rabbitMissing } from '../../../support/rabbitmq-server.ts';
import { redisMissing } from '../../../support/redis-server.ts';
import { type Servers, servers as setUps } from './servers.ts';

// What pure Celery gives, which runs each of them as well.
const fromPython: Readonly<Record<string, unknown>> = {
  'chain(add(1, 2), add(3), add(4))': 10,
  'chain(add(1, y=2), add(y=3))': 6,
  'chain(add(1, 2), add(2, 2, immutable=True), add(1))': 5,
  'chain(add(1, 1), chain(add(1), add(2)), add(3))': 8,
  'chain(flaky(2), add(1))': 3,
  'chain(add(1, 1), group(add(1), add(2)))': [3, 4],
  'chain(add(1, 1), group(add(1), add(2)), total())': 7,
  'chain(add(1, 1), group(add(1), add(2)), total(), add(1), add(1))': 9,
  'chain(group(add(1, 1), add(2, 2)), group(total(), total()), total())': 12,
  'group(chain(add(1, 1), add(1)), chain(add(2, 2), add(2)))': [3, 6],
  'group(add(1, 1), group(add(2, 2), add(3, 3)))': [2, 4, 6],
  'chord([add(1, 1), add(2, 2)], total())': 6,
  'chord([chain(add(1, 1), add(3)), add(2, 2)], total())': 9,
  'chord([chain(add(1, 1), add(1), add(1)), chain(add(2, 2), add(2))], total())': 10,
  'chord([chord([add(1, 1), add(2, 2)], total()), add(3, 3)], total())': 12,
  'chord([chord([chord([add(1, 1), add(1, 1)], total()), add(1, 1)], total()), add(3, 3)], total())': 12,
  'chord([chain(add(1, 1), chord([add(1), add(2)], total())), add(3, 3)], total())': 13,
  'chord([group(add(1, 1), add(2, 2)), add(3, 3)], total())': 12,
  'chord([add(1, 1), add(2, 2)], chain(total(), add(10), add(1)))': 17,
  'chord([add(1, 1), add(2, 2)], chord([total(), total()], total()))': 12,
  'chord([add(1, 1), add(2, 2)], group(total(), total()))': [6, 6],
  'chord([add(1, 1), flaky(2)], total())': 4,
  'chain(chord([add(1, 1), add(2, 2)], total()), chord([add(1), add(2)], total()))': 15,
  'chain(add(1, 1), chord([add(1), add(2)], total()), add(5))': 12,
  'chain(add(1, 1), chord([add(1), add(2)], chain(total(), add(1))), add(5), add(1))': 14,
  'chord([add(1, 1), same("x", immutable=True)], same(7, immutable=True))': 7,
};

const bad = { raised: 'ValueError', module: 'builtins', args: ['bad'] };
const dependency = (cause: string) => ({
  raised: 'ChordError',
  module: 'celery.exceptions',
  args: [`Dependency ID raised ${cause}`],
});
const ofChord = dependency("ValueError('bad')");
const ofChords = dependency(`ChordError("Dependency ID raised ValueError('bad')")`);

/**
 * What `get()` raises, which asks the parents of a result as well; and what the result itself says. In Celery itself some of those never end, so
 * they are only asked for where all tasks run here.
 */
const failing: Readonly<Record<string, readonly [got: unknown, own: unknown, endsInCelery?: false]>> = {
  'chain(fail("bad"), add(1))': [bad, bad],
  'chain(same("bad"), fail(), add(1), add(2))': [bad, bad],
  'chain(fail("bad"), group(add(1), add(2)), total())': [bad, bad, false],
  'chain(fail("bad"), chord([add(1), add(2)], total()), add(1))': [bad, bad, false],
  'chord([fail("bad"), add(1, 1)], total())': [bad, ofChord],
  'chord([chain(fail("bad"), add(1)), add(1, 1)], total())': [bad, ofChord],
  'chord([group(fail("bad"), add(1, 1)), add(1, 1)], total())': [bad, ofChord],
  'chord([add(1, 1), fail("bad"), fail("bad")], total())': [bad, ofChord],
  'chord([chord([fail("bad"), add(1, 1)], total()), add(2, 2)], total())': [ofChord, ofChords, false],
  'chord([fail("bad"), add(1, 1)], chain(total(), add(1)))': [bad, ofChord, false],
  'chord([fail("bad"), add(1, 1)], chord([total(), total()], total()))': [bad, ofChord, false],
  'chain(chord([fail("bad"), add(1, 1)], total()), add(1))': [bad, ofChord, false],
};

interface Task {
  readonly call: (input: Record<string, unknown>, immutable?: boolean) => Call<unknown>;
}

/** The tasks of a canvas, each in the language that is next. */
type Make = Readonly<Record<'add' | 'total' | 'fail' | 'flaky' | 'same', Task['call']>>;

const fromTypeScript: readonly (readonly [name: string, make: (tasks: Make) => Call<unknown>, value: unknown])[] = [
  ['a chain', ({ add }) => chain(add({ x: 1, y: 2 }), add({ y: 3 }), add({ y: 4 })), 10],
  [
    'a chain with an immutable link',
    ({ add }) => chain(add({ x: 1, y: 2 }), add({ x: 2, y: 2 }, true), add({ y: 1 })),
    5,
  ],
  [
    'a chain in a chain',
    ({ add }) => chain(add({ x: 1, y: 1 }), chain(add({ y: 1 }), add({ y: 2 })), add({ y: 3 })),
    8,
  ],
  ['a chain that retries', ({ add, flaky }) => chain(flaky({ times: 2 }), add({ y: 1 })), 3],
  ['a chord', ({ add, total }) => chord([add({ x: 1, y: 1 }), add({ x: 2, y: 2 })], total({})), 6],
  [
    'a chord of chains',
    ({ add, total }) => chord([chain(add({ x: 1, y: 1 }), add({ y: 3 })), add({ x: 2, y: 2 })], total({})),
    9,
  ],
  [
    'a chord of chords',
    ({ add, total }) =>
      chord([chord([add({ x: 1, y: 1 }), add({ x: 2, y: 2 })], total({})), add({ x: 3, y: 3 })], total({})),
    12,
  ],
  [
    'a chord with a chain as its body',
    ({ add, total }) => chord([add({ x: 1, y: 1 }), add({ x: 2, y: 2 })], chain(total({}), add({ y: 10 }))),
    16,
  ],
  [
    'a chord with a chord as its body',
    ({ add, total }) => chord([add({ x: 1, y: 1 }), add({ x: 2, y: 2 })], chord([total({}), total({})], total({}))),
    12,
  ],
  [
    'a chord at the end of a chain',
    ({ add, total }) => chain(add({ x: 1, y: 1 }), chord([add({ y: 1 }), add({ y: 2 })], total({}))),
    7,
  ],
  [
    'chords in the midst of a chain',
    ({ add, total }) =>
      chain(
        add({ x: 1, y: 1 }),
        chord([add({ y: 1 }), add({ y: 2 })], chain(total({}), add({ y: 1 }))),
        chord([add({ y: 1 }), add({ y: 2 })], total({})),
        add({ y: 5 }),
      ),
    24,
  ],
  [
    'chains that end in chords in a chord',
    ({ add, total }) =>
      chord(
        [chain(add({ x: 1, y: 1 }), chord([add({ y: 1 }), add({ y: 2 })], total({}))), add({ x: 3, y: 3 })],
        total({}),
      ),
    13,
  ],
  ['a chord of nothing', ({ total }) => chord([], total({})), 0],
];

// Who serves the tasks of a canvas, in turn: Python alone, which is pure Celery, TypeScript alone, and both.
const patterns = ['p', 't', 'pt', 'tp', 'ttp'];

const limit = { timeout: 60_000 };

for (const celery of celeriesOfYears('5.2')) {
  const skip = redisMissing() ?? rabbitMissing() ?? celery.skip;
  for (const name of ['Redis', 'RabbitMQ'] as const) {
    describe(`canvases of ${celery.title} over ${name}`, { skip }, () => {
      let servers: Servers;
      let queue: Queue;
      let python: PythonDriver;
      let worker: Program;
      before(async () => {
        servers = await setUps[name]();
        queue = new Queue({ engine: servers.url, log: memoryLog().logger });
        queue.task('ts.add', { params: { x: z.number(), y: z.number() } }, ({ x, y }) => x + y);
        queue.task('ts.total', { params: { numbers: z.array(z.number()) } }, ({ numbers }) =>
          numbers.reduce((a, b) => a + b, 0),
        );
        queue.task('ts.same', { params: { value: z.unknown() } }, ({ value }) => value);
        queue.task('ts.fail', { params: { message: z.string() } }, ({ message }) => {
          throw new PythonError('ValueError', [message]);
        });
        const often = { params: { times: z.int() }, retries: 5, backoff: { base: 50 } };
        queue.task('ts.flaky', often, ({ times }, { attempt }) => {
          if (attempt <= times) throw new Error('not yet');
          return times;
        });
        const peer: PythonPeerOptions = { celery, broker: servers.broker, backend: servers.backend };
        python = startPython({ ...peer, queue: 'celery' });
        worker = await startCeleryWorker({ ...peer, queue: 'python' }, '-Q', 'python', '-n', 'py@%h');
        await queue.work({ concurrency: 4 });
      });
      after(async () => {
        await queue.close();
        await python[Symbol.asyncDispose]();
        await worker[Symbol.asyncDispose]();
        await servers.stop();
      });

      /** What becomes of canvases that all are sent before the first one is waited for. */
      const outcomes = (texts: readonly string[], pattern: string) =>
        python.run<unknown[]>(
          `from canvases import canvas\nsent = [canvas(text, '${pattern}').apply_async() for text in ${JSON.stringify(texts)}]\nanswer = [outcome(one, 25) for one in sent]`,
        );

      const remote = (task: string, language: string) => {
        const name = `${language === 'p' ? 'py' : 'ts'}.${task}`;
        return celeryTask(name, { on: queue, queue: language === 'p' ? 'python' : 'celery' });
      };
      const maker = (pattern: string): Make => {
        let count = 0;
        const make =
          (task: string): Task['call'] =>
          (input, immutable = false) =>
            remote(task, pattern[count++ % pattern.length]!).call(input as never, { immutable });
        return { add: make('add'), total: make('total'), fail: make('fail'), flaky: make('flaky'), same: make('same') };
      };

      for (const pattern of patterns) {
        test(`from Python, in ${pattern}`, async () => {
          const texts = Object.keys(fromPython);
          const found = await outcomes(texts, pattern);
          const expected = Object.fromEntries(texts.map((text) => [text, { value: fromPython[text] }]));
          assert.deepEqual(Object.fromEntries(texts.map((text, at) => [text, found[at]])), expected);
        });

        test(`from Python, what fails, in ${pattern}`, async () => {
          // Celery 5.2 stumbles over what has no id in the rest of a chain that failed, and loses ends of chords now and then.
          const isOld = celery.name === '5.2' && pattern !== 't';
          const texts = Object.keys(failing).filter((text) => !isOld || failing[text]![2] !== false);
          const code = `
import re
from canvases import canvas
def masked(outcome):
    return {**outcome, 'args': [re.sub('[0-9a-f-]{36}', 'ID', text) for text in outcome.get('args', [])]}
sent = [canvas(text, '${pattern}').apply_async() for text in ${JSON.stringify(texts)}]
got = [masked(outcome(one, 25)) for one in sent]
ends = ${JSON.stringify(texts.map((text) => (isOld || (failing[text]![2] === false && pattern !== 't') ? 0 : 1)))}
own = [masked(outcome(app.AsyncResult(one.id), 25)) if end else None for one, end in zip(sent, ends)]
answer = [list(pair) for pair in zip(got, own)]`;
          const found = await python.run<[unknown, unknown][]>(code);
          const expected = texts.map((text) => {
            const [got, own, ends] = failing[text]!;
            return [text, [got, isOld || (ends === false && pattern !== 't') ? null : own]];
          });
          assert.deepEqual(
            Object.fromEntries(texts.map((text, at) => [text, found[at]])),
            Object.fromEntries(expected),
          );
        });

        test(`from TypeScript, every id is known at once, and what fails ends, in ${pattern}`, async () => {
          const { add, total, fail } = maker(pattern);
          const calls: Call<unknown>[] = [];
          const kept = (call: Call<unknown>): Call<unknown> => {
            calls.push(call);
            return call;
          };
          const inner = chord([kept(add({ x: 1, y: 1 })), kept(add({ x: 2, y: 2 }))], kept(total({})));
          const after = chord([kept(add({ y: 1 })), kept(add({ y: 2 }))], chain(kept(total({})), kept(add({ y: 3 }))));
          const handle = await send(chain(kept(fail({ message: 'bad' })), inner, after));
          for (const { id } of calls) assert.ok((await queue.handle(id).record()).name !== '');
          const error = PythonError.of(await handle.result(limit).catch((thrown: unknown) => thrown));
          assert.deepEqual([error?.type, error?.args], ['ValueError', ['bad']]);
        });

        test(`from TypeScript, in ${pattern}`, async () => {
          const handles = await Promise.all(fromTypeScript.map(([, make]) => send(make(maker(pattern)))));
          const found = await Promise.all(
            handles.map((handle) => handle.result(limit).catch((error: Error) => String(error))),
          );
          assert.deepEqual(
            Object.fromEntries(fromTypeScript.map(([what], at) => [what, found[at]])),
            Object.fromEntries(fromTypeScript.map(([what, , value]) => [what, value])),
          );
        });
      }
    });
  }
}
