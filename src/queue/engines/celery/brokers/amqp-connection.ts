import type { Channel, ChannelModel, ConfirmChannel, GetMessage } from 'amqplib';
import { type CortadoError, serverUnreachable } from '../../../../base/error.ts';
import { loadPeer } from '../../../../base/process/load-peer.ts';
import { shownUrl } from '../../../../base/show/shown-url.ts';
import type { CelerySettings } from './celery-options.ts';

/** One connection to RabbitMQ; all of its deliveries are gone when it is. */
export interface AmqpLink {
  readonly connection: ChannelModel;
  /** The channel for one purpose, opened when it is wanted, and again once the server has closed it: what fails there stops nothing else. */
  readonly channel: (purpose: string) => Promise<Channel>;
  /** The channel that tasks are sent on. */
  readonly confirms: () => Promise<ConfirmChannel>;
  /** Queues that are there. */
  readonly declared: Set<string>;
  /** Queues that RabbitMQ would not let us have, until they are tried again. */
  readonly refused: Map<string, { readonly error: Error; readonly until: number }>;
}

// Seconds. A process that is stopped or unplugged is noticed after two of them.
const heartbeat = 10;

/** Keeps one connection to RabbitMQ, and makes a new one when it is lost. */
export class AmqpConnection {
  readonly #settings: CelerySettings;
  readonly #label: string;
  readonly #onLost: () => void;
  /** What is to be set up on every new connection. */
  onOpen: ((link: AmqpLink) => Promise<void>) | undefined;
  #link: Promise<AmqpLink> | undefined;
  #isOpen = false;
  #isClosed = false;

  constructor(settings: CelerySettings, onLost: () => void) {
    this.#settings = settings;
    this.#label = `celery+${shownUrl(settings.url)}`;
    this.#onLost = onLost;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Connects; after `close` as well. */
  async open(): Promise<void> {
    this.#isClosed = false;
    await this.link();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const link = await this.#link?.catch(() => undefined);
    this.#link = undefined;
    await link?.connection.close().catch(() => {});
  }

  /** The open connection; makes it when there is none. Throws `CORTADO_QUEUE_UNREACHABLE`. */
  link(): Promise<AmqpLink> {
    this.#link ??= this.#open();
    return this.#link;
  }

  async #open(): Promise<AmqpLink> {
    const amqp = await loadPeer(() => import('amqplib'), 'CORTADO_QUEUE_URL', missing);
    const end = performance.now() + (this.#settings.whenUnreachable === 'wait' ? Number.POSITIVE_INFINITY : 4000);
    for (let pause = 50; ; pause = Math.min(500, pause * 2)) {
      try {
        return await this.#try(amqp);
      } catch (error) {
        if (this.#isClosed || performance.now() + pause > end) {
          this.#link = undefined;
          throw rabbitUnreachable(this.#label, error);
        }
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  async #try(amqp: typeof import('amqplib')): Promise<AmqpLink> {
    const url = new URL(this.#settings.url);
    url.searchParams.set('heartbeat', String(heartbeat));
    const connection = await amqp.connect(url.href, { timeout: 5000, noDelay: true });
    const drop = (): void => {
      this.#link = undefined;
      this.#isOpen = false;
      this.#onLost();
    };
    connection.on('error', () => {});
    connection.on('close', drop);
    const channels = new Map<string, () => Promise<Channel>>();
    const link: AmqpLink = {
      connection,
      channel: (purpose) => {
        const known = channels.get(purpose) ?? lasting(() => connection.createChannel());
        channels.set(purpose, known);
        return known();
      },
      confirms: lasting(() => connection.createConfirmChannel()),
      declared: new Set(),
      refused: new Map(),
    };
    await this.onOpen?.(link);
    this.#isOpen = true;
    return link;
  }
}

// Whoever used a channel as the server closed it is told by that call.
function lasting<C extends Channel>(open: () => Promise<C>): () => Promise<C> {
  let current: Promise<C> | undefined;
  const forget = (): void => {
    current = undefined;
  };
  const make = async (): Promise<C> => {
    const channel = await open();
    channel.on('error', () => {});
    channel.on('close', forget);
    return channel;
  };
  return () => {
    if (current === undefined) {
      current = make();
      current.catch(forget);
    }
    return current;
  };
}

/** Hears what comes to a queue. Where the channel ends, all is made anew with the connection. */
export async function consume(
  { connection }: AmqpLink,
  channel: Channel,
  queue: string,
  onMessage: (message: GetMessage) => void,
): Promise<void> {
  const hear = (message: GetMessage | null): void => void (message !== null && onMessage(message));
  await channel.consume(queue, hear as Parameters<Channel['consume']>[1], { noAck: true });
  channel.once('close', () => void connection.close().catch(() => {}));
}

const missing = 'A celery+amqp:// queue needs the package amqplib: run `npm install amqplib`.';

/** The error of a call while RabbitMQ is away. */
export function rabbitUnreachable(label: string, cause: unknown): CortadoError {
  return serverUnreachable('CORTADO_QUEUE_UNREACHABLE', `RabbitMQ at ${label}`, cause);
}
