import type { Channel, ChannelModel, ConfirmChannel } from 'amqplib';
import { CortadoError } from '../../../base/error.ts';
import { withoutPassword } from '../ledger/redis-connection.ts';
import type { CelerySettings } from './celery-options.ts';

/** The channels of one connection; all of its deliveries are gone when it is. */
export interface AmqpLink {
  readonly connection: ChannelModel;
  readonly channel: Channel;
  readonly confirms: ConfirmChannel;
  readonly declared: Set<string>;
}

// Seconds. A process that is stopped or unplugged is noticed after two of them.
const heartbeat = 10;

/** Keeps one connection to RabbitMQ, and makes a new one when it is lost. */
export class AmqpConnection {
  readonly #settings: CelerySettings;
  readonly #label: string;
  readonly #onLost: () => void;
  readonly #onError: (error: Error) => void;
  /** What is to be set up on every new connection. */
  onOpen: ((link: AmqpLink) => Promise<void>) | undefined;
  #link: Promise<AmqpLink> | undefined;
  #isOpen = false;
  #isClosed = false;

  constructor(settings: CelerySettings, onLost: () => void, onError: (error: Error) => void) {
    this.#settings = settings;
    this.#label = `celery+${withoutPassword(settings.url)}`;
    this.#onLost = onLost;
    this.#onError = onError;
  }

  /** Whether it is connected right now. */
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
    const amqp = await load();
    const end = performance.now() + (this.#settings.whenUnreachable === 'wait' ? Number.POSITIVE_INFINITY : 4000);
    for (let pause = 50; ; pause = Math.min(500, pause * 2)) {
      try {
        return await this.#try(amqp);
      } catch (error) {
        if (this.#isClosed || performance.now() + pause > end) {
          this.#link = undefined;
          throw unreachable(this.#label, error);
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
    const channel = await connection.createChannel();
    const confirms = await connection.createConfirmChannel();
    for (const one of [channel, confirms]) {
      one.on('error', (error) => this.#onError(error));
      one.on('close', () => void connection.close().catch(() => {}));
    }
    const link: AmqpLink = { connection, channel, confirms, declared: new Set() };
    await this.onOpen?.(link);
    this.#isOpen = true;
    return link;
  }
}

async function load(): Promise<typeof import('amqplib')> {
  try {
    return await import('amqplib');
  } catch (cause) {
    throw new CortadoError(
      'CORTADO_QUEUE_URL',
      'A celery+amqp:// queue needs the package amqplib: run `npm install amqplib`.',
      { cause },
    );
  }
}

/** The error of a call while RabbitMQ is away. */
export function unreachable(label: string, cause: unknown): CortadoError {
  const message = `RabbitMQ at ${label} cannot be reached: ${(cause as Error).message}`;
  return new CortadoError('CORTADO_QUEUE_UNREACHABLE', message, {
    cause,
    status: 503,
    headers: { 'retry-after': '5' },
  });
}
