import type { ClaimRequest, QueueDemand } from '../../../contract/engine.ts';
import type { LedgerOptions } from '../../ledger/ledger.ts';
import { fieldsOf, type LedgerTask, readTask } from '../../ledger/ledger-record.ts';
import { redisScripts } from '../lua/redis-scripts.ts';
import { CeleryLedger } from './celery-ledger.ts';
import type { CelerySettings } from './celery-options.ts';

/** Messages to take: from each list with each of the suffixes, which stand for priorities. */
export interface ListClaim extends Pick<ClaimRequest, 'worker' | 'lease' | 'limit'> {
  readonly suffixes: readonly string[];
  readonly queues: readonly (QueueDemand & { readonly list: string })[];
}

/** What was found in a list: a task to run; a message that names none; or a key that is no list, with what Redis says of it. */
export type Found =
  | { readonly verdict: 'run' | 'adopt'; readonly task: LedgerTask; readonly list: string; readonly message: string }
  | { readonly verdict: 'broken' | 'refused'; readonly list: string; readonly message: string };

type Columns = Parameters<typeof fieldsOf>[0];

/** The ledger in the Redis that is the broker as well: messages are taken and given back in the steps themselves. */
export class RedisLedger extends CeleryLedger<'claim' | 'restore' | 'take-back'> {
  constructor(options: LedgerOptions, settings: CelerySettings) {
    super(options, redisScripts, settings);
  }

  /** Takes messages off their lists, and starts their tasks. */
  async claim({ worker, lease, limit, suffixes, queues }: ListClaim): Promise<readonly Found[]> {
    const demands = queues.flatMap(({ queue, list, limit: most, concurrency, rate }) => [
      queue,
      list,
      most,
      concurrency ?? 0,
      rate?.limit ?? 0,
      rate?.per ?? 0,
    ]);
    const args = [worker, lease, limit, suffixes.length, ...suffixes, queues.length, ...demands];
    const found = (await this.call('claim', args)) as [Found['verdict'], string, Columns, string, string][];
    return found.map(([verdict, id, columns, list, message]) =>
      verdict === 'broken' || verdict === 'refused'
        ? { verdict, list, message }
        : { verdict, task: readTask(id, fieldsOf(columns))!, list, message },
    );
  }

  /** Gives back what Python workers took and did not finish within this time; returns how many. */
  async restore(visibilityTimeout: number): Promise<number> {
    return (await this.call('restore', [visibilityTimeout / 1000])) as number;
  }

  /** Takes the message of a task that was cancelled off the list that it waits in. */
  async takeBack(id: string, lists: readonly string[]): Promise<void> {
    await this.call('take-back', [id, lists.length, ...lists]);
  }
}
