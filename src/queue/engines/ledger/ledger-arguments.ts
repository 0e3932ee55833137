import type { ClaimRef, NewTask } from '../../contract/engine.ts';
import { bodyOf } from './ledger-record.ts';

/** A task for the ledger, with the message that the transport's `push` gets. */
export interface LedgerEntry {
  readonly task: NewTask;
  readonly message?: string;
}

/** A delivery that a broker made, for `start`. */
export interface Delivery {
  readonly id: string;
  readonly queue: string;
  /** What the broker knows it by. */
  readonly tag?: string;
  readonly name: string;
  /** The packed message, for a transport that keeps it in the ledger. */
  readonly message?: string;
  readonly concurrency: number | undefined;
  readonly rate: { readonly limit: number; readonly per: number } | undefined;
}

/** The end of a run, as the ledger takes it. */
export interface LedgerEnd {
  readonly claim: ClaimRef;
  readonly kind: 'succeeded' | 'failed' | 'cancelled' | 'expired' | 'retrying' | 'released';
  /** JSON text of the result or error. */
  readonly value: string;
  readonly runAt?: number;
  readonly message?: string;
  /** What the transport's `announce` gets. */
  readonly meta?: string;
  readonly sends?: Followers['sends'];
  readonly others?: Followers['others'];
}

/** What follows from an end, in the same step. */
export interface Followers {
  /** Messages that leave together with it. */
  readonly sends: readonly { readonly id: string; readonly queue: string; readonly message: string }[];
  /** Other tasks that end with it, unless they are over; `meta` is for `announce`. */
  readonly others: readonly {
    readonly id: string;
    readonly state: 'failed' | 'cancelled';
    readonly value: string;
    readonly meta: string;
  }[];
}

/** How scripts get a new task. */
export function taskArguments({ task, message }: LedgerEntry): (string | number)[] {
  const { id, queue, runAt, expiresAt, unique, after } = task;
  const others = after.length > 0 ? JSON.stringify(after) : '';
  return [id, queue, bodyOf(task), runAt, expiresAt ?? '', unique ?? '', others, message ?? ''];
}

/** Tasks that are due, and wait for nothing: less need be said of them. `undefined` where not all are. */
export function plainArguments(entries: readonly LedgerEntry[]): (string | number)[] | undefined {
  const args: string[] = [];
  const ids = new Set<string>();
  for (const { task, message } of entries) {
    const { id, queue, createdAt, runAt, expiresAt, unique, after } = task;
    if (runAt > createdAt || expiresAt !== undefined || unique !== undefined || after.length > 0) return undefined;
    if (message !== undefined || ids.has(id)) return undefined;
    ids.add(id);
    args.push(id, queue, bodyOf(task));
  }
  return args;
}

/** Deliveries of one queue that come one after the other, together: what they share is said once. */
export function byQueue(deliveries: readonly Delivery[]): Delivery[][] {
  const groups: Delivery[][] = [];
  let group: Delivery[] = [];
  for (const delivery of deliveries) {
    if (group[0]?.queue !== delivery.queue) {
      group = [];
      groups.push(group);
    }
    group.push(delivery);
  }
  return groups;
}

/** How scripts get the deliveries of one queue. */
export function deliveryArguments(group: readonly Delivery[]): (string | number)[] {
  const { queue, concurrency, rate } = group[0]!;
  const hasTags = group.some(({ tag, message }) => tag !== undefined || message !== undefined);
  const args = [queue, concurrency ?? 0, rate?.limit ?? 0, rate?.per ?? 0, hasTags ? 1 : 0, group.length];
  for (const { id, tag, name, message } of group) {
    args.push(id, name);
    if (hasTags) args.push(tag ?? '', message ?? '');
  }
  return args;
}

/** How scripts get the end of a run. */
export function endArguments(end: LedgerEnd): (string | number)[] {
  const { claim, kind, value, runAt = 0, message = '', meta = '', sends = [], others = [] } = end;
  if (kind === 'succeeded' && meta === '' && sends.length + others.length === 0)
    return [claim.id, claim.token, 'done', value];
  return [claim.id, claim.token, kind, value, runAt, message, meta, ...followerArguments({ sends, others })];
}

/** How scripts get what follows from an end. */
export function followerArguments({ sends, others }: Followers): (string | number)[] {
  const sent = sends.flatMap(({ id, queue, message }) => [id, queue, message]);
  const ended = others.flatMap(({ id, state, value, meta }) => [id, state, value, meta]);
  return [sends.length, ...sent, others.length, ...ended];
}
