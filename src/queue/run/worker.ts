import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { CortadoError } from '../../base/error.ts';
import { tellAll } from '../../base/process/tell-all.ts';
import { Ending } from '../../concurrency/ending.ts';
import { runOutsideFrames } from '../../concurrency/frame.ts';
import { settledBy } from '../../concurrency/settled-by.ts';
import type { Observe } from '../../inject/component.ts';
import type { Claim, Interruption } from '../contract/engine.ts';
import { farewell } from '../contract/farewell.ts';
import { toTaskError } from '../contract/to-task-error.ts';
import type { QueueLimits } from '../declare/queue-limits.ts';
import type { WorkerSettings } from '../declare/worker-options.ts';
import { Company } from './company.ts';
import { Demand } from './demand.ts';
import { type End, EndBuffer } from './end-buffer.ts';
import { type Ended, type RunEnvironment, runTask } from './run-task.ts';

export interface WorkerEnvironment extends RunEnvironment {
  readonly limits: Readonly<Record<string, QueueLimits>>;
  readonly elapsed: () => number;
  /** After how many losses of its worker a task is put aside. */
  readonly maxCrashes: number;
  /** One line per run, as `cortado worker`, `dev` and `run` ask for. */
  readonly logsRuns: boolean;
  /** Told when a task that failed runs again. */
  readonly due: (at: number) => void;
  /** Hear how long each run took. */
  readonly observers: readonly Observe[];
}

/** What a worker does, in numbers. */
export interface WorkerActivity {
  readonly running: number;
  readonly concurrency: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly retried: number;
}

interface Run {
  readonly claim: Claim;
  readonly ending: Ending;
  readonly began: number;
}

// Storage that fails is asked again after this many milliseconds, doubled up to `longestPause`.
const firstPause = 100;
const longestPause = 5000;

// From the signal to give up: for functions to end, and for storage to take back what is left.
const lastMoments = 3000;

const endings = {
  succeeded: 'a task succeeded',
  cancelled: 'a task was cancelled',
  released: 'a task was handed back',
} as const;

/** Takes tasks from their queues, runs them side by side and stores how they ended, in batches. */
export class Worker {
  /** Its identity: host, process, and what tells it from others of the same process. */
  readonly id: string = `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`;
  readonly #settings: WorkerSettings;
  readonly #environment: WorkerEnvironment;
  readonly #demand: Demand;
  readonly #company: Company;
  readonly #runs = new Map<string, Run>();
  readonly #idle: (() => void)[] = [];
  readonly #ends: EndBuffer;
  /** The claim that is on its way. */
  #claiming: Promise<void> | undefined;
  #mayHaveMore = true;
  #isTurning = false;
  #isStopping = false;
  readonly #done = { succeeded: 0, failed: 0, retried: 0 };
  #pause = 0;
  readonly #toldAt = new Map<string, number>();
  #beat: NodeJS.Timeout | undefined;
  #look: NodeJS.Timeout | undefined;

