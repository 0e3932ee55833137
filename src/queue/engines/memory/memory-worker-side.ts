import type {
  Claim,
  ClaimRef,
  ClaimRequest,
  Finish,
  Interruption,
  Maintenance,
  MaintenancePolicy,
  NewTask,
  WorkerSide,
} from '../../contract/engine.ts';
import type { LogLine, Progress } from '../../contract/task-record.ts';
import type { MemoryTasks } from './memory-tasks.ts';

/** The workers' half of the engine in memory. */
export class MemoryWorkerSide implements WorkerSide {
  readonly #tasks: MemoryTasks;

  constructor(tasks: MemoryTasks) {
    this.#tasks = tasks;
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
    this.#tasks.watchers.notify(task.id);
    return true;
  }

  async addLogs(claim: ClaimRef, lines: readonly Omit<LogLine, 'seq'>[]): Promise<boolean> {
    const task = this.#tasks.current(claim);
    if (task === undefined) return false;
    for (const line of lines) task.logs.push({ ...line, seq: task.logs.length + 1 });
    this.#tasks.watchers.notify(task.id);
    return true;
  }

  async lastSlot(schedule: string): Promise<number | undefined> {
    return this.#tasks.slots.get(schedule);
  }

  async enqueueSlot(schedule: string, slot: number, task: NewTask): Promise<boolean> {
    if ((this.#tasks.slots.get(schedule) ?? Number.NEGATIVE_INFINITY) >= slot) return false;
    this.#tasks.slots.set(schedule, slot);
    this.#tasks.add(task);
    return true;
  }
}
