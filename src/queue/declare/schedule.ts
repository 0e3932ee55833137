import { Cron } from 'croner';
import { checkOptions } from '../../base/check-options.ts';
import { shown } from '../../base/check-values.ts';
import { CortadoError } from '../../base/error.ts';
import { isTaskTime } from './time-range.ts';

/** What happens to slots that came while no worker ran. */
export type MissedSlots = 'skip' | 'one' | 'all';

/** When a schedule runs its task. */
export interface ScheduleOptions {
  /** Five fields (minute, hour, day, month, weekday), or six with seconds first; `@daily` and the like. */
  readonly cron?: string;
  /** Milliseconds between two runs, counted from the epoch, so that all processes agree. */
  readonly every?: number;
  /** Time zone of the cron fields, `Asia/Taipei`. Default `UTC`. */
  readonly timezone?: string;
  /** Slots that came while no worker ran: `skip` lets them pass, `one` (default) makes up for the last one, `all` for each. */
  readonly missed?: MissedSlots;
}

/** A schedule, checked: it knows its slots, in milliseconds since the epoch. */
export interface Slots {
  readonly missed: MissedSlots;
  /** The first slot after a time. */
  readonly next: (after: number) => number | undefined;
}

/** Checks when a schedule runs. Throws `CORTADO_SCHEDULE_INVALID`. */
export function slotsOf(owner: string, options: ScheduleOptions): Slots {
  checkOptions(owner, options, ['cron', 'every', 'timezone', 'missed']);
  const { cron, every, timezone, missed = 'one' } = options;
  const fail = (why: string): never => {
    throw new CortadoError('CORTADO_SCHEDULE_INVALID', `${owner}: ${why}.`);
  };
  if (!['skip', 'one', 'all'].includes(missed))
    fail(`missed must be 'skip', 'one' or 'all', not ${JSON.stringify(missed)}`);
  if ((cron === undefined) === (every === undefined)) fail('give either cron or every');
  if (every !== undefined) {
    if (!(Number.isInteger(every) && every >= 100)) fail(`every must be whole milliseconds from 100, not ${every}`);
    if (timezone !== undefined) fail('timezone is for cron; an interval is the same everywhere');
    const next = (after: number): number => (Math.floor(after / every) + 1) * every;
    if (!isTaskTime(next(Date.now()))) fail(`every is ${every} milliseconds, so it would never run`);
    return { missed, next };
  }
  if (typeof cron !== 'string') fail(`cron must be a text, '0 3 * * *' for example, not ${shown(cron)}`);
  const pattern = cronOf(cron!, timezone ?? 'UTC', fail);
  if (pattern.nextRun() === null)
    fail(`the cron pattern ${JSON.stringify(cron)} never comes, as April the 31st does not, so it would never run`);
  return { missed, next: (after) => pattern.nextRun(new Date(after))?.getTime() };
}

function cronOf(cron: string, timezone: string, fail: (why: string) => never): Cron {
  try {
    // Without the check, an unknown zone would only be noticed at the first slot.
    new Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch {
    return fail(`there is no time zone ${JSON.stringify(timezone)}`);
  }
  try {
    return new Cron(cron, { timezone, paused: true, mode: '5-or-6-parts' });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return fail(`the cron pattern ${JSON.stringify(cron)} cannot be read: ${why.replace(/\.$/, '')}`);
  }
}
