import type { Channel } from 'amqplib';
import { encodeJson } from '../wire/encode-json.ts';
import { routedEvents, type WireEvent } from '../wire/event.ts';
import { record } from '../wire/signature.ts';
import { type AmqpLink, consume } from './amqp-connection.ts';
import { amqpTable, passing } from './amqp-messages.ts';
import type { ControlCall, ControlReply } from './broker.ts';

/** Events and remote control over RabbitMQ: what is nice to have, and stops no task where it may not be had. */
export class AmqpRemote {
  readonly #channel: (purpose: string) => Promise<Channel>;
  readonly #onDeaf: (error: Error) => void;
  #control: { readonly worker: string; readonly handler: (call: ControlCall) => Promise<void> } | undefined;

  /** @param onDeaf Told why commands cannot be heard. */
  constructor(channel: (purpose: string) => Promise<Channel>, onDeaf: (error: Error) => void) {
    this.#channel = channel;
    this.#onDeaf = onDeaf;
  }

  close(): void {
    this.#control = undefined;
  }

  async sendEvents(events: readonly WireEvent[]): Promise<void> {
    const channel = await this.#channel('events');
    await channel.assertExchange('celeryev', 'topic', { durable: true });
    const headers = amqpTable({ hostname: events[0]?.hostname });
    for (const [key, body] of routedEvents(events))
      channel.publish('celeryev', key, Buffer.from(encodeJson(body)), { ...passing, headers });
  }

  async onControl(worker: string, handler: (call: ControlCall) => Promise<void>, link: AmqpLink): Promise<void> {
    this.#control = { worker, handler };
    await this.listen(link);
  }

  async reply({ exchange, routingKey, ticket, body, clock }: ControlReply): Promise<void> {
    const channel = await this.#channel('replies');
    await channel.assertExchange(exchange, 'direct', { durable: false });
    const headers = amqpTable({ ticket, clock });
    channel.publish(exchange, routingKey, Buffer.from(body), { ...passing, headers });
  }

  /** Listens on a connection, which may be a new one. */
  async listen(link: AmqpLink): Promise<void> {
    if (this.#control === undefined) return;
    const { worker, handler } = this.#control;
    try {
      const channel = await link.channel('control');
      await channel.assertExchange('celery.pidbox', 'fanout', { durable: false });
      const { queue } = await channel.assertQueue(`${worker}.celery.pidbox`, {
        durable: false,
        autoDelete: true,
        expires: 10_000,
        messageTtl: 300_000,
      });
      await channel.bindQueue(queue, 'celery.pidbox', '');
      await consume(link, channel, queue, ({ content, properties }) => {
        void handler({ body: content.toString('utf8'), headers: record(properties.headers) });
      });
    } catch (error) {
      this.#onDeaf(error as Error);
    }
  }
}
