import type { Channel, GetMessage } from 'amqplib';
import { uuid } from '../../../../base/uuid.ts';
import type { AmqpLink } from '../amqp-connection.ts';

// Milliseconds. Longer than a connection is away, so that results wait here meanwhile.
const keptFor = 600_000;

/** The queue that the results of this process's tasks come to. Only Celery's client needs one with Celery's own arguments; workers ask for none. */
export class Replies {
  readonly queue: string = uuid(Date.now());
  readonly #onReply: (text: string) => void;

  constructor(onReply: (text: string) => void) {
    this.#onReply = onReply;
  }

  /** Listens on a connection, which may be a new one. */
  async listen({ channel }: AmqpLink): Promise<void> {
    await channel.assertQueue(this.queue, { durable: true, expires: keptFor });
    const onMessage = (message: GetMessage | null): void => {
      if (message !== null) this.#onReply(message.content.toString('utf8'));
    };
    await channel.consume(this.queue, onMessage as Parameters<Channel['consume']>[1], { noAck: true });
  }

  async delete({ channel }: AmqpLink): Promise<void> {
    await channel.deleteQueue(this.queue);
  }
}
