import type { IsolationLevel, Kysely } from 'kysely';
import type { Dependency } from '../declare/dependency.ts';
import type { Component } from '../inject/component.ts';
import type { DatabaseLocation } from './engine/database-url.ts';
import type { AnyModel } from './model/model.ts';
import type { Migrations } from './schema/migrations.ts';
import type { Session } from './session/session.ts';

/** What a database opens, and how long it lets others wait for it. */
export interface PoolOptions {
  /** PostgreSQL: connections. SQLite: threads that read, beside the one that writes. Default 10, or as many as there are cores, from 2 to 4. */
  readonly max?: number;
  /** Milliseconds that a request waits for a connection or its turn to write before it gets a 503. Default 10,000. */
  readonly timeout?: number;
}

/** Options of `database`. */
export interface DatabaseOptions<Models extends Readonly<Record<string, AnyModel>>> {
  /** `sqlite:app.db` (also `sqlite:///app.db`; absolute: `sqlite:/var/app.db`, `sqlite:////var/app.db`), `sqlite::memory:` or `postgres://user:password@host/name`. */
  readonly url: string;
  /** Its name in reports and metrics, to tell two in memory apart. Default: its URL without the password. */
  readonly name?: string;
  /** The models that live in it. Default: none. */
  readonly models?: Models;
  readonly pool?: PoolOptions;
  /** SQLite: milliseconds that a statement waits, in its thread, for a lock of another process. Default 5,000. */
  readonly busyTimeout?: number;
  /**
   * SQLite: what a commit waits for. `normal` (default) survives a crash of the process; `full` also that of the machine, at the price of
   * a disk flush per commit.
   */
  readonly synchronous?: 'normal' | 'full';
  /** PostgreSQL: prepares each statement once per connection. `false` for a pooler that does not keep them. Default `true`. */
  readonly prepare?: boolean;
}

/** Options of `db.transaction`. */
export interface TransactionOptions {
  /** How it sees others. Default: what the database does by itself. */
  readonly isolation?: IsolationLevel;
  /** Refuses statements that may write. Default `false`. */
  readonly readOnly?: boolean;
  /**
   * How many times it is run again, after a short pause, when it got in the way of another or the database stayed busy; `fn` must then
   * do nothing that a rollback does not undo. Default 0.
   */
  readonly retries?: number;
  /** Ends waiting for the database. Default: the signal of the request or task around. */
  readonly signal?: AbortSignal;
}

/** Options of `db.sessionWith`. */
export type SessionOptions = Pick<TransactionOptions, 'isolation' | 'readOnly'>;

/** Options of `app.use(db, …)`. */
export interface DatabaseUse {
  /** Makes the tables of the models that are not there yet, at start. Default `false`. */
  readonly createSchema?: boolean;
  /** Runs the migrations of this folder that have not been run, at start; processes that start together do so one after another. */
  readonly migrations?: string | URL;
  /** What to do at start when the tables are not what the models say: `warn` (default) in the log, `throw`, or `ignore`. */
  readonly drift?: 'warn' | 'throw' | 'ignore';
}

/** A database: dependencies for handlers and tasks, a Kysely for everything else, and something that an app can use. */
export interface Database<DB> extends Component<DatabaseUse | undefined>, AsyncDisposable {
  readonly kind: 'sqlite' | 'postgres';
  /**
   * A transaction per request or task run, for handlers that write: begun at the first statement that may write, committed before the
   * answer is sent, rolled back when anything throws, the client leaves or time runs out.
   */
  readonly session: Dependency<Session<DB>>;
  /** A session like `session` with settings of its own, for handlers that need a stricter isolation or only read. */
  sessionWith(options: SessionOptions): Dependency<Session<DB>>;
  /** Statements without a transaction, for handlers that only read. */
  readonly read: Dependency<Kysely<DB>>;
  /** Statements without a transaction, wherever there is no request. */
  readonly kysely: Kysely<DB>;
  /**
   * Runs `fn` in a transaction: committed when it returns, rolled back when it throws. Inside of a session it is a savepoint.
   *
   * @throws what `fn` throws; DatabaseError when the commit fails.
   */
  transaction<T>(fn: (session: Session<DB>) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** The session that the running code is inside of: that of `transaction`, else that of its request or task. */
  current(): Session<DB> | undefined;
  /** Opens it; `app.use` and the first statement do so too. @throws CortadoError `CORTADO_DB_UNREACHABLE`. */
  open(): Promise<void>;
  /** Finishes what runs and closes it. */
  close(): Promise<void>;
  /** Makes the tables of the models that are not there yet. */
  createSchema(): Promise<void>;
  /** In what the tables differ from the models, in words; empty when they agree. */
  drift(): Promise<string[]>;
  /** The migrations in a folder, to be listed, run and made. */
  migrations(folder: string | URL): Migrations;
  /**
   * SQLite: calls `listener` when the database was changed by anybody, this process included; checked in a thread. The first call comes
   * when the looking has begun (again, where its thread was lost), since what was changed before was not seen. What `listener` throws is a
   * warning of the process.
   *
   * @throws CortadoError `CORTADO_OPTION_INVALID` on PostgreSQL, which has `listen`.
   */
  watchChanges(listener: () => void, options?: WatchOptions): Disposable;
  /**
   * PostgreSQL: calls `listener` with the payload of every `NOTIFY` on a channel; and with `undefined` when something may have been
   * missed, since listening has just begun or the connection was lost and made again. What `listener` throws is a warning of the process.
   *
   * @throws CortadoError `CORTADO_OPTION_INVALID` on SQLite, which has `watchChanges`.
   */
  listen(channel: string, listener: (payload: string | undefined) => void): Disposable;
  /** The folder of migrations that the app which uses it has declared: for `cortado migrate`. */
  readonly '~declaredFolder': string | URL | undefined;
  /** Where it is, with its password: for parts of Cortado that need a connection of their own. */
  readonly '~location': DatabaseLocation;
  /** Its name in reports, by which commands tell the databases of an app apart. */
  readonly '~name': string;
  /** Why it cannot serve, where it is known that it cannot; and looks whether it can. */
  readonly '~problem': string | undefined;
  '~check'(): Promise<void>;
}

/** Options of `db.watchChanges`. */
export interface WatchOptions {
  /** Milliseconds between two checks. Default 100. */
  readonly interval?: number;
}
