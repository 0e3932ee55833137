import { createHash } from 'node:crypto';
import { checkOptions } from '../../base/check-options.ts';
import { shown } from '../../base/check-values.ts';
import { CortadoError } from '../../base/error.ts';
import { uuid } from '../../base/uuid.ts';
import type { NewTask } from '../contract/engine.ts';
import type { TaskDeclaration } from '../declare/task-declaration.ts';
import { checkName } from '../declare/task-options.ts';
import { isTaskTime, longestWait } from '../declare/time-range.ts';
import { readJson } from '../payload/exact-json.ts';

/** Options of `task.enqueue`. */
export interface EnqueueOptions {
  /** Milliseconds from now before which it does not start. */
  readonly delay?: number;
  /** When it may start, at the earliest. */
  readonly runAt?: Date | number;
  /** Higher is more urgent. Default: the task's. */
  readonly priority?: number;
  /** A key that no other unfinished task may have; while one has it, that one's handle is returned. Default: the task's `unique`. */
  readonly unique?: string;
  /** Milliseconds from now, or the time, after which it is not started any more. Default: the task's. */
  readonly expires?: number | Date;
  /** The queue that it goes to. Default: the task's. */
  readonly queue?: string;
  /** An id of your own, to enqueue a thing once however often you try: letters, digits, `-`, `_` and `.`. Default: a new UUID. */
  readonly id?: string;
  /** What travels with it beside the input, for `ctx.headers`. */
  readonly headers?: Readonly<Record<string, string>>;
}

const known = ['delay', 'runAt', 'priority', 'unique', 'expires', 'queue', 'id', 'headers'];

const range = 'from the years 1970 to 9999';

/** Checks the options of an `enqueue`. */
export function checkEnqueueOptions(owner: string, options: EnqueueOptions): void {
  checkOptions(`${owner}.enqueue()`, options, known);
  const fail = (what: string): never => {
    throw new CortadoError('CORTADO_OPTION_INVALID', `${owner}.enqueue(): ${what}.`);
  };
  const { delay, runAt, priority, unique, id, expires } = options;
  if (delay !== undefined && runAt !== undefined) fail('give delay or runAt, not both');
  if (delay !== undefined && !(delay >= 0 && delay <= longestWait))
    fail(`delay must be milliseconds, at most ${longestWait} (some 1,000 years), not ${delay}`);
  if (runAt !== undefined && !isTaskTime(Number(runAt)))
    fail(`runAt must be a Date or milliseconds since the epoch, ${range}, not ${shown(runAt)}`);
  if (typeof expires === 'number' && !(expires > 0 && expires <= longestWait))
    fail(`expires must be milliseconds above 0, at most ${longestWait} (some 1,000 years), or a Date, not ${expires}`);
  if (expires instanceof Date && !isTaskTime(expires.getTime()))
    fail(`expires must be a Date ${range}, not ${shown(expires)}`);
  if (priority !== undefined && !Number.isInteger(priority)) fail(`priority must be a whole number, not ${priority}`);
  if (
    unique !== undefined &&
    (typeof unique !== 'string' ||
      unique === '' ||
      unique.length > 200 ||
      unique.includes('\0') ||
      !unique.isWellFormed())
  )
    fail('unique must be a text of 1 to 200 characters without NUL and half characters');
  if (id !== undefined && !/^[\w.-]{1,200}$/.test(id)) fail('id must be 1 to 200 letters, digits, "_", "-" and "."');
  const { headers } = options;
  if (headers !== undefined && !isTexts(headers))
    fail(`headers must be an object of texts, { traceparent: '00-…' } for example, not ${shown(headers)}`);
  if (options.queue !== undefined) checkName(`${owner}.enqueue()`, options.queue);
}

function isTexts(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'string');
}

/** The task that an engine gets. */
export function newTask(task: TaskDeclaration, input: string, options: EnqueueOptions, now: number): NewTask {
  const { settings } = task;
  return {
    id: options.id ?? uuid(now),
    name: task.name,
    queue: options.queue ?? settings.queue,
    input,
    priority: options.priority ?? settings.priority,
    createdAt: now,
    runAt: Math.ceil(options.runAt === undefined ? now + (options.delay ?? 0) : Number(options.runAt)),
    expiresAt: expiryOf(options.expires ?? settings.expires, now),
    unique: options.unique ?? uniqueKey(task, input),
    after: [],
    headers: options.headers ?? {},
  };
}

function expiryOf(expires: number | Date | undefined, now: number): number | undefined {
  return expires === undefined ? undefined : typeof expires === 'number' ? Math.ceil(now + expires) : expires.getTime();
}

function uniqueKey({ name, settings: { unique } }: TaskDeclaration, input: string): string | undefined {
  if (unique === false) return undefined;
  const key = unique === true ? input : unique(readJson(input) as never);
  return `${name}:${createHash('sha256').update(key).digest('base64url')}`;
}
