import type { Signature } from '../../../contract/signature.ts';

/** One task on the wire, whichever protocol version carried it. Times are epoch milliseconds. */
export interface TaskMessage {
  readonly id: string;
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly eta?: number | undefined;
  readonly expires?: number | undefined;
  readonly retries: number;
  /** Seconds. */
  readonly timeLimit?: number | undefined;
  /** Seconds. */
  readonly softTimeLimit?: number | undefined;
  readonly group?: string | undefined;
  readonly groupIndex?: number | undefined;
  readonly rootId?: string | undefined;
  readonly parentId?: string | undefined;
  readonly replyTo?: string | undefined;
  readonly origin?: string | undefined;
  readonly ignoreResult?: boolean;
  /** In the broker's own direction. */
  readonly priority?: number | undefined;
  readonly callbacks: readonly Signature[];
  readonly errbacks: readonly Signature[];
  /** The rest of a chain, in Celery's order: the next one is the last. */
  readonly chain: readonly Signature[];
  readonly chord?: Signature | undefined;
  /** What is shown of its arguments, where the sender hides them. */
  readonly argsRepr?: string | undefined;
  readonly kwargsRepr?: string | undefined;
  /** Headers of the application. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** Headers that Celery's stamping put on it. */
  readonly stamps?: Readonly<Record<string, unknown>> | undefined;
}

/** Whether nothing but the task itself is in a message: nothing that comes after it, and nobody who waits for it in a way of its own. */
export function isAlone(message: TaskMessage): boolean {
  const { callbacks, errbacks, chain, chord, group, replyTo, timeLimit, softTimeLimit, ignoreResult, stamps } = message;
  const others = [chord, group, replyTo, timeLimit, softTimeLimit, stamps];
  return (
    callbacks.length + errbacks.length + chain.length === 0 &&
    ignoreResult !== true &&
    others.every((one) => one === undefined)
  );
}

/** A message before a transport packs it: kombu's four parts, the body as text. */
export interface WireMessage {
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly contentType: string;
  readonly contentEncoding: string;
}

/** Headers that belong to the protocol; all others are the application's. */
export const protocolHeaders: readonly string[] = [
  'lang',
  'task',
  'id',
  'shadow',
  'eta',
  'expires',
  'group',
  'group_index',
  'retries',
  'timelimit',
  'root_id',
  'parent_id',
  'argsrepr',
  'kwargsrepr',
  'origin',
  'ignore_result',
  'replaced_task_nesting',
  'stamped_headers',
  'stamps',
  'compression',
  'redelivered',
];
