import { setTimeout as wait } from 'node:timers/promises';
import { rabbitMissing } from '../../test/support/rabbitmq-server.ts';
import { redisMissing } from '../../test/support/redis-server.ts';
import type { Account } from './account.ts';
import type { Random } from './random.ts';
import type { Context, Scenario } from './scenario.ts';
import { type EngineName, engineNames, openTaskStage, type TaskStage } from './task-stage.ts';
import { type Accepted, putDown, tallyTasks } from './task-tally.ts';
import { WorkerCrew } from './worker-crew.ts';

/** Milliseconds for starting brokers and processes by the dozen, on a machine that does other things as well. */
export const patience: NonNullable<Scenario['limit']> = { short: 150_000, whole: 600_000 };

/** What happens to worker processes while they run tasks, on each engine. */
export const workerScenarios: readonly Scenario[] = [
  ...engineNames.map((engine) => ({
    ...about(engine),
    name: `workers-killed-${slug(engine)}`,
    promise: `no task on ${engine} is lost or taken for poison when workers are killed at random`,
    run: (context: Context, account: Account) => killWorkers(engine, context, account),
  })),
  ...engineNames.map((engine) => ({
    ...about(engine),
    name: `workers-frozen-${slug(engine)}`,
    promise: `a task on ${engine} whose worker stands still for longer than its lease ends once, by another worker`,
    run: (context: Context, account: Account) => freezeWorkers(engine, context, account),
  })),
];

function about(engine: EngineName): Pick<Scenario, 'skip' | 'limit' | 'atLeastOnce'> {
  return {
    limit: patience,
    skip: () => engineMissing(engine),
    atLeastOnce: !(engine === 'SQLite' || engine === 'PostgreSQL'),
  };
}

/** Why an engine cannot be had here, or `undefined`. */
export function engineMissing(engine: EngineName): string | undefined {
  if (engine === 'SQLite' || engine === 'PostgreSQL') return undefined;
  return redisMissing() ?? (engine === 'Celery on RabbitMQ' ? rabbitMissing() : undefined);
}

/** An engine's name as a part of a scenario's. */
export function slug(engine: EngineName): string {
  return engine.toLowerCase().replace(' on ', '-');
}

async function killWorkers(engine: EngineName, { random, size }: Context, account: Account): Promise<void> {
  const kills = size(3, 25);
  await using stage = await openTaskStage(engine);
  const crew = new WorkerCrew(stage);
  await crew.start(2);
  const accepted: Accepted[] = [];
  for (const [from, to] of parts(size(150, 2000), kills)) {
    accepted.push(...(await enqueueTasks(stage, { from, to, longest: 40 }, random)));
    await wait(random.between(0, 120));
    await crew.kill(crew.pick(random));
  }
  const tally = await tallyTasks(stage, accepted, 90_000);
  putDown(account, tally);
  account.promise(tally.again > 0, 'no task was hit');
  account.figures.push(`${kills} workers killed`);
}

async function freezeWorkers(engine: EngineName, { random, size }: Context, account: Account): Promise<void> {
  const lease = 1000;
  const times = size(1, 4);
  await using stage = await openTaskStage(engine);
  const crew = new WorkerCrew(stage, lease);
  await crew.start(2);
  const accepted: Accepted[] = [];
  for (const [from, to] of parts(size(100, 2000), times)) {
    accepted.push(...(await enqueueTasks(stage, { from, to, longest: 400 }, random)));
    await wait(random.between(50, 300));
    const { child } = crew.pick(random);
    child.kill('SIGSTOP');
    await wait(random.between(2 * lease, 4 * lease));
    child.kill('SIGCONT');
  }
  await tallyTasks(stage, accepted, 90_000);
  // One that woke late gets the time to do harm.
  await wait(500);
  const tally = await tallyTasks(stage, accepted, 10_000);
  putDown(account, tally);
  account.promise(tally.again > 0, 'no task was hit');
  account.figures.push(`${times} times stopped for 2 to 4 s, with a lease of 1 s`);
}

interface Tasks {
  readonly from: number;
  readonly to: number;
  /** Milliseconds that one of them takes at most. */
  readonly longest: number;
}

/** Enqueues tasks that are numbered `from` up to `to`. */
async function enqueueTasks(stage: TaskStage, { from, to, longest }: Tasks, random: Random): Promise<Accepted[]> {
  const inputs = Array.from({ length: to - from }, (_, at) => ({ n: from + at, ms: random.between(5, longest) }));
  const handles = await stage.job.enqueueAll(inputs);
  return handles.map(({ id }, at) => ({ id, n: from + at }));
}

/** Cuts `count` numbers into `times` parts: where each begins and ends. */
function parts(count: number, times: number): [number, number][] {
  const at = (part: number): number => Math.floor((count * part) / times);
  return Array.from({ length: times }, (_, part) => [at(part), at(part + 1)]);
}
