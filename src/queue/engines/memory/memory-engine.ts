import { CortadoError } from '../../../base/error.ts';
import { Heap } from '../../../base/heap.ts';
import type {
  CancelResult,
  Capabilities,
  Claim,
  ClaimRef,
  ClaimRequest,
  Engine,
  EngineHost,
  Enqueued,
  Finish,
  Interruption,
  Maintenance,
  MaintenancePolicy,
  NewTask,
  Outcome,
  QueueDemand,
  TaskFilter,
  TaskPage,
} from '../../engine.ts';
import { cancelledBecause, cancelledWith, crashedBecause, expiredBecause } from '../../task-errors.ts';
import {
  isFinal,
  type LogLine,
  type Progress,
  type TaskError,
  type TaskRecord,
  type TaskState,
} from '../../task-record.ts';
import { Watchers } from '../../watchers.ts';
import { isBefore, recordOf, type StoredTask, storedTask } from './stored-task.ts';

const capabilities: Capabilities = {
  durable: false,
  shared: false,
  embedded: true,
  transactional: false,
  priority: { min: -1000, max: 1000 },
  delay: true,
  expires: true,
  unique: true,
  idempotent: true,
  results: true,
  knowsIds: true,
  cancel: true,
  cancelRunning: true,
  fencing: true,
  recovery: true,
  progress: true,
  logs: true,
  list: true,
  counts: true,
  retry: true,
  prune: true,
  schedules: true,
  flows: true,
  queueConcurrency: true,
  queueRate: true,
};

// What is over stays for whoever asks for its result, but must not fill the memory of a process that lives for months.
const mostFinished = 10_000;

interface Lease {
  seen: number;
  length: number;
}

/** Tasks in the memory of one process: for tests, for trying things out, and for work that may be lost with the process. */
export class MemoryEngine implements Engine {
  readonly kind = 'memory';
  readonly label = 'memory:';
  readonly capabilities: Capabilities = capabilities;
  readonly #tasks = new Map<string, StoredTask>();
  readonly #queued = new Map<string, Heap<StoredTask>>();
  readonly #scheduled = new Heap<StoredTask>((a, b) => a.runAt < b.runAt);
  readonly #running = new Map<string, Set<StoredTask>>();
  readonly #starts = new Map<string, number[]>();
  readonly #expiring = new Set<StoredTask>();
  readonly #unique = new Map<string, StoredTask>();
  readonly #leases = new Map<string, Lease>();
  readonly #slots = new Map<string, number>();
  readonly #finished = new Set<StoredTask>();
  readonly #watchers = new Watchers();
  #host!: EngineHost;

  async open(host: EngineHost): Promise<void> {
    this.#host = host;
  }

