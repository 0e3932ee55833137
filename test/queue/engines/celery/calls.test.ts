import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { type Call, type CallOptions, call, celeryTask, rest } from '../../../../src/queue/celery/index.ts';
import { Queue } from '../../../../src/queue/index.ts';

const params = { x: z.int(), y: z.int() };
const common = { id: 'a1', immutable: false };

const cases: readonly (readonly [string, { queue?: string; positional?: 'y'[] }, CallOptions, object])[] = [
  ['its arguments by name', {}, {}, { kwargs: { x: 1, y: 2 }, args: [], options: { task_id: 'a1' } }],
  ['those that are declared so by position', { positional: ['y'] }, {}, { kwargs: { x: 1 }, args: [2] }],
  ['the queue of its task', { queue: 'python' }, {}, { options: { task_id: 'a1', queue: 'python' } }],
  ['a queue of its own', { queue: 'python' }, { queue: 'fast' }, { options: { task_id: 'a1', queue: 'fast' } }],
  ['when it is due', {}, { delay: 1500, priority: 3 }, { options: { task_id: 'a1', countdown: 1.5, priority: 3 } }],
  ['that it takes no result', {}, { immutable: true }, { immutable: true }],
];

for (const [what, declared, given, expected] of cases)
  test(`a call of a remote task says ${what}, and celeryTask makes the same one`, () => {
    const queue = new Queue({ engine: 'celery+redis://localhost:1' });
    const options = { ...common, ...given };
    const made = call(queue.remote('add', { params, ...declared }), { x: 1, y: 2 }, options);
    assert.partialDeepStrictEqual(made, { id: 'a1', signature: { task: 'add', ...expected } });
    const { signature }: Call<unknown> = celeryTask('add', { on: queue, params, ...declared }).call(
      { x: 1, y: 2 },
      options,
    );
    assert.deepEqual(signature, made.signature);
  });

test('the rest of a call leaves arguments to the one before it, also of a task that runs here', () => {
  const queue = new Queue({ engine: 'celery+redis://localhost:1' });
  const ours = queue.task('ours', { params, queue: 'web' }, ({ x, y }) => x + y);
  const { signature } = rest(ours, { y: 3 });
  assert.deepEqual(
    [signature.task, signature.args, signature.kwargs, signature.options['queue']],
    ['ours', [], { y: 3 }, 'web'],
  );
  assert.throws(() => rest(ours, {}, { late: true } as never), { code: 'CORTADO_OPTION_UNKNOWN' });
});
