import type { Redis } from 'ioredis';
import { closeRedis, connectRedis, redisAway } from '../../../../redis/redis-connection.ts';
import type { EngineHost } from '../../../contract/engine.ts';
import { farewell } from '../../../contract/farewell.ts';
import type { Followers, SentMessage } from '../../ledger/ledger-arguments.ts';
import { type Broker, queueName } from '../brokers/broker.ts';
import type { CeleryLedger } from '../brokers/celery-ledger.ts';
import type { CelerySettings } from '../brokers/celery-options.ts';
import { forsakenEnd } from '../messages/follow-ups.ts';
import type { FollowUps, Outgoing, Parent } from '../messages/outgoing.ts';
import { Chords } from './chords.ts';
import { ForeignResults } from './foreign-results.ts';

/** A result for a queue of whoever waits for it. */
export interface Reply {
  readonly to: string | undefined;
  readonly id: string;
  /** Empty where there is nothing to say. */
  readonly meta: string;
}

/** What is to be done once an end is stored. */
export interface AfterEnd {
  /** Chords that are counted to their end. */
  readonly complete: readonly string[];
  readonly replies: readonly Reply[];
}

/** What the client's and the worker's side of an open engine share: broker, result store and ledger. */
export class CeleryLink {
  readonly settings: CelerySettings;
  readonly broker: Broker;
  readonly host: EngineHost;
  readonly redis: Redis;
  readonly ledger: CeleryLedger;
  readonly chords: Chords;
  readonly foreign: ForeignResults;
  /** Of the ledger's keys. */
  readonly prefix: string;
  readonly #promotion: NodeJS.Timeout;

  private constructor(settings: CelerySettings, broker: Broker, host: EngineHost, redis: Redis) {
    this.settings = settings;
    this.broker = broker;
    this.host = host;
    this.redis = redis;
    this.prefix = `${settings.keyPrefix}cortado:`;
    this.ledger = broker.open({ host, redis, prefix: this.prefix });
    this.foreign = new ForeignResults(broker.redis ?? redis, this.ledger, (id) => `${this.prefix}t:${id}`);
    this.chords = new Chords(redis, this.ledger, settings);
    // Every open process sees to it that what is due becomes due, whether it works or only calls.
    this.#promotion = setInterval(() => void this.#promote(), 1000);
    this.#promotion.unref();
  }

  /** Connects to broker and result store. */
  static async open(settings: CelerySettings, broker: Broker, host: EngineHost): Promise<CeleryLink> {
    await using connected = new AsyncDisposableStack();
    connected.defer(() => broker.close());
    await broker.connect();
    const { backend: url, whenUnreachable } = settings;
    const redis = connected.adopt(await connectRedis({ user: 'QUEUE', url, whenUnreachable }), closeRedis);
    const link = new CeleryLink(settings, broker, host, redis);
    connected.move();
    return link;
  }

  /** Which of the servers is out of reach, as far as the connections know. */
  get away(): string | undefined {
    const { backend, url } = this.settings;
    return (this.broker.redis && redisAway(this.broker.redis, url)) ?? redisAway(this.redis, backend);
  }

  /** Disconnects, once `lastWords` are said. */
  async close(lastWords: Promise<void>, signal: AbortSignal): Promise<void> {
    clearInterval(this.#promotion);
    this.foreign.close();
    await farewell(lastWords, signal);
    await farewell(this.broker.close(), signal);
    closeRedis(this.redis);
  }

  /** Sees to it that what is due soon becomes due to the millisecond. */
  promoteBy(runAt: number): void {
    const wait = runAt - this.host.clock.now();
    if (wait > 0 && wait < 1000) setTimeout(() => void this.#promote(), wait).unref();
  }

  /** What messages that start here inherit. */
  parent(): Parent {
    return { queueOf: this.queueOf, now: this.host.clock.now() };
  }

  /** The broker's queue of a task whose signature names none: the one that it is declared with here. */
  readonly queueOf = (task: string): string => this.brokerQueue(this.host.tasks.queueOf(task) ?? 'default');

  /** What follows from an end, as the ledger takes it, once the chords are counted that the task is part of. */
  async followers(follow: FollowUps | undefined, meta: string): Promise<Followers & AfterEnd> {
    if (follow === undefined) return { meta, sends: [], others: [], complete: [], replies: [] };
    const { sends, forsaken, complete } = await this.chords.count(follow, meta, this.parent());
    const now = this.host.clock.now();
    const others = forsaken.map((task) => forsakenEnd(task, now));
    const replies = forsaken.map(({ replyTo, id }, at) => ({ to: replyTo, id, meta: others[at]!.meta }));
    return { meta, sends: this.packed(sends), others, complete, replies };
  }

  /** Messages as the ledger hands them to the broker. */
  packed(sends: readonly Outgoing[]): SentMessage[] {
    return sends.map(({ message, wire, to }) => ({
      id: message.id,
      queue: queueName(to),
      message: this.broker.pack(wire, to),
    }));
  }

  /** The key that has the result of a task; also the channel that tells of it. */
  metaKey(id: string): string {
    return `${this.settings.keyPrefix}celery-task-meta-${id}`;
  }

  readonly brokerQueue = (queue: string): string => (queue === 'default' ? this.settings.queue : queue);

  readonly ownQueue = (queue: string): string => (queue === this.settings.queue ? 'default' : queue);

  async #promote(): Promise<void> {
    await this.ledger.call('promote', []).catch(() => {});
  }
}
