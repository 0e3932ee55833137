import type { NewTask } from '../../../contract/engine.ts';
import { isFinal, notRunYet, type TaskRecord } from '../../../contract/task-record.ts';
import { observed, recordFromResult } from '../results/states.ts';
import type { ResultMeta } from '../wire/result.ts';

// A process that never asks for its results must not grow for ever.
const most = 100_000;

/** What this process sent, and what it has been told about that. */
export class SentTasks {
  readonly #tasks = new Map<string, TaskRecord>();
  /** Milliseconds. */
  readonly #keep: number;

  constructor(keep: number) {
    this.#keep = keep;
  }

  add(task: NewTask): void {
    this.#forget(task.createdAt);
    this.#tasks.set(task.id, { ...task, ...notRunYet, state: task.runAt > task.createdAt ? 'scheduled' : 'queued' });
  }

  delete(id: string): void {
    this.#tasks.delete(id);
  }

  get(id: string, now: number): TaskRecord | undefined {
    const task = this.#tasks.get(id);
    return task?.state === 'scheduled' && task.runAt <= now ? { ...task, state: 'queued' } : task;
  }

  /** A result came in, of a task that this process sent, or of one that such a task sent. */
  observe(meta: ResultMeta, now: number): void {
    const task = this.#tasks.get(meta.id) ?? recordFromResult(meta);
    const seen = observed(meta);
    if (task === undefined || seen === undefined || (isFinal(task.state) && this.#tasks.has(meta.id))) return;
    const { state, value } = seen;
    const ended = { attempt: task.attempt + 1, startedAt: task.startedAt ?? now };
    const news: Partial<TaskRecord> =
      state === 'running'
        ? { startedAt: now }
        : state === 'retrying'
          ? { ...ended, error: JSON.parse(value) }
          : state === 'succeeded'
            ? { ...ended, result: value, error: undefined, finishedAt: meta.doneAt ?? now }
            : { error: JSON.parse(value), finishedAt: meta.doneAt ?? now, ...(state === 'failed' ? ended : {}) };
    this.#tasks.set(meta.id, { ...task, ...news, state });
  }

  #forget(now: number): void {
    for (const [id, { createdAt, runAt }] of this.#tasks) {
      if (Math.max(createdAt, runAt) + this.#keep > now && this.#tasks.size < most) return;
      this.#tasks.delete(id);
    }
  }
}
