import type { AmqpLink } from './amqp-connection.ts';
import { table } from './amqp-messages.ts';
import type { WireMessage } from './wire/task-message.ts';

/** A message, and the queue of the broker that it goes to. */
export interface Packed extends WireMessage {
  readonly queue: string;
}

/** Declares a queue exactly as Celery does: any other argument would be refused by the broker. */
export async function declareQueue(
  { channel, declared }: AmqpLink,
  queue: string,
  maxPriority: number | undefined,
): Promise<void> {
  if (declared.has(queue)) return;
  await channel.assertQueue(queue, { durable: true, ...(maxPriority === undefined ? {} : { maxPriority }) });
  await channel.assertExchange(queue, 'direct', { durable: true });
  await channel.bindQueue(queue, queue, queue);
  declared.add(queue);
}

/** Sends a task; whether the broker has it is told by `link.confirms.waitForConfirms()`. */
export async function sendTask(link: AmqpLink, packed: Packed, maxPriority: number | undefined): Promise<void> {
  const { queue, body, headers, properties, contentType, contentEncoding } = packed;
  await declareQueue(link, queue, maxPriority);
  const priority = properties['priority'];
  const isTaken = link.confirms.publish('', queue, Buffer.from(body), {
    contentType,
    contentEncoding,
    headers: table(headers),
    deliveryMode: 2,
    correlationId: String(properties['correlation_id'] ?? ''),
    replyTo: String(properties['reply_to'] ?? ''),
    ...(typeof priority === 'number' && maxPriority !== undefined ? { priority } : {}),
  });
  if (!isTaken) await drained(link);
}

// Of a lost connection nothing drains.
async function drained({ confirms }: AmqpLink): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const event of ['drain', 'close']) confirms.once(event, resolve);
  await promise;
  for (const event of ['drain', 'close']) confirms.off(event, resolve);
}

/** Sends a command to all workers. */
export async function sendCommand({ channel }: AmqpLink, body: string, clock: number): Promise<void> {
  await channel.assertExchange('celery.pidbox', 'fanout', { durable: false });
  channel.publish('celery.pidbox', '', Buffer.from(body), {
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    deliveryMode: 1,
    headers: table({ clock, expires: Date.now() / 1000 + 1 }),
  });
}
