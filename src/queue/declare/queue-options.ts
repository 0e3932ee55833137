import { checkOptions } from '../../base/check-options.ts';
import { anything, type Rule, type Rules } from '../../base/check-values.ts';
import { type Clock, systemClock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { DatabaseLike } from '../../db/database-like.ts';
import type { Engine } from '../contract/engine.ts';
import { checkQueues, type QueueLimits } from './queue-limits.ts';

/** Where tasks are kept: a database of the app, a URL, or an engine of your own. */
export type EngineChoice = Engine | DatabaseLike | string;

/** How long tasks that are over are kept, in milliseconds; `Infinity` keeps them for ever. */
export interface Retention {
  /** Default: a day. */
  readonly succeeded?: number;
  /** Default: a week. */
  readonly failed?: number;
  /** Default: a day. */
  readonly cancelled?: number;
  /** Default: a day. */
  readonly expired?: number;
}

/** Options of a {@link Queue}. */
export interface QueueOptions {
  /**
   * Where tasks are kept: a database of `cortado/db`, `sqlite:…`, `postgres://…`, `memory:`, `redis://…` (BullMQ), `celery+redis://…`,
   * `celery+amqp://…`, or an engine. Default `memory:`, which forgets them with the process.
   */
  readonly engine?: EngineChoice;
  /**
   * A database whose transactions tasks join although they are kept at a broker: inside of one, a task is a row first and is handed on after
   * the commit. Default: none, and tasks leave at once.
   */
  readonly outbox?: DatabaseLike;
  /** Limits of queues by name; a name here is a queue that tasks can be sent to. */
  readonly queues?: Readonly<Record<string, QueueLimits>>;
  /** Most bytes of JSON that an input or a result may have. Default 1 MiB. */
  readonly payloadLimit?: number;
  /** How long tasks that are over are kept. Default: a week for those that failed, a day for the others. */
  readonly keep?: Retention;
  /** A task whose worker was lost this many times fails, instead of taking down one more. Default 3. */
  readonly maxCrashes?: number;
  /** Default: the app's logger; without an app, warnings on standard error. */
  readonly log?: Logger;
  /** The time, for tests. Default: the machine's. */
  readonly clock?: Clock;
}

export interface QueueSettings
  extends Required<Pick<QueueOptions, 'queues' | 'payloadLimit' | 'maxCrashes' | 'clock'>> {
  readonly keep: Required<Retention>;
}

const atLeast = (least: number): Rule => ({
  wanted: 'a number',
  fits: (value) => typeof value === 'number' && value >= least,
});
const rules: Rules<QueueOptions> = {
  engine: anything,
  outbox: anything,
  queues: anything,
  payloadLimit: atLeast(0),
  keep: anything,
  maxCrashes: atLeast(1),
  log: anything,
  clock: anything,
};
const age = atLeast(0);
const keepRules: Rules<Retention> = { succeeded: age, failed: age, cancelled: age, expired: age };
const day = 86_400_000;

export function queueSettings(options: QueueOptions): QueueSettings {
  checkOptions('Queue', options, rules);
  const { queues = {}, payloadLimit = 1024 * 1024, keep = {}, maxCrashes = 3, clock = systemClock } = options;
  checkQueues(queues);
  checkOptions('Queue: keep', keep, keepRules);
  const { succeeded = day, failed = 7 * day, cancelled = day, expired = day } = keep;
  return { queues, payloadLimit, keep: { succeeded, failed, cancelled, expired }, maxCrashes, clock };
}
