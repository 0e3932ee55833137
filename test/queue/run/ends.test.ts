import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { CortadoError } from '../../../src/base/error.ts';
import type { Engine, Finish } from '../../../src/queue/contract/engine.ts';
import { MemoryEngine, Queue } from '../../../src/queue/index.ts';
import { changedEngine } from '../../support/open-engine.ts';
import { silent } from '../../support/silent-logger.ts';

interface Picky {
  /** Why ends cannot be stored, as a test says. */
  refuses: (ends: readonly Finish[]) => Error | undefined;
}

/** Keeps tasks in memory, and refuses what a test says. */
function pickyEngine(picky: Picky): Engine {
  return changedEngine(new MemoryEngine(), ({ worker }) => {
    const finish = worker!.finish.bind(worker);
    return {
      worker: {
        finish: async (ends) => {
          const error = picky.refuses(ends);
          if (error !== undefined) throw error;
          return finish(ends);
        },
      },
    };
  });
}

const numbers = Array.from({ length: 60 }, (_, n) => n);
const isPoison = ({ outcome }: Finish): boolean =>
  outcome.kind === 'succeeded' && Number(JSON.parse(outcome.result)) % 20 === 7;

async function run(picky: Picky) {
  await using queue = new Queue({ engine: pickyEngine(picky), log: silent });
  const echo = queue.task('echo', { params: { n: z.int() } }, async ({ n }) => n);
  const handles = await Promise.all(numbers.map((n) => echo.enqueue({ n })));
  await queue.work({ concurrency: 20 });
  const results = await Promise.allSettled(handles.map((handle) => handle.result({ timeout: 60_000 })));
  return results.map((result) => (result.status === 'fulfilled' ? result.value : (result.reason as Error).message));
}

test('an end that cannot be stored fails alone, with its reason', async () => {
  const engine: Picky = { refuses: () => undefined };
  engine.refuses = (ends) => (ends.some(isPoison) ? new Error('a value that nothing can hold') : undefined);
  const results = await run(engine);
  for (const n of numbers) {
    if (n % 20 === 7) assert.match(String(results[n]), /a value that nothing can hold/);
    else assert.equal(results[n], n);
  }
});

for (const [what, error] of Object.entries({
  'says that it is away': new CortadoError('CORTADO_QUEUE_UNREACHABLE', 'away', { status: 503 }),
  'fails in any other way': new Error('connection reset'),
})) {
  test(`ends are kept while storage ${what}, and are stored as they were`, async () => {
    const engine: Picky = { refuses: () => undefined };
    const until = performance.now() + 1500;
    engine.refuses = () => (performance.now() < until ? error : undefined);
    assert.deepEqual(await run(engine), numbers);
  });
}
