import '../base/process/need-node.ts';

export type { Json } from '../base/json/json.ts';
export type { DatabaseLike } from '../db/database-like.ts';
// The contract of engines
export type { Capabilities } from './contract/capabilities.ts';
export type {
  CancelResult,
  Claim,
  ClaimRef,
  ClaimRequest,
  DeclaredNames,
  Engine,
  EngineHost,
  Enqueued,
  Finish,
  Interruption,
  Maintenance,
  MaintenancePolicy,
  NewTask,
  OpenEngine,
  Outcome,
  QueueDemand,
  RetryResult,
  TaskFilter,
  TaskPage,
  TaskStorage,
  WorkerSide,
} from './contract/engine.ts';
export type { Gate, QueueTrace } from './contract/gate.ts';
export type { LogLine, Progress, TaskError, TaskRecord, TaskState } from './contract/task-record.ts';
// Tasks and their queue
export type { Backoff, BackoffFunction } from './declare/backoff.ts';
export type { QueueLimits } from './declare/queue-limits.ts';
export type { EngineChoice, QueueOptions, Retention } from './declare/queue-options.ts';
export type { MissedSlots, ScheduleOptions } from './declare/schedule.ts';
export type { RemoteTaskOptions, TaskOptions } from './declare/task-options.ts';
export type { WorkerOptions } from './declare/worker-options.ts';
export { MemoryEngine } from './engines/memory/memory-engine.ts';
export type { EnqueueOptions } from './enqueue/enqueue-options.ts';
export type { Chain, Group, Linked } from './enqueue/flow.ts';
export { chain, group } from './enqueue/flow.ts';
export type { FlowPart } from './enqueue/flow-part.ts';
export type { EnqueueArguments, TaskResult } from './enqueue/task.ts';
export { Task } from './enqueue/task.ts';
export { TaskInputError } from './payload/task-input-error.ts';
export type { DeclareTask, TaskFunction } from './queue.ts';
export { Queue } from './queue.ts';
export type { QueueComponentOptions } from './queue-component.ts';
export type { TaskContext } from './run/task-context.ts';
export { GroupHandle } from './watch/group-handle.ts';
export { TaskFailure } from './watch/task-failure.ts';
export { TaskHandle } from './watch/task-handle.ts';
export type { WaitOptions } from './watch/wait-for-task.ts';
