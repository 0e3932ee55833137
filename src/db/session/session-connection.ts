import type { CompiledQuery, DatabaseConnection, Driver, QueryResult, TransactionSettings } from 'kysely';
import type { Unit } from '../engine/database-engine.ts';
import { DatabaseError, sessionEnded } from '../engine/db-error.ts';
import { savepointCommands } from '../engine/savepoint-commands.ts';
import { isUndone, type Savepoint, type Savepoints } from './savepoints.ts';

/** What Kysely takes for the connection of a session: its unit, and the savepoint that statements sent here belong to. */
export class SessionConnection implements DatabaseConnection {
  readonly unit: Unit;
  readonly savepoints: Savepoints;
  /** Where it is not known, the frame of the code that sends a statement tells. */
  savepoint: Savepoint | undefined;

  constructor(unit: Unit, savepoints: Savepoints, savepoint?: Savepoint) {
    this.unit = unit;
    this.savepoints = savepoints;
    this.savepoint = savepoint;
  }

  /** One that stands for the same place, for whoever may begin a transaction on it. */
  another(): SessionConnection {
    return new SessionConnection(this.unit, this.savepoints, this.savepoint);
  }

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.savepoints.areNone) return this.unit.executeQuery<R>(query);
    return this.#inTurn(this.savepoint ?? this.savepoints.frame, () => this.unit.executeQuery<R>(query));
  }

  async *streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncGenerator<QueryResult<R>> {
    const at = this.savepoint ?? this.savepoints.frame;
    const isGone = (): boolean => isUndone(at);
    const rows = this.unit.streamQuery<R>(query, chunkSize, { isGone })[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { done, value } = await this.#inTurn(at, () => rows.next());
        if (done === true) return;
        yield value;
      }
    } finally {
      await (isGone() ? rows.return?.() : this.#inTurn(at, async () => rows.return?.()));
    }
  }

  #inTurn<T>(at: Savepoint, send: () => Promise<T>): Promise<T> {
    if (this.savepoints.areNone) return send();
    if (this.savepoint !== undefined && this.savepoint.state !== 'open') return Promise.reject(sessionEnded());
    return this.savepoints.whenInnermost(at, send);
  }
}

/** Kysely's `startTransaction()` and `connection().transaction()` inside of a session: savepoints. */
export const sessionDriver: Driver = {
  init: async () => {},
  acquireConnection: () => Promise.reject(new Error('A session has a connection of its own.')),
  beginTransaction: async (connection, settings) => {
    refuseSettings(settings);
    const one = connection as SessionConnection;
    one.savepoint = await one.savepoints.open(one.savepoint ?? one.savepoints.frame, false);
  },
  commitTransaction: (connection) => end(connection, 'release'),
  rollbackTransaction: (connection) => end(connection, 'undo'),
  ...savepointCommands,
  releaseConnection: async () => {},
  destroy: async () => {},
};

async function end(connection: DatabaseConnection, how: 'release' | 'undo'): Promise<void> {
  const one = connection as SessionConnection;
  const { savepoint } = one;
  one.savepoint = undefined;
  if (savepoint !== undefined) await one.savepoints[how](savepoint);
}

function refuseSettings({ isolationLevel, accessMode }: TransactionSettings): void {
  if (isolationLevel === undefined && accessMode === undefined) return;
  throw new DatabaseError(
    'CORTADO_DB_TRANSACTION',
    'Isolation and access mode belong to the outermost transaction, and inside of a session one is a savepoint: use db.sessionWith({ isolation, readOnly }).',
  );
}
