import type {
  CancelResult,
  Enqueued,
  NewTask,
  RetryResult,
  TaskFilter,
  TaskPage,
  TaskStorage,
} from '../../contract/engine.ts';
import { cancelledBecause } from '../../contract/task-errors.ts';
import { checkCursor, fitsFilter } from '../../contract/task-filter.ts';
import { isFinal, type LogLine, type TaskRecord, type TaskState } from '../../contract/task-record.ts';
import type { MemoryTasks } from './memory-tasks.ts';
import { memoryRecord } from './stored-task.ts';

/** The clients' half of the engine in memory. */
export class MemoryStorage implements TaskStorage {
  readonly #tasks: MemoryTasks;

  constructor(tasks: MemoryTasks) {
    this.#tasks = tasks;
  }

  async enqueue(tasks: readonly NewTask[]): Promise<readonly Enqueued[]> {
    this.#tasks.refuseUnknown(tasks);
    return tasks.map((task) => this.#tasks.add(task));
  }

  async get(id: string): Promise<TaskRecord | undefined> {
    const task = this.#tasks.all.get(id);
    return task && memoryRecord(task);
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
    this.#tasks.watchers.notify(id);
    this.#tasks.host.interrupt();
    return 'requested';
  }

  watch(id: string | undefined, listener: () => void): () => void {
    return this.#tasks.watchers.add(id, listener);
  }

  async logs(id: string, after: number, limit: number): Promise<readonly LogLine[]> {
    return this.#tasks.all.get(id)?.logs.slice(after, after + limit) ?? [];
  }

  async list(filter: TaskFilter, limit: number, cursor: string | undefined): Promise<TaskPage> {
    checkCursor(cursor);
    const from = cursor === undefined ? Number.POSITIVE_INFINITY : Number(cursor);
    const found = [...this.#tasks.all.values()]
      .filter((task) => task.seq < from && fitsFilter(task, filter))
      .sort((a, b) => b.seq - a.seq)
      .slice(0, limit + 1);
    const page = found.slice(0, limit);
    return { tasks: page.map(memoryRecord), cursor: found.length > limit ? String(page.at(-1)!.seq) : undefined };
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
}
