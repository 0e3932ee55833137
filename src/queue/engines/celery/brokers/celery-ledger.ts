import { randomUUID } from 'node:crypto';
import type { NewTask } from '../../../contract/engine.ts';
import type { TaskError, TaskState } from '../../../contract/task-record.ts';
import { Ledger, type LedgerOptions, type LedgerScripts } from '../../ledger/ledger.ts';
import {
  type Argument,
  type Followers,
  followerArguments,
  type LedgerEnd,
  messageArguments,
  type SentMessage,
  taskArguments,
} from '../../ledger/ledger-arguments.ts';
import { readError } from '../../ledger/stored-error.ts';
import type { CeleryStep } from '../lua/celery-step.ts';
import type { ObservedResult } from '../results/states.ts';
import type { CelerySettings } from './celery-options.ts';

/** An end that no run had, with the message that says what follows. */
export interface UnansweredEnd {
  readonly id: string;
  readonly state: TaskState;
  readonly error: TaskError | undefined;
  readonly message: string;
  /** Whether the ledger had all of the task before its message came. */
  readonly isOwn: boolean;
}

export interface AnsweredEnd {
  readonly id: string;
  /** Whether a retry by hand needs the message. */
  readonly keepsMessage: boolean;
  readonly followers: Followers;
}

export const noFollowers: Followers = { meta: '', sends: [], others: [] };

/** The ledger of Celery's engine, beside Celery's own result store. */
export class CeleryLedger<Step extends string = never> extends Ledger<CeleryStep | Step> {
  #identity: string | undefined;

  constructor(options: LedgerOptions, scripts: LedgerScripts<CeleryStep | Step>, settings: CelerySettings) {
    const { keyPrefix, resultExpires, backend, kind, url } = settings;
    super(options, scripts, [
      keyPrefix,
      resultExpires,
      databaseOf(kind === 'redis' ? url : backend),
      databaseOf(backend),
    ]);
  }

  override finish(ends: readonly LedgerEnd[]): Promise<readonly (boolean | 'cancelled')[]> {
    return super.finish(ends.map((end) => ({ followers: noFollowers, ...end })));
  }

  /** The same in all processes that share this ledger, and in no others. */
  async identity(): Promise<string> {
    this.#identity ??= (await this.call('identify', [randomUUID()])) as string;
    return this.#identity;
  }

  /** Somebody else will send these tasks; until then they wait. */
  async expect(tasks: readonly NewTask[]): Promise<void> {
    await this.call('expect', [tasks.length, ...tasks.flatMap((task) => taskArguments({ task }))]);
  }

  async send(messages: readonly SentMessage[]): Promise<void> {
    await this.call('send', messageArguments(messages));
  }

  /** Notes what another kind of worker did to a task. */
  async observe(id: string, { state, value, hearsay }: ObservedResult): Promise<void> {
    await this.call('observe', [id, state, value, hearsay === true ? 1 : 0]);
  }

  /** Cancels tasks that wait, and remembers the ids for those that come. */
  async revoke(ids: readonly string[]): Promise<void> {
    await this.call('revoke', [ids.length, ...ids]);
  }

  /** Ends that no run had, and that nobody has answered for; nobody else gets them for half a minute. */
  async unanswered(limit: number): Promise<readonly UnansweredEnd[]> {
    const ends = (await this.call('unanswered', [limit])) as [string, TaskState, string, string, number][];
    return ends.map(([id, state, error, message, isOwn]) => ({
      id,
      state,
      error: error === '' ? undefined : readError(error),
      message,
      isOwn: isOwn === 1,
    }));
  }

  /** Notes that ends are answered for, and stores what follows from them. */
  async answered(ends: readonly AnsweredEnd[]): Promise<void> {
    const args = ends.flatMap(({ id, keepsMessage, followers }): Argument[] => [
      id,
      keepsMessage ? 1 : 0,
      ...followerArguments(followers),
    ]);
    await this.call('answered', [ends.length, ...args]);
  }
}

/** Number of the database that a Redis URL names. */
export function databaseOf(url: string): number {
  return Number(new URL(url).pathname.slice(1) || '0');
}
