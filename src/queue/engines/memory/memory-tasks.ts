import { CortadoError } from '../../../base/error.ts';
import { Heap } from '../../../base/process/heap.ts';
import type { Claim, ClaimRef, EngineHost, Enqueued, NewTask, Outcome, QueueDemand } from '../../contract/engine.ts';
import { cancelledBecause, cancelledWith, crashedBecause, expiredBecause } from '../../contract/task-errors.ts';
import { isFinal, type TaskError, type TaskState } from '../../contract/task-record.ts';
import { Watchers } from '../../contract/watchers.ts';
import { isBefore, memoryRecord, type StoredTask, storedTask } from './stored-task.ts';

// What is over stays for whoever asks for its result, but must not fill the memory of a process that lives for months.
const mostFinished = 10_000;

interface Lease {
  readonly seen: number;
  readonly length: number;
}

/** The tasks of a {@link MemoryEngine} and their moves from state to state. */
export class MemoryTasks {
  readonly all: Map<string, StoredTask> = new Map();
  readonly #queued = new Map<string, Heap<StoredTask>>();
  readonly #scheduled = new Heap<StoredTask>((a, b) => a.runAt < b.runAt);
  readonly #running = new Map<string, Set<StoredTask>>();
  readonly #starts = new Map<string, number[]>();
  readonly #expiring = new Set<StoredTask>();
  readonly #unique = new Map<string, StoredTask>();
  readonly #leases = new Map<string, Lease>();
  /** Those that are over, the first that ended first. */
  readonly finished: Set<StoredTask> = new Set();
  readonly watchers: Watchers = new Watchers();
  readonly slots: Map<string, number> = new Map();
  readonly host: EngineHost;

  constructor(host: EngineHost) {
    this.host = host;
  }

  get nextAt(): number | undefined {
    return this.#scheduled.peek()?.runAt;
  }

  renew(worker: string, lease: number): void {
    this.#leases.set(worker, { seen: this.host.clock.elapsed(), length: lease });
  }

  /** Throws where a task waits for one that there is not. */
  refuseUnknown(tasks: readonly NewTask[]): void {
    const batch = new Set(tasks.map(({ id }) => id));
    for (const { name, after } of tasks) {
      const unknown = after.find((id) => !batch.has(id) && !this.all.has(id));
      if (unknown !== undefined)
        throw new CortadoError('CORTADO_TASK_NOT_FOUND', `"${name}" waits for ${unknown}, but there is no such task.`);
    }
  }

  add(task: NewTask): Enqueued {
    const same = this.all.get(task.id) ?? this.holder(task.unique);
    if (same !== undefined) return { id: same.id, created: false };
    const stored = storedTask(task);
    this.all.set(task.id, stored);
    this.wait(stored);
    return { id: task.id, created: true };
  }

  holder(unique: string | undefined): StoredTask | undefined {
    return unique === undefined ? undefined : this.#unique.get(unique);
  }

  /** Decides what a task waits for: others, its time, or a worker. */
  wait(task: StoredTask): void {
    if (task.unique !== undefined) this.#unique.set(task.unique, task);
    if (task.expiresAt !== undefined) this.#expiring.add(task);
    const forgotten = task.after.find((id) => !this.all.has(id));
    const before = task.after.flatMap((id) => this.all.get(id) ?? []).filter(({ state }) => state !== 'succeeded');
    const ended = before.find(({ state }) => isFinal(state));
    if (forgotten !== undefined)
      this.settle(task, 'cancelled', cancelledBecause(`It waits for ${forgotten}, which is gone.`));
    else if (ended !== undefined) this.settle(task, 'cancelled', cancelledWith(ended));
    else {
      task.waits = before.length;
      for (const other of before) other.dependents.push(task);
      if (task.waits > 0) this.#change(task, 'scheduled');
      else this.#due(task, 'scheduled');
    }
  }

