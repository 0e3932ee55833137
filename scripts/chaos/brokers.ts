import { setTimeout as wait } from 'node:timers/promises';
import type { Account } from './account.ts';
import { type Ending, KeptClient } from './kept-client.ts';
import type { Random } from './random.ts';
import { Readiness } from './readiness.ts';
import type { Context, Scenario } from './scenario.ts';
import { type ServedApp, serveApp } from './served-app.ts';
import { type EngineName, openTaskStage, type TaskStage } from './task-stage.ts';
import { type Accepted, putDown, tallyTasks } from './task-tally.ts';
import { WorkerCrew } from './worker-crew.ts';
import { engineMissing, patience, slug } from './workers.ts';

/** What happens to brokers while clients enqueue and workers run. */
export const brokerScenarios: readonly Scenario[] = [
  redisScenario('BullMQ'),
  redisScenario('Celery on Redis'),
  {
    name: 'rabbitmq-killed',
    promise: 'no acknowledged task is lost when RabbitMQ is killed, or closes every connection',
    skip: () => engineMissing('Celery on RabbitMQ'),
    limit: patience,
    atLeastOnce: true,
    run: breakRabbit,
  },
];

function redisScenario(engine: EngineName): Scenario {
  return {
    name: `redis-killed-${slug(engine)}`,
    promise: `no acknowledged task of ${engine} is lost when Redis is killed, and while it is away clients are told to come back`,
    skip: () => engineMissing(engine),
    limit: patience,
    atLeastOnce: true,
    run: (context, account) => killRedis(engine, context, account),
  };
}

async function killRedis(engine: EngineName, context: Context, account: Account): Promise<void> {
  const { random, size, signal } = context;
  await using bar = await openBar(engine, context);
  const { stage, served, clients } = bar;
  const kills = size(2, 5);
  const tasks = size(200, 2000);
  await using readiness = new Readiness(served.address);
  for (let kill = 0; kill < kills; kill++) {
    await clients.until(Math.floor((tasks * (kill + 0.5)) / kills), signal);
    const isLong = kill === kills - 1;
    const from = performance.now();
    if (isLong) {
      await stage.redis!.stop('SIGKILL');
      await wait(6000);
      const told = readiness.between(from + 1500, performance.now());
      account.promise(
        told.length > 0 && told.every((status) => status === 503),
        `while it is away /readyz says ${told}`,
      );
      account.promise(clients.refused > 0, 'no client was told that it is away');
      await stage.redis!.start();
    } else await stage.redis!.restart('SIGKILL');
    const back = performance.now();
    await clients.next(signal);
    account.backAfter.push(performance.now() - back);
    await wait(random.between(0, 300));
  }
  await clients.until(tasks, signal);
  await bar.settle(account);
  account.figures.push(`${kills} times killed, once away for 6 s`);
}

async function breakRabbit(context: Context, account: Account): Promise<void> {
  const { random, size, signal } = context;
  await using bar = await openBar('Celery on RabbitMQ', context);
  const { stage, clients } = bar;
  const times = size(1, 3);
  const tasks = size(200, 2000);
  for (let time = 0; time < times; time++) {
    await clients.until(Math.floor((tasks * (time + 0.3)) / times), signal);
    await stage.rabbit!.control('close_all_connections', 'as a test of those that come back');
    await wait(random.between(0, 300));
    await clients.until(Math.floor((tasks * (time + 0.6)) / times), signal);
    await stage.rabbit!.restart();
    const back = performance.now();
    await clients.next(signal);
    account.backAfter.push(performance.now() - back);
  }
  await clients.until(tasks, signal);
  await bar.settle(account);
  account.figures.push(`${times} times killed, ${times} times all connections closed`);
}

interface Bar extends AsyncDisposable {
  readonly stage: TaskStage;
  readonly served: ServedApp;
  readonly clients: JobClients;
  /** Ends the clients, waits for all that they were promised, and puts it down. */
  readonly settle: (account: Account) => Promise<void>;
}

/** An app over a broker, clients that enqueue through it, and two workers. */
async function openBar(engine: EngineName, { random }: Context): Promise<Bar> {
  await using stack = new AsyncDisposableStack();
  const stage = stack.use(await openTaskStage(engine));
  const served = stack.use(await serveApp(new URL('task-app.ts', import.meta.url), { env: { QUEUE: stage.url } }));
  await new WorkerCrew(stage).start(2);
  const clients = stack.use(new JobClients(served.address, random));
  const owned = stack.move();
  return {
    stage,
    served,
    clients,
    settle: async (account) => {
      await clients.stop();
      putDown(account, await tallyTasks(stage, clients.accepted, 90_000));
      account.refused += clients.refused;
      account.resets += clients.resets;
      for (const what of clients.wrong) account.broken.push(`a client was told ${what}`);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Clients that enqueue tasks, one after the other. */
class JobClients implements AsyncDisposable {
  readonly accepted: Accepted[] = [];
  readonly wrong = new Set<string>();
  refused = 0;
  resets = 0;
  readonly #random: Random;
  readonly #loops: Promise<void>[];
  #isOver = false;
  #sent = 0;

  constructor(address: string, random: Random) {
    this.#random = random;
    this.#loops = Array.from({ length: 8 }, () => this.#send(address));
  }

  /** Resolves once so many tasks were accepted. */
  async until(count: number, signal: AbortSignal): Promise<void> {
    while (this.accepted.length < count) await wait(5, undefined, { signal });
  }

  /** Resolves once one more was. */
  next(signal: AbortSignal): Promise<void> {
    return this.until(this.accepted.length + 1, signal);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #send(address: string): Promise<void> {
    using client = new KeptClient(address);
    while (!this.#isOver) {
      const n = this.#sent++;
      const query = `n=${n}&ms=${this.#random.between(5, 40)}`;
      this.#count(n, await client.send('POST', `/jobs?${query}`));
      await wait(this.#random.between(5, 25));
    }
  }

  #count(n: number, ending: Ending): void {
    if (ending.kind !== 'answered') this.resets++;
    else if (ending.status === 202)
      this.accepted.push({ n, id: (JSON.parse(ending.text) as { readonly id: string }).id });
    else if (ending.status === 503) this.refused++;
    else this.wrong.add(`${ending.status} ${ending.text.slice(0, 100)}`);
  }
}
