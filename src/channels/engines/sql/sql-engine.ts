import { settledBy } from '../../../concurrency/settled-by.ts';
import { database } from '../../../db/database.ts';
import type { Database } from '../../../db/database-contract.ts';
import type { LastStatement, Session } from '../../../db/session/session.ts';
import { SqlStore } from '../../../db/store/sql-store.ts';
import type { ChannelEngine, ChannelHost, NewEvent, OpenChannels } from '../../contract/engine.ts';
import { Alarm } from './alarm.ts';
import { sqlPresence } from './presence.ts';
import {
  addEvent,
  addEvents,
  channelIntegers,
  newEvents,
  readHeads,
  readLog,
  readPage,
  streamRows,
} from './statements.ts';
import { makeChannelTables } from './tables.ts';
import { forgetFloors, SqlTrim } from './trim.ts';

const hour = 3_600_000;

/**
 * Keeps events in a database: the app's own, so that they commit or vanish with the rows that they are about, or one by its URL, which is
 * that of the channels alone.
 *
 * @throws CortadoError `CORTADO_DB_URL`.
 */
export function sqlChannels(where: Database<unknown> | string): ChannelEngine {
  const isOwner = typeof where === 'string';
  const home = isOwner ? (database({ url: where }) as unknown as Database<unknown>) : where;
  const location = home['~location'];
  return {
    kind: 'sql',
    label: location.label,
    shared: location.kind === 'postgres' || location.path !== ':memory:',
    async open(host) {
      await using opened = new AsyncDisposableStack();
      if (isOwner) opened.defer(() => home.close());
      await home.open();
      const store = new SqlStore(home, channelIntegers);
      await makeChannelTables(store);
      const log = (await store.run(readLog, {}))[0]!.id;
      const alarm = new Alarm(store, host.log);
      opened.defer(() => alarm.close());
      const closing = opened.move();
      return openSql({ store, alarm, log, host, isOwner, end: () => closing.disposeAsync() });
    },
  };
}

interface Parts {
  readonly store: SqlStore;
  readonly alarm: Alarm;
  readonly log: string;
  readonly host: ChannelHost;
  readonly isOwner: boolean;
  readonly end: () => Promise<void>;
}

function openSql({ store, alarm, log, host, isOwner, end }: Parts): OpenChannels {
  const { database: home } = store;
  const presence = sqlPresence(store, host);
  const trimming = new SqlTrim(store);
  let mergeAt = host.clock.elapsed() + hour;
  return {
    // A database that is the app's own tells that itself.
    get away() {
      return isOwner ? home['~problem'] : undefined;
    },

    async check() {
      if (isOwner) await home['~check']();
    },

    currentTransaction: () => home.current(),

    async publish(events, transaction) {
      const streams = [...new Set(events.map(({ stream }) => stream))];
      if (transaction === undefined) {
        await keep(store, events);
        return alarm.raise(streams);
      }
      const session = transaction as Session<unknown>;
      const last = lastOf(home, store);
      for (const event of events) session['~last'](last, event);
      session.afterCommit(() => alarm.raise(streams));
    },

    async read(stream, after, limit) {
      const rows = await store.run(readPage, { stream, after, limit });
      const events = rows.flatMap(({ place, id, data }) => (place === null ? [] : [{ place, id, data }]));
      return { log, floor: rows[0]!.floor, events };
    },

    async heads(streams) {
      if (streams.length === 0) return new Map();
      const rows = await store.run(readHeads, { rows: streamRows.json(streams.map((stream) => ({ stream }))) });
      return new Map(rows.map(({ stream, floor, last }) => [stream, { log, floor, last: Math.max(floor, last ?? 0) }]));
    },

    listen: (listener) => alarm.add(listener),

    async trim(channel, retention, streams) {
      if (host.clock.elapsed() > mergeAt) {
        mergeAt = host.clock.elapsed() + hour;
        await forgetFloors(store);
      }
      return trimming.trim(channel, retention, streams);
    },

    ...presence,

    async close(signal) {
      const left = presence.leaveAll().catch(() => {});
      await settledBy(left, signal);
      await end();
    },
  };
}

// One for all channels of a database, so that a transaction takes its locks in one statement, and in one order.
const lasts = new WeakMap<Database<unknown>, LastStatement<NewEvent>>();

function lastOf(home: Database<unknown>, store: SqlStore): LastStatement<NewEvent> {
  let last = lasts.get(home);
  if (last === undefined) {
    last = {
      send: async (session, events) => {
        await keep(store.within(session), events);
      },
    };
    lasts.set(home, last);
  }
  return last;
}

async function keep(store: SqlStore, events: readonly NewEvent[]): Promise<void> {
  const [first] = events;
  const comesAgain = events.some(({ again }) => again === true);
  if (events.length === 1 && !comesAgain) await store.run(addEvent, first!);
  else await store.run(addEvents, { rows: newEvents.json(events), again: comesAgain ? 1 : 0 });
}
