import '../base/need-node.ts';

// Tasks and their queue
export type { Backoff, BackoffFunction } from './backoff.ts';
// The contract of engines
export type {
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
  RetryResult,
  TaskFilter,
  TaskPage,
} from './engine.ts';
export { MemoryEngine } from './engines/memory/memory-engine.ts';
export type { EnqueueOptions } from './enqueue-options.ts';
export type { Chain, Group, Linked } from './flow.ts';
export { chain, group } from './flow.ts';
export type { FlowPart } from './flow-part.ts';
export type { QueueTrace } from './gate.ts';
export { GroupHandle } from './group-handle.ts';
export type { Json } from './json.ts';
export type { Retention } from './keeper.ts';
export type { DeclareTask, TaskFunction } from './queue.ts';
export { Queue } from './queue.ts';
export type { QueueComponentOptions } from './queue-component.ts';
export type { QueueLimits } from './queue-limits.ts';
export type { QueueOptions } from './queue-options.ts';
export type { DatabaseLike, EngineChoice } from './resolve-engine.ts';
export type { MissedSlots, ScheduleOptions } from './schedule.ts';
export type { EnqueueArguments, TaskResult } from './task.ts';
export { Task } from './task.ts';
export type { TaskContext } from './task-context.ts';
export { TaskFailure } from './task-failure.ts';
export { TaskHandle } from './task-handle.ts';
export { TaskInputError } from './task-input-error.ts';
export type { TaskOptions } from './task-options.ts';
export type { LogLine, Progress, TaskError, TaskRecord, TaskState } from './task-record.ts';
export type { WaitOptions } from './wait-for-task.ts';
export type { WorkerOptions } from './worker-options.ts';
