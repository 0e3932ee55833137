import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Claim } from '../../../../src/queue/contract/engine.ts';
import { type Arrival, JobArrivals } from '../../../../src/queue/engines/bullmq/job-arrivals.ts';
import type { TakenJob } from '../../../../src/queue/engines/bullmq/jobs.ts';
import { until } from '../../../support/until.ts';

const job = (id: string): TakenJob => ({ job: { id } as TakenJob['job'], token: 't' });
const ids = (claims: readonly Claim[]): string[] => claims.map(({ id }) => id);

interface Seen {
  readonly arrivals: JobArrivals;
  readonly starts: string[][];
  readonly givenBack: string[];
  readonly wakes: () => number;
}

function watched(start?: (arrivals: readonly Arrival[]) => Promise<readonly Claim[]>): Seen {
  const starts: string[][] = [];
  const givenBack: string[] = [];
  let wakes = 0;
  const claimsOf = (arrivals: readonly Arrival[]): Claim[] =>
    arrivals.map(({ queue, taken }) => ({ id: taken.job.id, queue }) as Claim);
  const arrivals = new JobArrivals({
    start: async (some) => {
      starts.push(some.map(({ taken }) => taken.job.id!));
      return start === undefined ? claimsOf(some) : start(some);
    },
    giveBack: async (claims) => givenBack.push(...ids(claims)),
    wake: () => wakes++,
    lease: () => 30_000,
  });
  return { arrivals, starts, givenBack, wakes: () => wakes };
}

const settled = (): Promise<void> => pause(5);

function bring(arrivals: JobArrivals, queue: string, end: () => Promise<TakenJob | undefined>): Promise<void> {
  arrivals.expect(queue);
  return arrivals.bring(queue, end);
}

test('starts the jobs that arrive together at once, and wakes the worker', async () => {
  const { arrivals, starts, wakes } = watched();
  await Promise.all(['a', 'b', 'c'].map((id) => bring(arrivals, 'q', async () => job(id))));
  await until('the worker is woken', () => assert.equal(wakes(), 1));
  assert.deepEqual(starts, [['a', 'b', 'c']]);
  await settled();
  assert.equal(wakes(), 1);
  assert.deepEqual(ids(arrivals.take('q', 2)), ['a', 'b']);
  assert.deepEqual(ids(arrivals.take('q', 2)), ['c']);
  assert.deepEqual(arrivals.take('other', 2), []);
  await arrivals.close();
});

test('counts those that are on their way, also while they are being started', async () => {
  const { promise, resolve } = Promise.withResolvers<readonly Claim[]>();
  const { arrivals } = watched(() => promise);
  const ends = Promise.withResolvers<TakenJob | undefined>();
  const bringing = [bring(arrivals, 'q', () => ends.promise), bring(arrivals, 'q', async () => undefined)];
  assert.equal(arrivals.coming('q'), 2);
  ends.resolve(job('a'));
  await Promise.all(bringing);
  assert.equal(arrivals.coming('q'), 1, 'one end brought nothing');
  resolve([]);
  await settled();
  assert.equal(arrivals.coming('q'), 0);
});

test('passes on that an end failed, and expects nothing of it', async () => {
  const { arrivals } = watched();
  await assert.rejects(
    bring(arrivals, 'q', () => Promise.reject(new Error('away'))),
    /away/,
  );
  assert.equal(arrivals.coming('q'), 0);
});

test('hands back what no worker asks for', async () => {
  const { arrivals, givenBack } = watched();
  await bring(arrivals, 'q', async () => job('a'));
  await pause(1500);
  assert.deepEqual(givenBack, ['a']);
  assert.deepEqual(arrivals.take('q', 1), []);
});

test('hands back at its close what is at hand, and what is being started', async () => {
  const { arrivals, givenBack } = watched();
  await bring(arrivals, 'q', async () => job('a'));
  await settled();
  await bring(arrivals, 'r', async () => job('b'));
  await arrivals.close();
  assert.deepEqual(givenBack.sort(), ['a', 'b']);
});

test('counts what is expected from the moment that it is, and wakes the worker where nothing comes', async () => {
  const { arrivals, wakes } = watched();
  arrivals.expect('q');
  assert.equal(arrivals.coming('q'), 1);
  arrivals.forgo('q');
  assert.equal(arrivals.coming('q'), 0);
  assert.equal(wakes(), 1);
  await arrivals.close();
});

test('tells how long what was handed back is on its way', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const arrivals = new JobArrivals({
    start: async (some) => some.map(({ taken, queue }) => ({ id: taken.job.id, queue }) as Claim),
    giveBack: () => promise,
    wake: () => {},
    lease: () => 30_000,
  });
  assert.equal(arrivals.returning, undefined);
  await bring(arrivals, 'q', async () => job('a'));
  await settled();
  const returned = arrivals.giveBack();
  assert.ok(arrivals.returning !== undefined);
  resolve();
  await returned;
  assert.equal(arrivals.returning, undefined);
});
