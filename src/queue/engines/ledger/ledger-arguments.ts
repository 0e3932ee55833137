import type { ClaimRef, NewTask } from '../../contract/engine.ts';
import type { TaskRecord } from '../../contract/task-record.ts';
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
  readonly name: string;
  /** The packed message, for a transport that keeps it in the ledger. */
  readonly message?: string;
  readonly concurrency: number | undefined;
  readonly rate: { readonly limit: number; readonly per: number } | undefined;
}

/** What its message says of a task that runs. */
export type DescribedTask = Pick<
  TaskRecord,
  'id' | 'name' | 'input' | 'createdAt' | 'runAt' | 'expiresAt' | 'priority' | 'headers' | 'attempt'
>;

/** The end of a run, as the ledger takes it. */
export interface LedgerEnd {
  readonly claim: ClaimRef;
  readonly kind: 'succeeded' | 'failed' | 'cancelled' | 'expired' | 'retrying' | 'released';
  /** JSON text of the result or error. */
  readonly value: string;
  readonly runAt?: number;
  readonly message?: string;
  /** Always there where the transport has followers. */
  readonly followers?: Followers;
}

/** What is stored together with an end, in the same step. */
export interface Followers {
  /** The task's own result, for the broker's result store; empty where there is none. */
  readonly meta: string;
  /** Messages that leave together with it. */
  readonly sends: readonly SentMessage[];
  /** Other tasks that end with it, unless they are over. */
  readonly others: readonly {
    readonly id: string;
    readonly state: 'failed' | 'cancelled';
    readonly value: string;
    readonly meta: string;
  }[];
}

/** A message for the transport's `push`. */
export interface SentMessage {
  readonly id: string;
  readonly queue: string;
  readonly message: string;
}

export type Argument = string | number;

export function taskArguments({ task, message }: LedgerEntry): Argument[] {
  const { id, queue, runAt, expiresAt, unique, after } = task;
  const others = after.length > 0 ? JSON.stringify(after) : '';
  return [id, queue, bodyOf(task), runAt, expiresAt ?? '', unique ?? '', others, message ?? ''];
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

export function deliveryArguments(group: readonly Delivery[]): Argument[] {
  const { queue, concurrency, rate } = group[0]!;
  const args = [queue, concurrency ?? 0, rate?.limit ?? 0, rate?.per ?? 0, group.length];
  for (const { id, name, message } of group) {
    args.push(id, name);
    if (message !== undefined) args.push(message);
  }
  return args;
}

export function describedArguments(task: DescribedTask): Argument[] {
  const { id, name, input, createdAt, runAt, expiresAt, priority, headers, attempt } = task;
  return [id, name, input, createdAt, runAt, expiresAt ?? '', priority, JSON.stringify(headers), attempt];
}

export function endArguments({ claim, kind, value, runAt, message, followers }: LedgerEnd): Argument[] {
  const isAlone =
    followers === undefined || (followers.meta === '' && followers.sends.length === 0 && followers.others.length === 0);
  if (kind === 'succeeded' && isAlone) return [claim.id, claim.token, 'done', value];
  const more = followers === undefined ? [] : followerArguments(followers);
  return [claim.id, claim.token, kind, value, runAt ?? 0, message ?? '', ...more];
}

export function followerArguments({ meta, sends, others }: Followers): Argument[] {
  const ended = others.flatMap((other) => [other.id, other.state, other.value, other.meta]);
  return [meta, ...messageArguments(sends), others.length, ...ended];
}

export function messageArguments(sends: readonly SentMessage[]): Argument[] {
  return [sends.length, ...sends.flatMap(({ id, queue, message }) => [id, queue, message])];
}
