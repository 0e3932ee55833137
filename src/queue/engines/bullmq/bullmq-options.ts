import { checkOptions } from '../../../base/check-options.ts';
import { anything, choice, type Rules } from '../../../base/check-values.ts';
import { CortadoError } from '../../../base/error.ts';
import { hasStrayPassword } from '../../../base/show/shown-url.ts';

/** Options of {@link bullmq}. They can be given in the URL's query as well: `redis://…?prefix=app`. */
export interface BullmqOptions {
  /** `redis://host:6379/0` or `rediss://…`. */
  readonly url: string;
  /** Prefix of all keys, as BullMQ's own. Default `bull`. */
  readonly prefix?: string;
  /** What calls do while Redis is away: `fail` (default) within some seconds, or `wait`. */
  readonly whenUnreachable?: 'fail' | 'wait';
}

const rules: Rules<BullmqOptions> = { url: anything, prefix: anything, whenUnreachable: choice('fail', 'wait') };

export function bullmqSettings(options: BullmqOptions): Required<BullmqOptions> {
  if (!URL.canParse(options.url) || !/^rediss?:$/.test(new URL(options.url).protocol))
    throw new CortadoError('CORTADO_QUEUE_URL', 'The URL of a BullMQ engine is of the form redis://host:6379/0.');
  const url = new URL(options.url);
  if (hasStrayPassword(url) || url.host.includes(';'))
    throw new CortadoError(
      'CORTADO_QUEUE_URL',
      'The URL of a BullMQ engine names one server, and a / ? # or @ of its password is percent-encoded.',
    );
  const given: BullmqOptions = { ...Object.fromEntries(url.searchParams), ...options };
  checkOptions('bullmq()', given, rules);
  const { prefix = 'bull', whenUnreachable = 'fail' } = given;
  url.search = '';
  return { url: url.href, prefix, whenUnreachable };
}
