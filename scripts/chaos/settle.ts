import { setTimeout as delay } from 'node:timers/promises';
import type { Account } from './account.ts';
import type { ReadNames } from './read-names.ts';

/** What clients were told. */
export interface Told {
  readonly notes: ReadonlySet<string>;
  readonly orders: ReadonlySet<string>;
}

/** Waits until each order has had its effect, for at most `ms` milliseconds, and puts down what is lost and what happened twice. */
export async function settle(account: Account, told: Told, read: ReadNames, ms = 60_000): Promise<void> {
  const end = performance.now() + ms;
  let orders = new Set<string>();
  let effects: readonly string[] = [];
  let waiting: string[] = [];
  do {
    await delay(100);
    orders = new Set(await read('orders'));
    effects = await read('effects');
    const done = new Set(effects);
    waiting = [...orders].filter((name) => !done.has(name));
  } while (waiting.length > 0 && performance.now() < end);
  const notes = await read('notes');
  const stored = new Set(notes);
  const lost = [...told.notes].filter((name) => !stored.has(name)).length;
  const lostOrders = [...told.orders].filter((name) => !orders.has(name)).length;
  account.lost += lost + lostOrders + waiting.length;
  account.twice += repeated(effects);
  const strays = new Set(effects.filter((name) => !orders.has(name))).size;
  account.promise(strays === 0, `${strays} tasks without their row`);
  account.promise(waiting.length === 0, `${waiting.length} rows without the effect of their task`);
  account.promise(repeated(notes) === 0, `${repeated(notes)} writes twice`);
  const unheard = stored.size + orders.size - told.notes.size - told.orders.size + lost + lostOrders;
  if (unheard > 0) account.figures.push(`${unheard} stored whose answer was lost`);
}

const repeated = (names: readonly string[]): number => names.length - new Set(names).size;