  constructor(settings: WorkerSettings, environment: WorkerEnvironment) {
    this.#settings = settings;
    this.#environment = environment;
    const { limits, gate, elapsed, maxCrashes } = environment;
    this.#company = new Company(settings.concurrency, maxCrashes);
    this.#demand = new Demand(settings.queues, limits, gate.capabilities, elapsed);
    this.#ends = new EndBuffer({
      store: (ends) => gate.finish(ends),
      onStored: (end, isAccepted) => this.#stored(end, isAccepted),
      onError: (error) => this.#failed(error, 'the ends of tasks could not be stored'),
      next: () => this.#turnSoon(),
    });
  }

  /** What it does right now, and has done since its start. */
  get activity(): WorkerActivity {
    return { running: this.#runs.size, concurrency: this.#settings.concurrency, ...this.#done };
  }

  start(): void {
    this.#beat = setInterval(this.interrupt, this.#settings.lease / 3);
    this.interrupt();
    this.wake();
  }

  /** There may be something to do. */
  readonly wake = (): void => {
    this.#mayHaveMore = true;
    this.#turnSoon();
  };

  /** A run may have been cancelled or lost: asks the engine. It is a sign of life as well. */
  readonly interrupt = (): void => {
    void runOutsideFrames(() => this.#heartbeat());
  };

  /**
   * Takes no more tasks and waits for those that run. When `signal` fires, they are told to end, and what has not ended a moment later is
   * handed back.
   */
  async stop(signal: AbortSignal): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#look);
    await farewell(this.#claiming, signal);
    const idle = this.#whenIdle();
    if (!(await settledBy(idle, signal))) {
      const reason = new CortadoError('CORTADO_LIFECYCLE', 'The worker stops.');
      for (const { ending } of this.#runs.values()) ending.abort(reason);
      await settledBy(idle, lastMoments);
    }
    clearInterval(this.#beat);
  }

  // Many runs end in one turn of the loop; they are stored together, and together their places are filled again.
  #turnSoon(): void {
    if (this.#isTurning) return;
    this.#isTurning = true;
    // Whoever enqueued may be inside of a request with an open transaction, which this work must not become a part of.
    runOutsideFrames(() => setImmediate(this.#turn));
  }

  readonly #turn = (): void => {
    this.#isTurning = false;
    this.#ends.store();
    this.#checkIdle();
    if (this.#mayHaveMore) this.#claim();
  };

  #claim(): void {
    const free = this.#company.free(this.#runs.size);
    if (this.#claiming !== undefined || this.#isStopping || free <= 0) return;
    this.#claiming = this.#claimUpTo(free).finally(() => (this.#claiming = undefined));
  }

  async #claimUpTo(free: number): Promise<void> {
    const queues = this.#demand.next(free);
    this.#mayHaveMore = false;
    clearTimeout(this.#look);
    try {
      const { lease } = this.#settings;
      const exact = this.#company.isExact;
      const claims =
        queues.length === 0
          ? []
          : await this.#environment.gate.claim({ worker: this.id, queues, limit: free, lease, exact });
      this.#pause = 0;
      const { start, giveBack } = this.#company.admit(claims, this.#runs.size);
      if (giveBack.length > 0) await this.#giveBack(giveBack);
      for (const claim of start) this.#start(claim);
      if (claims.length >= free || giveBack.length > 0) this.#mayHaveMore = true;
    } catch (error) {
      this.#failed(error, 'tasks could not be taken from their queues');
    }
    if (this.#isStopping) return;
    if (this.#mayHaveMore && this.#pause === 0) this.#turnSoon();
    else this.#look = setTimeout(this.wake, this.#pause || this.#demand.pace);
  }

  async #giveBack(claims: readonly Claim[]): Promise<void> {
    const ends = claims.map((claim) => ({ claim, outcome: { kind: 'released' }, afterStored: undefined }) as const);
    try {
      await this.#environment.gate.finish(ends);
    } catch (error) {
      this.#failed(error, 'tasks could not be given back');
      for (const end of ends) this.#ends.add(end);
    }
  }

  #start(claim: Claim): void {
    const run: Run = { claim, ending: new Ending(), began: this.#environment.elapsed() };
    this.#runs.set(claim.id, run);
    this.#demand.started(claim.queue);
    this.#company.started(claim);
    // What was claimed while the worker was told to stop has not begun yet, and is handed back.
    if (this.#isStopping) {
      this.#end(run, { outcome: { kind: 'released' }, afterStored: undefined });
      return;
    }
    if (this.#environment.logsRuns) {
      const { id, name, attempt } = claim;
      this.#environment.log.debug({ task_id: id, task: name, attempt }, 'a task starts');
    }
    runTask(claim, run.ending, this.#environment).then(
      (ended) => this.#end(run, ended),
      (error: unknown) =>
        this.#end(run, { outcome: { kind: 'failed', error: toTaskError(error) }, afterStored: undefined }),
    );
  }

  #end({ claim, began }: Run, { outcome, afterStored, isStored }: Ended): void {
    this.#demand.ended(claim.queue);
    this.#company.ended(claim);
    if (this.#runs.get(claim.id)?.claim.token === claim.token) this.#runs.delete(claim.id);
    this.#note(claim, outcome, began);
    if (outcome !== undefined && this.#environment.observers.length > 0) this.#observe(claim, outcome.kind, began);
    // Where a limit held tasks back, one of them may start now.
    if (this.#environment.limits[claim.queue] !== undefined || claim.crashes > 0) this.#mayHaveMore = true;
    if (outcome === undefined || isStored) void afterStored?.();
    else this.#ends.add({ claim, outcome, afterStored });
    this.#turnSoon();
  }

  #stored({ claim, outcome, afterStored }: End, isAccepted: boolean): void {
    if (!isAccepted) this.#logRefused(claim as Claim);
    else if (outcome.kind === 'retrying') this.#environment.due(outcome.runAt);
    void afterStored?.();
  }

  async #heartbeat(): Promise<void> {
    // What has ended is this worker's until its end is stored.
    const claims = [...this.#runs.values(), ...this.#ends.waiting].map(({ claim: { id, token } }) => ({ id, token }));
    try {
      const interruptions = await this.#environment.gate.heartbeat(this.id, claims, this.#settings.lease);
      for (const interruption of interruptions) this.#interruptRun(interruption);
    } catch (error) {
      // It comes at its own pace, and says nothing about when tasks can be taken again.
      this.#tell(error, 'a heartbeat could not be sent', `the next one is due in ${this.#settings.lease / 3} ms`);
    }
  }

  #interruptRun({ id, token, why }: Interruption): void {
    const run = this.#runs.get(id);
    if (run === undefined || run.claim.token !== token || run.ending.aborted) return;
    run.ending.abort(
      why === 'lost'
        ? new CortadoError('CORTADO_TASK_LOST', `Task ${id} was given to another worker.`)
        : new CortadoError('CORTADO_TASK_CANCELLED', 'It was cancelled while it ran.'),
    );
  }

  #whenIdle(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.push(resolve);
    this.#checkIdle();
    return promise;
  }

  #checkIdle(): void {
    if (this.#runs.size > 0 || !this.#ends.isEmpty) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #failed(error: unknown, what: string): number {
    this.#pause = Math.min(longestPause, Math.max(firstPause, this.#pause * 2));
    this.#tell(error, what, `trying again in ${this.#pause} ms`);
    return this.#pause;
  }

  // A line a second, however often it fails.
  #tell(error: unknown, what: string, next: string): void {
    const now = this.#environment.elapsed();
    if (now - (this.#toldAt.get(what) ?? Number.NEGATIVE_INFINITY) < 1_000) return;
    this.#toldAt.set(what, now);
    this.#environment.log.error({ err: error, worker: this.id }, `${what}; ${next}`);
  }

  #note({ id, name, attempt }: Claim, outcome: Ended['outcome'], began: number): void {
    if (outcome?.kind === 'succeeded') this.#done.succeeded++;
    const isFailure = outcome?.kind === 'failed' || outcome?.kind === 'retrying';
    if (outcome === undefined || !(isFailure || this.#environment.logsRuns)) return;
    const ms = Math.round((this.#environment.elapsed() - began) * 10) / 10;
    const run = { task_id: id, task: name, attempt, ms };
    if (!isFailure) {
      this.#environment.log.info(run, endings[outcome.kind]);
      return;
    }
    const { error } = outcome;
    const fields = { ...run, err: Object.assign(new Error(error.message), error) };
    if (outcome.kind === 'failed') {
      this.#done.failed++;
      this.#environment.log.error(fields, 'a task failed');
    } else {
      this.#done.retried++;
      this.#environment.log.warn(fields, 'a task failed and will run again');
    }
  }

  #observe({ name }: Claim, outcome: string, began: number): void {
    const { observers, elapsed, find } = this.#environment;
    // Whoever can enqueue chooses the name; only those that code declares make a series.
    const task = find(name) === undefined ? 'unknown' : name;
    const value = (elapsed() - began) / 1000;
    const help = 'How long runs of tasks took in this process, by task and outcome.';
    tellAll(observers, { name: 'cortado_task_duration_seconds', help, value, labels: { task, outcome } });
  }

  #logRefused({ id, name, attempt }: Claim): void {
    this.#environment.log.warn(
      { task_id: id, task: name, attempt },
      'the end of a run was refused: another worker has the task, or it is over',
    );
  }
}
