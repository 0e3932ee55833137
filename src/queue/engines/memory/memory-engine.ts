import { allPromises } from '../../contract/all-promises.ts';
import { checkCursor } from '../../contract/check-cursor.ts';
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
  RetryResult,
  TaskFilter,
  TaskPage,
} from '../../contract/engine.ts';
import { cancelledBecause } from '../../contract/task-errors.ts';
import { isFinal, type LogLine, type Progress, type TaskRecord, type TaskState } from '../../contract/task-record.ts';
import { Watchers } from '../../contract/watchers.ts';
import { MemoryTasks } from './memory-tasks.ts';
import { recordOf, type StoredTask } from './stored-task.ts';

const capabilities: Capabilities = {
  ...allPromises,
  durable: false,
  shared: false,
  embedded: true,
  transactional: false,
  atomicEnd: false,
  priority: { min: -1000, max: 1000 },
};

/** Tasks in the memory of one process: for tests, for trying things out, and for work that may be lost with the process. */
export class MemoryEngine implements Engine {
  readonly kind = 'memory';
  readonly label = 'memory:';
  readonly capabilities: Capabilities = capabilities;
  readonly #watchers = new Watchers();
  readonly #slots = new Map<string, number>();
  #tasks!: MemoryTasks;
  #host!: EngineHost;

  async open(host: EngineHost): Promise<void> {
    this.#host = host;
    this.#tasks = new MemoryTasks(host, this.#watchers);
  }

  async close(): Promise<void> {
    const waiting = [...this.#tasks.all.values()].filter(({ state }) => !isFinal(state)).length;
    if (waiting > 0) this.#host.log.warn({ tasks: waiting }, 'tasks that were not over are forgotten with the memory');
    this.#tasks = new MemoryTasks(this.#host, this.#watchers);
    this.#slots.clear();
  }

  async enqueue(tasks: readonly NewTask[]): Promise<readonly Enqueued[]> {
    this.#tasks.refuseUnknown(tasks);
    return tasks.map((task) => this.#tasks.add(task));
  }

  async claim({ worker, queues, limit, lease }: ClaimRequest): Promise<readonly Claim[]> {
    this.#tasks.renew(worker, lease);
    const claims: Claim[] = [];
    for (const demand of queues)
      this.#tasks.take(demand, worker, Math.min(demand.limit, limit - claims.length), claims);
    return claims;
  }

  async heartbeat(worker: string, claims: readonly ClaimRef[], lease: number): Promise<readonly Interruption[]> {
    this.#tasks.renew(worker, lease);
    return claims.flatMap((claim): Interruption[] => {
      const task = this.#tasks.current(claim);
      if (task === undefined) return [{ ...claim, why: 'lost' }];
      return task.cancelRequested ? [{ ...claim, why: 'cancelled' }] : [];
    });
  }

  async finish(ends: readonly Finish[]): Promise<readonly boolean[]> {
    return ends.map(({ claim, outcome }) => {
      const task = this.#tasks.current(claim);
      if (task !== undefined) this.#tasks.end(task, outcome);
      return task !== undefined;
    });
  }

  async get(id: string): Promise<TaskRecord | undefined> {
    const task = this.#tasks.all.get(id);
    return task && recordOf(task);
  }

  async cancel(id: string, reason: string): Promise<CancelResult> {
    const task = this.#tasks.all.get(id);
    if (task === undefined) return undefined;
    if (isFinal(task.state)) return 'over';
    if (task.state !== 'running') {
      this.#tasks.settle(task, 'cancelled', cancelledBecause(reason));
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
    const promoted = this.#tasks.promote();
    const expired = this.#tasks.expire();
    const recovered: string[] = [];
    const quarantined: string[] = [];
    for (const task of this.#tasks.lost())
      (this.#tasks.recover(task, maxCrashes) ? recovered : quarantined).push(task.id);
    return { promoted, recovered, quarantined, expired, nextAt: this.#tasks.nextAt };
  }

  async setProgress(claim: ClaimRef, progress: Progress): Promise<boolean> {
    const task = this.#tasks.current(claim);
    if (task === undefined) return false;
    task.progress = progress;
    this.#watchers.notify(task.id);
    return true;
  }

  async addLogs(claim: ClaimRef, lines: readonly Omit<LogLine, 'seq'>[]): Promise<boolean> {
    const task = this.#tasks.current(claim);
    if (task === undefined) return false;
    for (const line of lines) task.logs.push({ ...line, seq: task.logs.length + 1 });
    this.#watchers.notify(task.id);
    return true;
  }

  async logs(id: string, after: number, limit: number): Promise<readonly LogLine[]> {
    return this.#tasks.all.get(id)?.logs.slice(after, after + limit) ?? [];
  }

  async list(filter: TaskFilter, limit: number, cursor: string | undefined): Promise<TaskPage> {
    checkCursor(cursor);
    const from = cursor === undefined ? Number.POSITIVE_INFINITY : Number(cursor);
    const found = [...this.#tasks.all.values()]
      .filter((task) => task.seq < from && fits(task, filter))
      .sort((a, b) => b.seq - a.seq)
      .slice(0, limit + 1);
    const page = found.slice(0, limit);
    return { tasks: page.map(recordOf), cursor: found.length > limit ? String(page.at(-1)!.seq) : undefined };
  }

  async counts(): Promise<Record<string, Partial<Record<TaskState, number>>>> {
    const counts: Record<string, Partial<Record<TaskState, number>>> = {};
    for (const { queue, state } of this.#tasks.all.values()) {
      const states = (counts[queue] ??= {});
      states[state] = (states[state] ?? 0) + 1;
    }
    return counts;
  }

  async retry(id: string): Promise<RetryResult> {
    const task = this.#tasks.all.get(id);
    if (task === undefined) return undefined;
    if (!isFinal(task.state) || task.state === 'succeeded') return false;
    const holder = this.#tasks.holder(task.unique);
    if (holder !== undefined) return { heldBy: holder.id };
    this.#tasks.finished.delete(task);
    Object.assign(task, {
      attempt: 0,
      crashes: 0,
      error: undefined,
      finishedAt: undefined,
      progress: undefined,
      cancelRequested: false,
      expiresAt: undefined,
    });
    this.#tasks.wait(task);
    return true;
  }

  async prune(states: readonly TaskState[], before: number, limit: number): Promise<number> {
    let pruned = 0;
    for (const task of this.#tasks.finished) {
      if (pruned >= limit) break;
      if (!states.includes(task.state) || task.finishedAt! >= before) continue;
      this.#tasks.forget(task);
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
    this.#tasks.add(task);
    return true;
  }
}

function fits(task: StoredTask, { states, queue, name }: TaskFilter): boolean {
  return (
    (states === undefined || states.includes(task.state)) &&
    (queue === undefined || task.queue === queue) &&
    (name === undefined || task.name === name)
  );
}
