import type { Redis } from 'ioredis';
import type { ClaimRef, ClaimRequest } from '../../../contract/engine.ts';
import type { LedgerOptions } from '../../ledger/ledger.ts';
import type { LedgerTask } from '../../ledger/ledger-record.ts';
import type { Decoded, RawMessage } from '../wire/decode-task.ts';
import type { WireEvent } from '../wire/event.ts';
import type { WireMessage } from '../wire/task-message.ts';
import type { CeleryLedger } from './celery-ledger.ts';

/** A task that the ledger gave to this worker, with the message that brought it. */
export interface Received {
  readonly verdict: 'run' | 'adopt';
  readonly task: LedgerTask;
  readonly decoded: Decoded;
  /** The packed message, to be sent once more when the task is handed back. */
  readonly packed: string;
}

/** Where a message goes, in the broker's names: to a queue, or through an exchange that somebody has bound. */
export type MessageRoute = { readonly queue: string } | { readonly exchange: string; readonly routingKey: string };

/** What a route is called where only one name will do. */
export function queueName(to: MessageRoute): string {
  return 'queue' in to ? to.queue : to.routingKey;
}

export interface ControlCall {
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface ControlReply {
  readonly exchange: string;
  readonly routingKey: string;
  readonly ticket: string;
  readonly body: string;
  readonly clock: number;
}

/** What a broker gets when it is opened: `redis` is the connection to the result store. */
export type BrokerContext = Pick<LedgerOptions, 'host' | 'redis' | 'prefix'>;

/** What carries messages: Redis or RabbitMQ. Names of queues are the broker's own. */
export interface Broker {
  readonly label: string;
  /** Priorities as Cortado has them, higher being more urgent; and the broker's own number of one. */
  readonly priorities: false | { readonly min: number; readonly max: number };
  readonly priorityNumber: (priority: number) => number | undefined;

  connect(): Promise<void>;
  /** The connection that the ledger shares, where the broker is a Redis. */
  readonly redis: Redis | undefined;
  /** Begins to serve, once it is connected, and makes the ledger that goes with it. */
  open(context: BrokerContext): CeleryLedger;
  /** Looks for what others lost; called about once a second. */
  maintain(): Promise<void>;
  close(): Promise<void>;

  /** A message as the ledger's `push` takes it. */
  pack(message: WireMessage, to: MessageRoute): string;
  unpack(packed: string): RawMessage;
  claim(request: ClaimRequest, brokerQueue: (queue: string) => string): Promise<readonly Received[]>;
  /** Takes the deliveries of runs whose end is stored off the broker, where the ledger did not. */
  settled(claims: readonly ClaimRef[]): void;

  /** Takes the message of a task that was cancelled out of its queue, where the broker lets that be done. */
  takeBack?(id: string, queue: string): Promise<void>;

  /** Sends a result to the reply queue of whoever waits for it. */
  sendResult?(replyTo: string, id: string, meta: string): Promise<void>;

  sendEvents(events: readonly WireEvent[]): Promise<void>;
  broadcast(body: string, clock: number): Promise<void>;
  onControl(worker: string, handler: (call: ControlCall) => Promise<void>): Promise<void>;
  reply(reply: ControlReply): Promise<void>;
}
