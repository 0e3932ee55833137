import type { Enqueued } from '../../contract/engine.ts';
import { Ledger, type LedgerOptions } from '../ledger/ledger.ts';
import type { Argument, LedgerEntry } from '../ledger/ledger-arguments.ts';
import { bodyOf } from '../ledger/ledger-record.ts';
import { bullmqScripts } from './lua/bullmq-scripts.ts';

/** The ledger beside BullMQ: it notes what the process that called is to give to BullMQ. */
export class BullmqLedger extends Ledger<'enqueue-plain'> {
  constructor(options: LedgerOptions) {
    super(options, bullmqScripts);
  }

  override async enqueue(
    entries: readonly LedgerEntry[],
    publish?: LedgerOptions['publish'],
  ): Promise<readonly Enqueued[]> {
    const plain = plainArguments(entries);
    if (plain === undefined) return super.enqueue(entries, publish);
    const known = new Set((await this.call('enqueue-plain', plain, { publish })) as number[]);
    return entries.map(({ task: { id } }, at) => ({ id, created: !known.has(at) }));
  }
}

// Of tasks that are due, and wait for nothing, less need be said; `undefined` where not all are.
function plainArguments(entries: readonly LedgerEntry[]): Argument[] | undefined {
  const args: string[] = [];
  const ids = new Set<string>();
  for (const { task } of entries) {
    const { id, queue, createdAt, runAt, expiresAt, unique, after } = task;
    if (runAt > createdAt || expiresAt !== undefined || unique !== undefined || after.length > 0) return undefined;
    if (ids.has(id)) return undefined;
    ids.add(id);
    args.push(id, queue, bodyOf(task));
  }
  return args;
}