  #due(task: StoredTask, state: 'scheduled' | 'retrying'): void {
    if (task.runAt > this.host.clock.now()) {
      this.#scheduled.push(task);
      this.#change(task, state);
      return;
    }
    const heap = this.#queued.get(task.queue) ?? new Heap<StoredTask>(isBefore);
    this.#queued.set(task.queue, heap);
    heap.push(task);
    this.#change(task, 'queued');
    this.host.wake();
  }

  /** Gives tasks of a queue to a worker, as far as its limits allow. */
  take({ queue, concurrency, rate }: QueueDemand, worker: string, limit: number, claims: Claim[]): void {
    const heap = this.#queued.get(queue);
    if (heap === undefined) return;
    const running = this.#running.get(queue) ?? new Set();
    this.#running.set(queue, running);
    const starts = rate === undefined ? undefined : this.#startsWithin(queue, rate.per);
    for (let taken = 0; taken < limit; taken++) {
      if (running.size >= (concurrency ?? Number.POSITIVE_INFINITY)) return;
      if (rate !== undefined && starts!.length >= rate.limit) return;
      const task = this.#next(heap);
      if (task === undefined) return;
      const now = this.host.clock.now();
      Object.assign(task, { startedAt: now, worker, attempt: task.attempt + 1, token: task.token + 1 });
      this.#change(task, 'running');
      this.#expiring.delete(task);
      running.add(task);
      starts?.push(this.host.clock.elapsed());
      claims.push({ ...memoryRecord(task), token: task.token });
    }
  }

  // What was cancelled or pruned while it waited is still in its heap.
  #next(heap: Heap<StoredTask>): StoredTask | undefined {
    for (let task = heap.pop(); task !== undefined; task = heap.pop()) {
      if (task.state !== 'queued') continue;
      if (!this.#expiring.has(task) || task.expiresAt! > this.host.clock.now()) return task;
      this.settle(task, 'expired', expiredBecause(task.expiresAt!));
    }
    return undefined;
  }

  #startsWithin(queue: string, per: number): number[] {
    const since = this.host.clock.elapsed() - per;
    const starts = (this.#starts.get(queue) ?? []).filter((at) => at > since);
    this.#starts.set(queue, starts);
    return starts;
  }

  /** The task of a claim, while that is the current one. */
  current({ id, token }: ClaimRef): StoredTask | undefined {
    const task = this.all.get(id);
    return task?.state === 'running' && task.token === token ? task : undefined;
  }

  end(task: StoredTask, outcome: Outcome): void {
    this.#running.get(task.queue)?.delete(task);
    if (outcome.kind === 'succeeded') {
      task.result = outcome.result;
      this.settle(task, 'succeeded', undefined);
    } else if (outcome.kind === 'retrying' && !task.cancelRequested) {
      Object.assign(task, { error: outcome.error, runAt: outcome.runAt });
      this.#due(task, 'retrying');
    } else if (outcome.kind === 'released' && !task.cancelRequested) {
      task.attempt--;
      this.#due(task, 'scheduled');
    } else if (outcome.kind === 'failed') this.settle(task, 'failed', outcome.error);
    else {
      const error = outcome.kind === 'cancelled' ? outcome.error : cancelledBecause('It was cancelled while it ran.');
      this.settle(task, 'cancelled', error);
    }
  }

  settle(task: StoredTask, state: TaskState, error: TaskError | undefined): void {
    Object.assign(task, { error, finishedAt: this.host.clock.now() });
    if (task.unique !== undefined && this.#unique.get(task.unique) === task) this.#unique.delete(task.unique);
    this.#change(task, state);
    this.#expiring.delete(task);
    this.finished.add(task);
    for (const dependent of task.dependents.splice(0)) this.#release(dependent, task);
    for (const oldest of this.finished) {
      if (this.finished.size <= mostFinished) break;
      this.forget(oldest);
    }
  }

  #release(dependent: StoredTask, before: StoredTask): void {
    if (isFinal(dependent.state)) return;
    if (before.state !== 'succeeded') this.settle(dependent, 'cancelled', cancelledWith(before));
    else if (--dependent.waits === 0) this.#due(dependent, 'scheduled');
  }

  /** Queues what has become due; returns how many. */
  promote(): number {
    let promoted = 0;
    const now = this.host.clock.now();
    for (let task = this.#scheduled.peek(); task !== undefined; task = this.#scheduled.peek()) {
      const waits = task.state === 'scheduled' || task.state === 'retrying';
      if (waits && task.runAt > now) break;
      this.#scheduled.pop();
      if (!waits) continue;
      this.#due(task, 'scheduled');
      promoted++;
    }
    return promoted;
  }

  /** Ends what was not started in time; returns how many. */
  expire(): number {
    let expired = 0;
    const now = this.host.clock.now();
    for (const task of this.#expiring) {
      if (task.expiresAt! > now) continue;
      this.settle(task, 'expired', expiredBecause(task.expiresAt!));
      expired++;
    }
    return expired;
  }

  /** Tasks of workers that have shown no life for the length of their lease. */
  lost(): StoredTask[] {
    const now = this.host.clock.elapsed();
    return [...this.#running.values()].flatMap((tasks) =>
      [...tasks].filter((task) => {
        const lease = this.#leases.get(task.worker!);
        return lease === undefined || now - lease.seen > lease.length;
      }),
    );
  }

  /** Queues the task of a lost worker again; `false` when it was lost too often. */
  recover(task: StoredTask, maxCrashes: number): boolean {
    this.#running.get(task.queue)!.delete(task);
    task.crashes++;
    const isPoison = task.crashes >= maxCrashes;
    if (task.cancelRequested) this.settle(task, 'cancelled', cancelledBecause('It was cancelled while it ran.'));
    else if (isPoison) this.settle(task, 'failed', crashedBecause(task.crashes, task.worker));
    else this.#due(task, 'scheduled');
    this.host.interrupt();
    return !isPoison;
  }

  #change(task: StoredTask, state: TaskState): void {
    task.state = state;
    this.watchers.notify(task.id);
  }

  forget(task: StoredTask): void {
    this.finished.delete(task);
    this.all.delete(task.id);
  }
}
