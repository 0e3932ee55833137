import type { Capabilities } from './engine.ts';

/** What an engine promises that keeps its tasks for many processes; an engine says besides what it does better or not at all. */
export const allPromises: Omit<Capabilities, 'priority' | 'embedded' | 'transactional' | 'atomicEnd'> = {
  durable: true,
  shared: true,
  work: true,
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
