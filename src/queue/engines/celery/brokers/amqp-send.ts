import type { Channel, ConfirmChannel, Message } from 'amqplib';
import type { WireMessage } from '../wire/task-message.ts';
import type { AmqpLink } from './amqp-connection.ts';
import { amqpTable, passing } from './amqp-messages.ts';
import type { MessageRoute } from './broker.ts';

export type Packed = WireMessage & MessageRoute;

export interface Declaring {
  readonly maxPriority: number | undefined;
  /** Told of a queue that can be used, but is not as Celery would have it. */
  readonly onOdd: (queue: string, what: string, error: Error) => void;
}

// Milliseconds until a queue that was refused is tried again.
const refusedFor = 3000;

/**
 * Sees to it that a queue is there, declared exactly as Celery does: any other argument would be refused by the broker. One that has other
 * arguments is used as it is. Rejects with RabbitMQ's reason, at once where it refused the queue a moment ago.
 */
export async function declareQueue(link: AmqpLink, queue: string, declaring: Declaring): Promise<void> {
  const { declared, refused } = link;
  if (declared.has(queue)) return;
  const refusal = refused.get(queue);
  if (refusal !== undefined && performance.now() < refusal.until) throw refusal.error;
  try {
    await declare(link, queue, declaring);
  } catch (error) {
    refuse(link, queue, error as Error);
    throw error;
  }
  refused.delete(queue);
  declared.add(queue);
}

/** Notes that RabbitMQ closed the channel over this queue; a lost connection says nothing about it, and one that is gone is declared again. */
export function refuse({ declared, refused }: AmqpLink, queue: string, error: Error): void {
  declared.delete(queue);
  const code = codeOf(error);
  if (code === undefined || code === notFound || refused.get(queue)?.error === error) return;
  refused.set(queue, { error, until: performance.now() + refusedFor });
}

async function declare(link: AmqpLink, queue: string, { maxPriority, onOdd }: Declaring): Promise<void> {
  const priorities = maxPriority === undefined ? {} : { maxPriority };
  const problem = await attempt(link, (channel) => channel.assertQueue(queue, { durable: true, ...priorities }));
  if (problem !== undefined) {
    // A stream cannot be taken from one by one.
    const isThere = codeOf(problem) === preconditionFailed && !problem.message.includes("'stream'");
    if (!isThere || (await attempt(link, (channel) => channel.checkQueue(queue))) !== undefined) throw problem;
    onOdd(queue, 'a queue has other arguments than Celery gives it, and is used as it is', problem);
  }
  // Cortado sends to queues by their names; Python's producers find them through an exchange of that name.
  const unbound = await attempt(link, async (channel) => {
    await channel.assertExchange(queue, 'direct', { durable: true });
    await channel.bindQueue(queue, queue, queue);
  });
  if (unbound !== undefined && codeOf(unbound) === undefined) throw unbound;
  if (unbound !== undefined)
    onOdd(queue, 'a queue is not bound to the exchange that Celery sends to; its messages may not arrive', unbound);
}

const preconditionFailed = 406;
const notFound = 404;

// RabbitMQ closes the channel of what it refuses, so each attempt has a channel of its own.
async function attempt(
  { connection }: AmqpLink,
  work: (channel: Channel) => Promise<unknown>,
): Promise<Error | undefined> {
  const channel = await connection.createChannel();
  channel.on('error', () => {});
  try {
    await work(channel);
  } catch (error) {
    return error as Error;
  }
  await channel.close();
  return undefined;
}

function codeOf(error: Error): number | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'number' ? code : undefined;
}

/** Sends tasks, and resolves once RabbitMQ has them: for each to `undefined`, or to why it has not. */
export async function sendTasks(
  link: AmqpLink,
  tasks: readonly Packed[],
  declaring: Declaring,
): Promise<readonly (Error | undefined)[]> {
  const answers: (Promise<Error | undefined> | Error)[] = [];
  for (const task of tasks) {
    try {
      if ('queue' in task && !link.declared.has(task.queue)) await declareQueue(link, task.queue, declaring);
      const confirms = await link.confirms();
      const { promise, resolve } = Promise.withResolvers<Error | undefined>();
      const hasRoom = publish(confirms, task, declaring.maxPriority, resolve);
      answers.push(promise);
      if (!hasRoom) await drained(confirms);
    } catch (error) {
      answers.push(error as Error);
    }
  }
  return Promise.all(answers);
}

function publish(
  confirms: ConfirmChannel,
  task: Packed,
  maxPriority: number | undefined,
  settle: (problem: Error | undefined) => void,
): boolean {
  const { body, headers, properties, contentType, contentEncoding } = task;
  const priority = properties['priority'];
  const options = {
    contentType,
    contentEncoding,
    headers: amqpTable(headers),
    deliveryMode: 2,
    correlationId: String(properties['correlation_id'] ?? ''),
    replyTo: String(properties['reply_to'] ?? ''),
    ...(typeof priority === 'number' && maxPriority !== undefined ? { priority } : {}),
  };
  const content = Buffer.from(body);
  if ('queue' in task) return confirms.publish('', task.queue, content, options, (error) => settle(error ?? undefined));
  // RabbitMQ drops what no queue is bound for, and says so only to those who ask.
  let returned: Error | undefined;
  const onReturn = ({ properties: { correlationId } }: Message): void => {
    if (correlationId === options.correlationId)
      returned = new Error(`No queue is bound to the exchange "${task.exchange}" for "${task.routingKey}".`);
  };
  confirms.on('return', onReturn);
  return confirms.publish(task.exchange, task.routingKey, content, { ...options, mandatory: true }, (error) => {
    confirms.off('return', onReturn);
    settle(error ?? returned);
  });
}

// Of a lost connection nothing drains.
async function drained(confirms: ConfirmChannel): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const event of ['drain', 'close']) confirms.once(event, resolve);
  await promise;
  for (const event of ['drain', 'close']) confirms.off(event, resolve);
}

export async function sendCommand(link: AmqpLink, body: string, clock: number): Promise<void> {
  const channel = await link.channel('commands');
  await channel.assertExchange('celery.pidbox', 'fanout', { durable: false });
  const headers = amqpTable({ clock, expires: Date.now() / 1000 + 1 });
  channel.publish('celery.pidbox', '', Buffer.from(body), { ...passing, headers });
}