  async close(): Promise<void> {
    const waiting = [...this.#tasks.values()].filter(({ state }) => !isFinal(state)).length;
    if (waiting > 0) this.#host.log.warn({ tasks: waiting }, 'tasks that were not over are forgotten with the memory');
    this.#forgetAll();
  }

  async enqueue(tasks: readonly NewTask[]): Promise<readonly Enqueued[]> {
    this.#refuseUnknown(tasks);
    return tasks.map((task) => this.#add(task));
  }

  async claim({ worker, queues, limit, lease }: ClaimRequest): Promise<readonly Claim[]> {
    this.#leases.set(worker, { seen: this.#host.clock.elapsed(), length: lease });
    const claims: Claim[] = [];
    for (const demand of queues) this.#take(demand, worker, Math.min(demand.limit, limit - claims.length), claims);
    return claims;
  }

  async heartbeat(worker: string, claims: readonly ClaimRef[], lease: number): Promise<readonly Interruption[]> {
    this.#leases.set(worker, { seen: this.#host.clock.elapsed(), length: lease });
    return claims.flatMap((claim): Interruption[] => {
      const task = this.#current(claim);
      if (task === undefined) return [{ ...claim, why: 'lost' }];
      return task.cancelRequested ? [{ ...claim, why: 'cancelled' }] : [];
    });
  }

  async finish(ends: readonly Finish[]): Promise<readonly boolean[]> {
    return ends.map(({ claim, outcome }) => {
      const task = this.#current(claim);
      if (task !== undefined) this.#end(task, outcome);
      return task !== undefined;
    });
  }

  async get(id: string): Promise<TaskRecord | undefined> {
    const task = this.#tasks.get(id);
    return task && recordOf(task);
  }

  async cancel(id: string, reason: string): Promise<CancelResult> {
    const task = this.#tasks.get(id);
    if (task === undefined) return undefined;
    if (isFinal(task.state)) return 'over';
    if (task.state !== 'running') {
      this.#settle(task, 'cancelled', cancelledBecause(reason));
      return 'cancelled';
    }
    task.cancelRequested = true;
    this.#watchers.notify(id);
    this.#host.interrupt();
    return 'requested';
  }

  watch(id: string | undefined, listener: () => void): () => void {
    return this.#watchers.add(id, listener);
  }

  async maintain({ maxCrashes }: MaintenancePolicy): Promise<Maintenance> {
    const promoted = this.#promote();
    const expired = this.#expire();
    const recovered: string[] = [];
    const quarantined: string[] = [];
    for (const task of this.#lost()) (this.#recover(task, maxCrashes) ? recovered : quarantined).push(task.id);
    return { promoted, recovered, quarantined, expired, nextAt: this.#scheduled.peek()?.runAt };
  }

  async setProgress(claim: ClaimRef, progress: Progress): Promise<boolean> {
    const task = this.#current(claim);
    if (task === undefined) return false;
    task.progress = progress;
    this.#watchers.notify(task.id);
    return true;
  }

  async addLogs(claim: ClaimRef, lines: readonly Omit<LogLine, 'seq'>[]): Promise<boolean> {
    const task = this.#current(claim);
    if (task === undefined) return false;
    for (const line of lines) task.logs.push({ ...line, seq: task.logs.length + 1 });
    this.#watchers.notify(task.id);
    return true;
  }

  async logs(id: string, after: number, limit: number): Promise<readonly LogLine[]> {
    return this.#tasks.get(id)?.logs.slice(after, after + limit) ?? [];
  }

  async list(filter: TaskFilter, limit: number, cursor: string | undefined): Promise<TaskPage> {
    const from = cursor === undefined ? Number.POSITIVE_INFINITY : Number(cursor);
    const found = [...this.#tasks.values()]
      .filter((task) => task.seq < from && fits(task, filter))
      .sort((a, b) => b.seq - a.seq)
      .slice(0, limit + 1);
    const page = found.slice(0, limit);
    return { tasks: page.map(recordOf), cursor: found.length > limit ? String(page.at(-1)!.seq) : undefined };
  }

  async counts(): Promise<Record<string, Partial<Record<TaskState, number>>>> {
    const counts: Record<string, Partial<Record<TaskState, number>>> = {};
    for (const { queue, state } of this.#tasks.values()) {
      const states = (counts[queue] ??= {});
      states[state] = (states[state] ?? 0) + 1;
    }
    return counts;
  }

  async retry(id: string): Promise<boolean | undefined> {
    const task = this.#tasks.get(id);
    if (task === undefined) return undefined;
    if (!isFinal(task.state) || task.state === 'succeeded') return false;
    this.#finished.delete(task);
    Object.assign(task, {
      attempt: 0,
      crashes: 0,
      error: undefined,
      finishedAt: undefined,
      progress: undefined,
      cancelRequested: false,
      expiresAt: undefined,
    });
    this.#wait(task);
    return true;
  }

  async prune(states: readonly TaskState[], before: number, limit: number): Promise<number> {
    let pruned = 0;
    for (const task of this.#finished) {
      if (pruned >= limit) break;
      if (!states.includes(task.state) || task.finishedAt! >= before) continue;
      this.#forget(task);
      pruned++;
    }
    return pruned;
  }

  async lastSlot(schedule: string): Promise<number | undefined> {
    return this.#slots.get(schedule);
  }

  async enqueueSlot(schedule: string, slot: number, task: NewTask): Promise<boolean> {
    if ((this.#slots.get(schedule) ?? Number.NEGATIVE_INFINITY) >= slot) return false;
    this.#slots.set(schedule, slot);
    this.#add(task);
    return true;
  }

  #refuseUnknown(tasks: readonly NewTask[]): void {
    const batch = new Set(tasks.map(({ id }) => id));
    for (const { name, after } of tasks) {
      const unknown = after.find((id) => !batch.has(id) && !this.#tasks.has(id));
      if (unknown !== undefined)
        throw new CortadoError('CORTADO_TASK_NOT_FOUND', `"${name}" waits for ${unknown}, but there is no such task.`);
    }
  }

  #add(task: NewTask): Enqueued {
    const same = this.#tasks.get(task.id) ?? (task.unique === undefined ? undefined : this.#unique.get(task.unique));
    if (same !== undefined) return { id: same.id, created: false };
    const stored = storedTask(task);
    this.#tasks.set(task.id, stored);
    this.#wait(stored);
    return { id: task.id, created: true };
  }

  // Decides what a task waits for: others, its time, or a worker.
  #wait(task: StoredTask): void {
    if (task.unique !== undefined) this.#unique.set(task.unique, task);
    if (task.expiresAt !== undefined) this.#expiring.add(task);
    const forgotten = task.after.find((id) => !this.#tasks.has(id));
    const before = task.after.flatMap((id) => this.#tasks.get(id) ?? []).filter(({ state }) => state !== 'succeeded');
    const ended = before.find(({ state }) => isFinal(state));
    if (forgotten !== undefined)
      this.#settle(task, 'cancelled', cancelledBecause(`It waits for ${forgotten}, which is gone.`));
    else if (ended !== undefined) this.#settle(task, 'cancelled', cancelledWith(ended));
    else {
      task.waits = before.length;
      for (const other of before) other.dependents.push(task);
      if (task.waits > 0) this.#change(task, 'scheduled');
      else this.#due(task, 'scheduled');
    }
  }

  #due(task: StoredTask, state: 'scheduled' | 'retrying'): void {
    if (task.runAt > this.#host.clock.now()) {
      this.#scheduled.push(task);
      this.#change(task, state);
      return;
    }
    const heap = this.#queued.get(task.queue) ?? new Heap<StoredTask>(isBefore);
    this.#queued.set(task.queue, heap);
    heap.push(task);
    this.#change(task, 'queued');
    this.#host.wake();
  }

  #take({ queue, concurrency, rate }: QueueDemand, worker: string, limit: number, claims: Claim[]): void {
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
      const now = this.#host.clock.now();
      Object.assign(task, { startedAt: now, worker, attempt: task.attempt + 1, token: task.token + 1 });
      this.#change(task, 'running');
      this.#expiring.delete(task);
      running.add(task);
      starts?.push(this.#host.clock.elapsed());
      claims.push({ ...recordOf(task), token: task.token });
    }
  }

  // What was cancelled or pruned while it waited is still in its heap.
  #next(heap: Heap<StoredTask>): StoredTask | undefined {
    for (let task = heap.pop(); task !== undefined; task = heap.pop()) {
      if (task.state !== 'queued') continue;
      if (!this.#expiring.has(task) || task.expiresAt! > this.#host.clock.now()) return task;
      this.#settle(task, 'expired', expiredBecause(task.expiresAt!));
    }
    return undefined;
  }

  #startsWithin(queue: string, per: number): number[] {
    const since = this.#host.clock.elapsed() - per;
    const starts = (this.#starts.get(queue) ?? []).filter((at) => at > since);
    this.#starts.set(queue, starts);
    return starts;
  }

  #current({ id, token }: ClaimRef): StoredTask | undefined {
    const task = this.#tasks.get(id);
    return task?.state === 'running' && task.token === token ? task : undefined;
  }

  #end(task: StoredTask, outcome: Outcome): void {
    this.#running.get(task.queue)?.delete(task);
    if (outcome.kind === 'succeeded') {
      task.result = outcome.result;
      this.#settle(task, 'succeeded', undefined);
    } else if (outcome.kind === 'retrying' && !task.cancelRequested) {
      Object.assign(task, { error: outcome.error, runAt: outcome.runAt });
      this.#due(task, 'retrying');
    } else if (outcome.kind === 'released' && !task.cancelRequested) {
      task.attempt--;
      this.#due(task, 'scheduled');
    } else if (outcome.kind === 'failed') this.#settle(task, 'failed', outcome.error);
    else {
      const error = outcome.kind === 'cancelled' ? outcome.error : cancelledBecause('It was cancelled while it ran.');
      this.#settle(task, 'cancelled', error);
    }
  }

  #settle(task: StoredTask, state: TaskState, error: TaskError | undefined): void {
    Object.assign(task, { error, finishedAt: this.#host.clock.now() });
    if (task.unique !== undefined && this.#unique.get(task.unique) === task) this.#unique.delete(task.unique);
    this.#change(task, state);
    this.#expiring.delete(task);
    this.#finished.add(task);
    for (const dependent of task.dependents.splice(0)) this.#release(dependent, task);
    for (const oldest of this.#finished) {
      if (this.#finished.size <= mostFinished) break;
      this.#forget(oldest);
    }
  }

  #release(dependent: StoredTask, before: StoredTask): void {
    if (isFinal(dependent.state)) return;
    if (before.state !== 'succeeded') this.#settle(dependent, 'cancelled', cancelledWith(before));
    else if (--dependent.waits === 0) this.#due(dependent, 'scheduled');
  }

  #promote(): number {
    let promoted = 0;
    const now = this.#host.clock.now();
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

  #expire(): number {
    let expired = 0;
    const now = this.#host.clock.now();
    for (const task of this.#expiring) {
      if (task.expiresAt! > now) continue;
      this.#settle(task, 'expired', expiredBecause(task.expiresAt!));
      expired++;
    }
    return expired;
  }

  #lost(): StoredTask[] {
    const now = this.#host.clock.elapsed();
    return [...this.#running.values()].flatMap((tasks) =>
      [...tasks].filter((task) => {
        const lease = this.#leases.get(task.worker!);
        return lease === undefined || now - lease.seen > lease.length;
      }),
    );
  }

  #recover(task: StoredTask, maxCrashes: number): boolean {
    this.#running.get(task.queue)!.delete(task);
    task.crashes++;
    const isPoison = task.crashes >= maxCrashes;
    if (task.cancelRequested) this.#settle(task, 'cancelled', cancelledBecause('It was cancelled while it ran.'));
    else if (isPoison) this.#settle(task, 'failed', crashedBecause(task.crashes, task.worker));
    else this.#due(task, 'scheduled');
    this.#host.interrupt();
    return !isPoison;
  }

  #change(task: StoredTask, state: TaskState): void {
    task.state = state;
    this.#watchers.notify(task.id);
  }

  #forgetAll(): void {
    while (this.#scheduled.pop() !== undefined);
    for (const map of [this.#tasks, this.#queued, this.#running, this.#starts, this.#unique, this.#leases, this.#slots])
      map.clear();
    for (const set of [this.#finished, this.#expiring]) set.clear();
  }

  #forget(task: StoredTask): void {
    this.#finished.delete(task);
    this.#tasks.delete(task.id);
  }
}

function fits(task: StoredTask, { states, queue, name }: TaskFilter): boolean {
  return (
    (states === undefined || states.includes(task.state)) &&
    (queue === undefined || task.queue === queue) &&
    (name === undefined || task.name === name)
  );
}
