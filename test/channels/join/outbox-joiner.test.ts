import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import type { ChannelEngine, NewEvent } from '../../../src/channels/contract/engine.ts';
import { MemoryChannels } from '../../../src/channels/engines/memory/memory-engine.ts';
import { Channels } from '../../../src/channels/index.ts';
import { database } from '../../../src/db/index.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { until } from '../../support/until.ts';

describe('an outbox of channels', () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());

  test('events that a process commits one after another are handed on in this order, whatever commits meanwhile', async () => {
    const taken: number[] = [];
    let gate: Promise<void> | undefined;
    let isAsked = false;
    const memory = new MemoryChannels();
    const engine: ChannelEngine = {
      kind: 'slow',
      label: 'slow:',
      shared: true,
      async open(host) {
        const opened = await memory.open(host);
        const publish = async (events: readonly NewEvent[]): Promise<void> => {
          isAsked = true;
          await gate;
          taken.push(...events.map(({ data }) => JSON.parse(data).n));
        };
        return { ...opened, publish };
      },
    };
    await using db = database({ url: await server.newDatabase() });
    await using channels = new Channels({ engine, outbox: db });
    const numbers = channels.channel('numbers', { event: z.object({ n: z.int() }) });
    await channels.open();
    const publish = (n: number): Promise<void> => db.transaction(async () => void (await numbers.publish({}, { n })));

    const [begun, held, passing] = [1, 2, 3].map(() => Promise.withResolvers<void>()) as [Gate, Gate, Gate];
    const first = db.transaction(async () => {
      await numbers.publish({}, { n: 1 });
      begun.resolve();
      await held.promise;
    });
    await begun.promise;
    gate = passing.promise;
    // Its row stands behind that of the first, which nobody sees yet.
    await publish(0);
    await until('it is being handed on', () => isAsked);
    held.resolve();
    await first;
    await publish(2);
    passing.resolve();
    await until('all are taken', () => assert.equal(taken.length, 3));
    assert.deepEqual(taken, [0, 1, 2]);
  });
});

type Gate = PromiseWithResolvers<void>;
