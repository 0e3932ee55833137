import type { JsonSchema } from '../../schema/json/json-schema.ts';
import { isoTime } from '../contract/task-errors.ts';
import { type TaskRecord, taskStates } from '../contract/task-record.ts';
import { redact } from './redact.ts';

/** A task as routes and commands show it: see `properties` below. Stack traces stay in the storage and in the log. */
export function viewOf(task: TaskRecord): object {
  const { id, name, queue, state, attempt, crashes, priority, progress, error, after } = task;
  return {
    id,
    name,
    queue,
    status: state,
    attempt,
    crashes,
    priority,
    progress: progress ?? null,
    error:
      error === undefined
        ? null
        : { name: error.name, message: error.message, ...(error.code !== undefined && { code: error.code }) },
    cancel_requested: task.cancelRequested,
    created_at: isoTime(task.createdAt),
    run_at: isoTime(task.runAt),
    started_at: timeOrNull(task.startedAt),
    finished_at: timeOrNull(task.finishedAt),
    expires_at: timeOrNull(task.expiresAt),
    after,
  };
}

/** Shows a task with its input and result, but for the fields named in `hidden`. */
export function fullViewOf(task: TaskRecord, hidden: ReadonlySet<string>, parse: (text: string) => unknown): object {
  const result = task.result === undefined ? null : redact(parse(task.result), hidden);
  return { ...viewOf(task), input: redact(parse(task.input), hidden), result };
}

function timeOrNull(time: number | undefined): string | null {
  return time === undefined ? null : isoTime(time);
}

const time: JsonSchema = { type: 'string', format: 'date-time' };
const maybe = (json: JsonSchema): JsonSchema => ({ anyOf: [json, { type: 'null' }] });

const properties: Readonly<Record<string, JsonSchema>> = {
  id: { type: 'string' },
  name: { type: 'string', description: 'The declared name of the task.' },
  queue: { type: 'string' },
  status: { type: 'string', enum: taskStates },
  attempt: { type: 'integer', description: 'Runs that were started.' },
  crashes: { type: 'integer', description: 'Runs that ended because their worker was lost.' },
  priority: { type: 'integer', description: 'Higher is more urgent.' },
  progress: maybe({
    type: 'object',
    properties: { done: { type: 'number' }, total: { type: 'number' }, message: { type: 'string' } },
    required: ['done', 'total'],
  }),
  error: maybe({
    type: 'object',
    properties: { name: { type: 'string' }, message: { type: 'string' }, code: { type: 'string' } },
    required: ['name', 'message'],
    description: 'Of the last run that failed, or why the task was cancelled or expired.',
  }),
  cancel_requested: { type: 'boolean' },
  created_at: time,
  run_at: { ...time, description: 'When it is or was due.' },
  started_at: maybe(time),
  finished_at: maybe(time),
  expires_at: maybe(time),
  after: { type: 'array', items: { type: 'string' }, description: 'Tasks that it waits for.' },
};

export const viewSchema: JsonSchema = {
  title: 'TaskSummary',
  type: 'object',
  properties,
  required: Object.keys(properties),
};

export const fullViewSchema: JsonSchema = {
  title: 'Task',
  type: 'object',
  properties: {
    ...properties,
    input: { description: 'What the task takes.' },
    result: { description: 'What it returned, once it succeeded.' },
  },
  required: [...Object.keys(properties), 'input', 'result'],
};

export const pageSchema: JsonSchema = {
  title: 'TaskPage',
  type: 'object',
  properties: {
    tasks: { type: 'array', items: viewSchema },
    cursor: { ...maybe({ type: 'string' }), description: 'Pass it on for the next page; null on the last one.' },
  },
  required: ['tasks', 'cursor'],
};
