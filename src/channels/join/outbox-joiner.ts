import { CortadoError } from '../../base/error.ts';
import type { Logger } from '../../base/logger.ts';
import type { Database } from '../../db/database-contract.ts';
import type { Session } from '../../db/session/session.ts';
import { bringUpToDate } from '../../db/store/schema-version.ts';
import { type OutboxRows, OutboxTable } from '../../outbox/outbox-table.ts';
import { relay } from '../../outbox/relay.ts';
import type { NewEvent, OpenChannels } from '../contract/engine.ts';
import type { Joiner } from './joiner.ts';

// Not the table of tasks: a program of the version before would take events for tasks there.
const table = 'cortado_channel_outbox';

const rows: OutboxRows<NewEvent> = {
  table,
  column: 'event',
  make: (store) =>
    bringUpToDate(store, {
      versionTable: 'cortado_channel_outbox_schema',
      steps: [
        ({ serial }) => [
          `create table ${table} (seq ${serial}, id text not null unique, event text not null, error text)`,
        ],
      ],
      tooNew: (found) =>
        new CortadoError(
          'CORTADO_CHANNEL_SCHEMA',
          `The outbox of channels in ${store.database['~location'].label} is of version ${found}, made by a later Cortado. Update it here as well, or give these channels another database.`,
        ),
    }),
  idOf: ({ id }) => id,
  write: (event) => JSON.stringify(event),
  read: (text) => JSON.parse(text) as NewEvent,
};

/** Joins transactions of a database that is not the engine's: an event is a row there first, and is handed on after the commit. */
export async function outboxJoiner(engine: OpenChannels, database: Database<unknown>, log: Logger): Promise<Joiner> {
  await database.open();
  const outbox = new OutboxTable(database, rows);
  await outbox.make();
  const { work, close } = relay({
    table: outbox,
    log,
    what: 'published events',
    handOn: (events) => engine.publish(events.map((event) => ({ ...event, again: true }))),
    isAway: (error) =>
      error instanceof CortadoError && ['CORTADO_CHANNEL_UNREACHABLE', 'CORTADO_DB_UNREACHABLE'].includes(error.code),
    problemsOf: () => undefined,
    refused: (event, error) => {
      log.error(
        { err: error, event_id: event.id, channel: event.channel },
        'the engine refused an event of the outbox',
      );
      return JSON.stringify({ name: error.name, code: error.code, message: error.message });
    },
  });
  return {
    current: () => database.current(),
    async publish(events, transaction) {
      const session = transaction as Session<unknown>;
      await outbox.insert(events, session);
      session.afterCommit(work);
    },
    close,
  };
}
