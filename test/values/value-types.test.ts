import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type } from 'arktype';
import { z } from 'zod';
import { App } from '../../src/index.ts';
import { Queue } from '../../src/queue/index.ts';
import { bytes, decimal, duration, optional, plainDate } from '../../src/values/index.ts';

class Money {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): string {
    return this.text;
  }
}

const Model = z.object({
  day: plainDate(),
  until: optional(plainDate()),
  price: decimal({ gt: 0 }),
  tax: decimal({ as: Money }),
  raw: bytes(),
  tags: z.set(z.string()),
});

// The compiler is the test; the rest is that it runs.
test('handlers get values, and return them or what stands for them', () => {
  const app = new App({ logger: false });
  app.post(
    '/',
    { params: { m: Model, q: optional(z.string()), n: optional(type('number.integer')) }, response: Model },
    ({ m, q, n }) => {
      const day: Temporal.PlainDate = m.day;
      const until: Temporal.PlainDate | null = m.until;
      const [price, tax]: [string, Money] = [m.price, m.tax];
      const raw: Uint8Array = m.raw;
      const [text, number]: [string | null, number | null] = [q, n];
      assert.ok([day, until, price, tax, raw, text, number]);
      return { day: '2026-03-01', price: 1.5, tax: '1', raw: Buffer.from('x'), tags: new Set(['a']) };
    },
  );
  app.get('/day', { response: plainDate() }, () => Temporal.Now.plainDateISO());
  // @ts-expect-error A number is no date.
  app.get('/number', { response: plainDate() }, () => 3);
  // @ts-expect-error A moment is no length of time.
  app.get('/moment', { response: duration() }, () => Temporal.Now.instant());
  // @ts-expect-error A list is no set.
  app.get('/list', { response: z.set(z.string()) }, () => ['a']);
  assert.ok(app.routes.length >= 5);
});

test('results of tasks are what JSON has of values', async () => {
  const queue = new Queue();
  const task = queue.task('t', { params: { m: Model }, returns: Model }, ({ m }) => m);
  const read = async (): Promise<[string, string | null, string, string, string, string[]]> => {
    const handle = await task.enqueue({
      m: { day: Temporal.Now.plainDateISO(), price: 1, tax: '1', raw: new Uint8Array(1), tags: new Set() },
    });
    const { day, until, price, tax, raw, tags } = await handle.result();
    return [day, until, price, tax, raw, tags];
  };
  assert.equal(typeof read, 'function');
});
