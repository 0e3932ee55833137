import { createHash } from 'node:crypto';
import { checkOptions } from '../../base/check-options.ts';
import { anything, isBetween, object, type Rules } from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';
import { readJson } from '../../base/json/exact-json.ts';
import { uuid } from '../../base/uuid.ts';
import type { NewTask } from '../contract/engine.ts';
import type { TaskDeclaration } from '../declare/task-declaration.ts';
import { checkName } from '../declare/task-options.ts';
import { isTaskTime, longestWait } from '../declare/time-range.ts';

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

const range = 'from the years 1970 to 9999';
const atMost = `at most ${longestWait} (some 1,000 years)`;
const isDate = (value: unknown): boolean => value instanceof Date && isTaskTime(value.getTime());
const isText = (value: unknown): value is string => typeof value === 'string';

const rules: Rules<EnqueueOptions> = {
  delay: {
    wanted: `milliseconds, ${atMost}`,
    fits: (value) => isBetween(value, 0, longestWait),
  },
  runAt: {
    wanted: `a Date or milliseconds since the epoch, ${range}`,
    fits: (value) => isDate(value) || (typeof value === 'number' && isTaskTime(value)),
  },
  priority: { wanted: 'a whole number', fits: Number.isInteger },
  unique: {
    wanted: 'a text of 1 to 200 characters without NUL and half characters',
    fits: (value) =>
      isText(value) && value !== '' && value.length <= 200 && !value.includes('\0') && value.isWellFormed(),
  },
  expires: {
    wanted: `milliseconds above 0, ${atMost}, or a Date ${range}`,
    fits: (value) => isDate(value) || (value !== 0 && isBetween(value, 0, longestWait)),
  },
  queue: anything,
  id: {
    wanted: '1 to 200 letters, digits, "_", "-" and "."',
    fits: (value) => isText(value) && /^[\w.-]{1,200}$/.test(value),
  },
  headers: {
    wanted: "an object of texts, { traceparent: '00-…' } for example",
    fits: (value) => object.fits(value) && Object.values(value as object).every(isText),
  },
};

export function checkEnqueueOptions(task: string, options: EnqueueOptions): void {
  const owner = `${task}.enqueue()`;
  checkOptions(owner, options, rules);
  if (options.delay !== undefined && options.runAt !== undefined)
    throw invalidOption(`${owner}: give delay or runAt, not both.`);
  if (options.queue !== undefined) checkName(owner, options.queue);
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
