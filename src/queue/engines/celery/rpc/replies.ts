import type { Channel, GetMessage } from 'amqplib';
import { uuid } from '../../../../base/uuid.ts';
import type { AmqpLink } from '../brokers/amqp-connection.ts';

// Milliseconds. Longer than a connection is away, so that results wait here meanwhile.
const keptFor = 600_000;

/** The queue that the results of this process's tasks come to. Only Celery's client needs one with Celery's own arguments; workers ask for none. */
export class Replies {
  readonly queue: string = uuid(Date.now());
  readonly #onReply: (text: string, id: string | undefined) => void;

  constructor(onReply: (text: string, id: string | undefined) => void) {
    this.#onReply = onReply;
  }

  /** Listens on a connection, which may be a new one. */
  async listen(link: AmqpLink): Promise<void> {
    const channel = await link.channel('results');
    await channel.assertQueue(this.queue, { durable: true, expires: keptFor });
    const onMessage = (message: GetMessage | null): void => {
      if (message === null) return;
      const { correlationId } = message.properties as { correlationId?: unknown };
      this.#onReply(message.content.toString('utf8'), typeof correlationId === 'string' ? correlationId : undefined);
    };
    await channel.consume(this.queue, onMessage as Parameters<Channel['consume']>[1], { noAck: true });
    // Made anew with the connection.
    channel.once('close', () => void link.connection.close().catch(() => {}));
  }

  async delete(link: AmqpLink): Promise<void> {
    await (await link.channel('results')).deleteQueue(this.queue);
  }
}
