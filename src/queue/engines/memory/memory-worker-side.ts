import type { Claim, Interruption, WorkerSide } from '../../contract/engine.ts';
import type { MemoryTasks } from './memory-tasks.ts';

export function memoryWorkerSide(tasks: MemoryTasks): WorkerSide {
  return {
    async claim({ worker, queues, limit, lease }) {
      tasks.renew(worker, lease);
      const claims: Claim[] = [];
      for (const demand of queues) tasks.take(demand, worker, Math.min(demand.limit, limit - claims.length), claims);
      return claims;
    },

    async heartbeat(worker, claims, lease) {
      tasks.renew(worker, lease);
      return claims.flatMap((claim): Interruption[] => {
        const task = tasks.current(claim);
        if (task === undefined) return [{ ...claim, why: 'lost' }];
        return task.cancelRequested ? [{ ...claim, why: 'cancelled' }] : [];
      });
    },

    async finish(ends) {
      return ends.map(({ claim, outcome }) => {
        const task = tasks.current(claim);
        if (task !== undefined) tasks.end(task, outcome);
        return task !== undefined;
      });
    },

    async maintain({ maxCrashes }) {
      const promoted = tasks.promote();
      const expired = tasks.expire();
      const recovered: string[] = [];
      const quarantined: string[] = [];
      for (const task of tasks.lost()) (tasks.recover(task, maxCrashes) ? recovered : quarantined).push(task.id);
      return { promoted, recovered, quarantined, expired, nextAt: tasks.nextAt };
    },

    async setProgress(claim, progress) {
      const task = tasks.current(claim);
      if (task === undefined) return false;
      task.progress = progress;
      tasks.watchers.notify(task.id);
      return true;
    },

    async addLogs(claim, lines) {
      const task = tasks.current(claim);
      if (task === undefined) return false;
      for (const line of lines) task.logs.push({ ...line, seq: task.logs.length + 1 });
      tasks.watchers.notify(task.id);
      return true;
    },

    async lastSlot(schedule) {
      return tasks.slots.get(schedule);
    },

    async enqueueSlot(schedule, slot, task) {
      if ((tasks.slots.get(schedule) ?? Number.NEGATIVE_INFINITY) >= slot) return false;
      tasks.slots.set(schedule, slot);
      tasks.add(task);
      return true;
    },
  };
}
