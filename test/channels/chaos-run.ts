import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { z } from 'zod';
import { Channels } from '../../src/channels/index.ts';
import { database } from '../../src/db/index.ts';
import { type Program, startNode } from '../support/program.ts';
import { chance } from '../support/random.ts';
import { until } from '../support/until.ts';
import type { ChaosOrder } from './apps/chaos-process.ts';
import { takeItems } from './support.ts';

const program = fileURLToPath(new URL('apps/chaos-process.ts', import.meta.url));

/** Options of {@link runChaos}. */
export interface ChaosOptions {
  /** The database with the truth, whose transactions publish. */
  readonly url: string;
  /** Where events are kept. Default: there. */
  readonly engine?: string;
  readonly folder: string;
  /** How long processes are killed. */
  readonly ms: number;
  /** What else may happen meanwhile, a restart of the server for example. */
  readonly disturb?: () => Promise<void>;
}

/**
 * Processes publish and subscribe, and are killed at random; one holds 20 transactions open, while others commit. In the end every subscriber
 * must have seen every event that was committed, once, in one order, which is that of its publisher where this commits one after the other, and
 * nothing else.
 */
export async function runChaos(context: TestContext, options: ChaosOptions): Promise<void> {
  const random = chance(context);
  const { url, engine, ms } = options;
  await using db = database({ url });
  await using channels = new Channels(engine === undefined ? { engine: db } : { engine, outbox: db });
  const rooms = channels.channel('rooms', {
    params: { room: z.string() },
    event: z.object({ key: z.string() }),
    retention: { age: 3_600_000, count: 1_000_000 },
  });
  await sql`create table truth (id text not null, room text not null)`.execute(db.kysely);
  const room = 'a';
  const first = rooms.subscribe({ room });
  await rooms.publish({ room }, { key: 'first' });
  const { place: start } = (await takeItems(first, 1))[0]!;
  const folder = mkdtempSync(join(options.folder, 'chaos-'));

  const order = (role: ChaosOrder['role'], more: Partial<ChaosOrder> = {}): Program => {
    const given: ChaosOrder = { role, url, room, seed: random.below(2 ** 31), ...(engine && { engine }), ...more };
    return startNode([program, JSON.stringify(given)], { env: { NODE_TEST_CONTEXT: undefined } });
  };
  const files = [0, 1, 2, 3].map((n) => join(folder, `seen-${n}.txt`));
  for (const file of files) writeFileSync(file, '');
  /** Where a subscriber goes on; a line that was not written whole was not seen. */
  const lastOf = (file: string): string => {
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    return lines.at(-1)?.split(' ')[0] ?? start;
  };
  const subscribe = (file: string): Program => {
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.slice(0, text.lastIndexOf('\n') + 1));
    return order('subscribe', { seen: file, after: lastOf(file) });
  };
  const makers: (() => Program)[] = [
    () => order('publish'),
    () => order('publish'),
    () => order('hold'),
    ...files.map((file) => () => subscribe(file)),
  ];
  const running = makers.map((make) => make());
  const kill = async (at: number): Promise<void> => {
    await running[at]![Symbol.asyncDispose]();
  };
  const starters = 3;
  try {
    await Promise.all(running.map((one) => one.until(/ready/)));
    let kills = 0;
    const endAt = Date.now() + ms;
    const disturbing = options.disturb?.();
    while (Date.now() < endAt) {
      await pause(100 + random.below(700));
      const at = random.below(running.length);
      await kill(at);
      kills++;
      running[at] = makers[at]!();
    }
    await disturbing;
    for (let at = 0; at < starters; at++) await kill(at);
    // All subscribers come back in the end.
    for (let at = starters; at < running.length; at++) {
      await kill(at);
      running[at] = makers[at]!();
    }
    await until('what was left behind is gone', async () => {
      if (engine === undefined) return true;
      const { rows } = await sql<{ n: number | string }>`select count(*) as n from cortado_channel_outbox`.execute(
        db.kysely,
      );
      return Number(rows[0]!.n) === 0;
    });
    await rooms.publish({ room }, { key: 'last' });
    await until(
      'all have seen the last event',
      () => {
        for (const file of files) assert.match(readFileSync(file, 'utf8'), / last\n/);
      },
      60_000,
    );
    const { rows } = await sql<{ id: string }>`select id from truth`.execute(db.kysely);
    const truth = new Set(rows.map(({ id }) => id));
    const logs = files.map((file) => readFileSync(file, 'utf8').split('\n').slice(0, -1));
    for (const lines of logs) {
      assert.deepEqual(
        lines.filter((line) => line.startsWith('reset')),
        [],
        'resets',
      );
      const keys = lines.map((line) => line.split(' ').slice(1).join(' '));
      const seen = new Set(keys);
      assert.equal(keys.pop(), 'last');
      seen.delete('last');
      assert.deepEqual(
        [...truth].filter((key) => !seen.has(key)),
        [],
        'lost',
      );
      assert.equal(keys.length, new Set(keys).size, 'repeated');
      assert.deepEqual(
        keys.filter((key) => !truth.has(key)),
        [],
        'phantoms',
      );
    }
    assert.deepEqual(disorder(logs[0]!), [], 'events of a publisher that never holds back, out of its order');
    for (const lines of logs.slice(1)) assert.deepEqual(lines, logs[0], 'one order');
    context.diagnostic(`${truth.size} events, ${kills} kills, 4 subscribers: 0 lost, 0 repeated, 0 phantoms`);
    assert.ok(truth.size > 20, 'hardly anything was published');
  } finally {
    for (const one of running) await one[Symbol.asyncDispose]();
    assert.ok(existsSync(folder));
  }
}

/** Lines of events that came behind a later one of the same process. */
function disorder(lines: readonly string[]): string[] {
  const last = new Map<string, number>();
  return lines.filter((line) => {
    const [, role, by, n] = line.split(' ') as [string, string, string, string];
    const before = last.get(by) ?? 0;
    last.set(by, Number(n));
    return role === 'publish' && Number(n) < before;
  });
}
