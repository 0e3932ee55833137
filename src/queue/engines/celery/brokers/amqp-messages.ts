import type { GetMessage } from 'amqplib';
import type { RawMessage } from '../wire/decode-task.ts';
import { record } from '../wire/signature.ts';

/** How messages are published that nobody need have after a restart. */
export const passing = { contentType: 'application/json', contentEncoding: 'utf-8', deliveryMode: 1 } as const;

/** A delivery, as the wire formats take it. */
export function rawMessage({ content, properties }: GetMessage): RawMessage {
  return {
    body: content,
    headers: record(properties.headers),
    properties: {
      correlation_id: properties.correlationId,
      reply_to: properties.replyTo,
      ...(typeof properties.priority === 'number' ? { priority: properties.priority } : {}),
    },
    contentType: properties.contentType,
  };
}

/** A delivery as text, to be sent once more. A body that is no text cannot run, and need not be kept as it is. */
export function pack({ body, headers, properties, contentType }: RawMessage, queue: string): string {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  return JSON.stringify({ body: text, headers, properties, contentType, contentEncoding: 'utf-8', queue });
}

/**
 * Headers as an AMQP table. Left alone, amqplib writes integers from 128 to 32,767 with the mark `s`, which Python's amqp reads as a text of
 * that length, and dies.
 */
export function amqpTable(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, field(value)]));
}

function field(value: unknown): unknown {
  if (typeof value === 'number' && Number.isSafeInteger(value))
    return { '!': Math.abs(value) < 2 ** 31 ? 'int32' : 'int64', value };
  if (Array.isArray(value)) return value.map(field);
  return typeof value === 'object' && value !== null ? amqpTable(value as Record<string, unknown>) : value;
}
