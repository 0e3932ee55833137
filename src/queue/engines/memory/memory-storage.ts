import type { TaskStorage } from '../../contract/engine.ts';
import { cancelledBecause } from '../../contract/task-errors.ts';
import { checkCursor, fitsFilter } from '../../contract/task-filter.ts';
import { isFinal, notRunYet, type TaskState } from '../../contract/task-record.ts';
import type { MemoryTasks } from './memory-tasks.ts';
import { memoryRecord } from './stored-task.ts';

export function memoryStorage(tasks: MemoryTasks): TaskStorage {
  return {
    async enqueue(given) {
      tasks.refuseUnknown(given);
      return given.map((task) => tasks.add(task));
    },

    async get(id) {
      const task = tasks.all.get(id);
      return task && memoryRecord(task);
    },

    async cancel(id, reason) {
      const task = tasks.all.get(id);
      if (task === undefined) return undefined;
      if (isFinal(task.state)) return 'over';
      if (task.state !== 'running') {
        tasks.settle(task, 'cancelled', cancelledBecause(reason));
        return 'cancelled';
      }
      task.cancelRequested = true;
      tasks.watchers.notify(id);
      tasks.host.interrupt();
      return 'requested';
    },

    watch: (id, listener) => tasks.watchers.add(id, listener),

    async logs(id, after, limit) {
      return tasks.all.get(id)?.logs.slice(after, after + limit) ?? [];
    },

    async list(filter, limit, cursor) {
      checkCursor(cursor);
      const from = cursor === undefined ? Number.POSITIVE_INFINITY : Number(cursor);
      const found = [...tasks.all.values()]
        .filter((task) => task.seq < from && fitsFilter(task, filter))
        .sort((a, b) => b.seq - a.seq)
        .slice(0, limit + 1);
      const page = found.slice(0, limit);
      return { tasks: page.map(memoryRecord), cursor: found.length > limit ? String(page.at(-1)!.seq) : undefined };
    },

    async counts() {
      const counts: Record<string, Partial<Record<TaskState, number>>> = {};
      for (const { queue, state } of tasks.all.values()) {
        const states = (counts[queue] ??= {});
        states[state] = (states[state] ?? 0) + 1;
      }
      return counts;
    },

    async retry(id) {
      const task = tasks.all.get(id);
      if (task === undefined) return undefined;
      if (!isFinal(task.state) || task.state === 'succeeded') return false;
      const holder = tasks.holder(task.unique);
      if (holder !== undefined) return { heldBy: holder.id };
      tasks.finished.delete(task);
      const { attempt, crashes, error, finishedAt, progress, cancelRequested } = notRunYet;
      Object.assign(task, { attempt, crashes, error, finishedAt, progress, cancelRequested, expiresAt: undefined });
      tasks.wait(task);
      return true;
    },

    async prune(states, before, limit) {
      let pruned = 0;
      for (const task of tasks.finished) {
        if (pruned >= limit) break;
        if (!states.includes(task.state) || task.finishedAt! >= before) continue;
        tasks.forget(task);
        pruned++;
      }
      return pruned;
    },
  };
}
