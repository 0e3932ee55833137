import {
  DefaultQueryExecutor,
  type Dialect,
  type DialectAdapter,
  type IsolationLevel,
  Kysely,
  type KyselyProps,
  type QueryCompiler,
} from 'kysely';
import { checkOptions } from '../base/check-options.ts';
import { CortadoError } from '../base/error.ts';
import type { Logger } from '../base/logger.ts';
import { currentFrame, keepInFrame, keptInFrame } from '../concurrency/frame.ts';
import type { Context } from '../declare/context.ts';
import { type Dependency, dependency } from '../declare/dependency.ts';
import type { Component, ComponentParts, Host } from '../inject/component.ts';
import { currentScope } from '../inject/scope.ts';
import { type DatabaseLocation, parseDatabaseUrl } from './database-url.ts';
import type { Decode, Engine, Unit, UnitOptions } from './engine.ts';
import { fillingCompiler } from './fill-in.ts';
import { makeEngine, type PoolOptions } from './make-engine.ts';
import { decodersOf, type ModelDefinition } from './model/definition.ts';
import type { AnyTables, ModelHome } from './model/home.ts';
import type { AnyModel, Tables } from './model/model.ts';
import { createTables } from './schema/create-tables.ts';
import { Session } from './session.ts';
import { UnitDriver } from './unit-driver.ts';

/** Options of {@link database}. */
export interface DatabaseOptions<Models extends Readonly<Record<string, AnyModel>>> {
  /** `sqlite:app.db`, `sqlite::memory:` or `postgres://user:password@host/name`. */
  readonly url: string;
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
  /** Ends waiting for the database. Default: the signal of the request or task around. */
  readonly signal?: AbortSignal;
}

/** Options of `app.use(db, …)`. */
export interface DatabaseUse {
  /** Makes the tables of the models that are not there yet, at start. Default `false`. */
  readonly createSchema?: boolean;
}

/** A database: dependencies for handlers and tasks, a Kysely for everything else, and something that an app can use. */
export interface Database<DB> extends Component<DatabaseUse | undefined>, AsyncDisposable {
  readonly kind: 'sqlite' | 'postgres';
  /**
   * A transaction per request or task run, for handlers that write: begun at the first statement that may write, committed before the
   * answer is sent, rolled back when anything throws, the client leaves or time runs out.
   */
  readonly session: Dependency<Session<DB>>;
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
  /**
   * SQLite: calls `listener` when the database was changed by anybody, this process included; checked in a thread.
   *
   * @throws CortadoError `CORTADO_OPTION_INVALID` on PostgreSQL, which has `listen`.
   */
  watchChanges(listener: () => void, options?: WatchOptions): Disposable;
  /**
   * PostgreSQL: calls `listener` with the payload of every `NOTIFY` on a channel; and with `undefined` when something may have been
   * missed, since listening has just begun or the connection was lost and made again.
   *
   * @throws CortadoError `CORTADO_OPTION_INVALID` on SQLite, which has `watchChanges`.
   */
  listen(channel: string, listener: (payload: string | undefined) => void): Disposable;
  /** Where it is, with its password: for parts of Cortado that need a connection of their own. */
  readonly '~location': DatabaseLocation;
}

/** Options of `db.watchChanges`. */
export interface WatchOptions {
  /** Milliseconds between two checks. Default 100. */
  readonly interval?: number;
}

const known = ['url', 'models', 'pool', 'busyTimeout', 'synchronous', 'prepare'] as const;

/**
 * Declares a database by its URL; nothing is opened before the app starts or the first statement is sent. SQLite runs in threads, so no
 * query holds up the loop.
 *
 * @throws CortadoError `CORTADO_DB_URL` for a URL that cannot be understood, `CORTADO_OPTION_UNKNOWN`.
 * @example
 * ```ts
 * export const db = database({ url: process.env.DATABASE_URL ?? 'sqlite:app.db', models: { User } });
 * app.use(db, { createSchema: true });
 * app.get('/users/{id}', { params: { id: z.int(), session: db.session }, response: User.schema }, ({ id, session }) =>
 *   session.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirstOrThrow());
 * ```
 */
export function database<const Models extends Readonly<Record<string, AnyModel>> = Record<never, never>>(
  options: DatabaseOptions<Models>,
): Database<Tables<Models>> {
  checkOptions('database()', options, known);
  return new ModelDatabase<Tables<Models>>(options);
}

class ModelDatabase<DB> implements Database<DB>, ModelHome {
  readonly '~location': DatabaseLocation;
  readonly session: Dependency<Session<DB>>;
  readonly read: Dependency<Kysely<DB>>;
  readonly kysely: Kysely<DB>;
  readonly #definitions: readonly ModelDefinition[];
  readonly #engine: Engine;
  readonly #sessions = new WeakMap<object, Session<DB>>();
  readonly #driver: UnitDriver;
  readonly #compiler: QueryCompiler;
  readonly #adapter: DialectAdapter;
  readonly #dialect: Dialect;
  readonly #readKysely: Kysely<DB>;
  #uses = 0;
  #isOpen = false;
  #log: Logger | undefined;

  constructor(options: DatabaseOptions<Readonly<Record<string, AnyModel>>>) {
    const location = parseDatabaseUrl(options.url);
    this['~location'] = location;
    this.#definitions = Object.values(options.models ?? {}).map(({ definition }) => definition);
    const decoders = new Map<string, ReadonlyMap<string, Decode>>();
    for (const definition of this.#definitions) decoders.set(definition.table, decodersOf(definition, location.kind));
    this.#engine = makeEngine(location, options, { decoders, around: () => this.current()?.['~unit'] });
    for (const definition of this.#definitions) definition.home = this;
    const byTable = new Map(this.#definitions.map((definition) => [definition.table, definition]));
    this.#compiler = fillingCompiler(this.#engine.dialect.createQueryCompiler(), byTable);
    this.#adapter = this.#engine.dialect.createAdapter();
    this.#driver = new UnitDriver({
      acquire: () => Promise.reject(new Error('a session has its own unit')),
      nested: true,
    });
    this.#dialect = {
      createDriver: () => this.#driver,
      createQueryCompiler: () => this.#compiler,
      createAdapter: () => this.#adapter,
      createIntrospector: (db) => this.#engine.dialect.createIntrospector(db),
    };
    this.kysely = this.#plainKysely('autocommit');
    this.#readKysely = this.#plainKysely('read');
    this.session = this.#sessionDependency();
    const reader = this.#readKysely;
    this.read = dependency(function read() {
      return reader;
    });
  }

  get kind(): 'sqlite' | 'postgres' {
    return this.#engine.kind;
  }

  get label(): string {
    return this.#engine.label;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  current(): Session<DB> | undefined {
    const kept = keptInFrame(this) as Session<DB> | undefined;
    if (kept !== undefined) return kept;
    const scope = currentScope();
    return scope === undefined ? undefined : this.#sessions.get(scope);
  }

  async transaction<T>(fn: (session: Session<DB>) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    checkOptions('db.transaction()', options, ['isolation', 'readOnly', 'signal']);
    const around = this.current();
    if (around !== undefined) {
      if (options.isolation !== undefined || options.readOnly !== undefined)
        throw new CortadoError(
          'CORTADO_DB_TRANSACTION',
          'db.transaction(): isolation and readOnly belong to the outermost transaction; this one is a savepoint of it.',
        );
      return around.savepoint(fn);
    }
    const frame = currentFrame();
    return this.#run(fn, {
      mode: options.isolation === undefined ? 'lazy' : 'eager',
      isolation: options.isolation,
      readOnly: options.readOnly,
      signal: () => options.signal ?? frame?.signal,
    });
  }

  async open(): Promise<void> {
    for (const definition of this.#definitions) definition.home = this;
    await this.#engine.open();
    this.#isOpen = true;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#engine.close();
  }

  async createSchema(): Promise<void> {
    await createTables(this.kysely as never, this.#definitions, this.kind);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  '~component'(host: Host, options: DatabaseUse = {}): ComponentParts {
    checkOptions('app.use(db)', options, ['createSchema']);
    return {
      name: `database ${this.label}`,
      start: async () => {
        this.#log = host.log;
        await this.open();
        this.#uses++;
        if (options.createSchema === true) await this.createSchema();
      },
      // An app's database may be that of another app too, in tests for example.
      stop: async () => {
        if (--this.#uses === 0) await this.close();
      },
      gauges: () => [
        {
          name: 'db_waiting',
          help: 'Statements and sessions that wait for the database.',
          value: this.#engine.waiting,
        },
      ],
    };
  }

  watchChanges(listener: () => void, options: WatchOptions = {}): Disposable {
    checkOptions('db.watchChanges()', options, ['interval']);
    const { interval = 100 } = options;
    if (!(Number.isSafeInteger(interval) && interval >= 1))
      throw new CortadoError(
        'CORTADO_OPTION_INVALID',
        'db.watchChanges(): interval must be a whole number of milliseconds from 1.',
      );
    if (this.#engine.watchChanges === undefined)
      throw new CortadoError('CORTADO_OPTION_INVALID', 'db.watchChanges() is for SQLite; PostgreSQL has db.listen().');
    return this.#engine.watchChanges(listener, interval);
  }

  listen(channel: string, listener: (payload: string | undefined) => void): Disposable {
    if (this.#engine.listen === undefined)
      throw new CortadoError('CORTADO_OPTION_INVALID', 'db.listen() is for PostgreSQL; SQLite has db.watchChanges().');
    return this.#engine.listen(channel, listener);
  }

  kyselyHere(): Kysely<AnyTables> | Promise<Kysely<AnyTables>> {
    const session = this.current();
    if (session !== undefined) return session as unknown as Kysely<AnyTables>;
    const scope = currentScope();
    if (scope === undefined) return this.kysely as unknown as Kysely<AnyTables>;
    return scope.get(this.session) as Promise<unknown> as Promise<Kysely<AnyTables>>;
  }

  async #run<T>(fn: (session: Session<DB>) => Promise<T>, options: UnitOptions): Promise<T> {
    const session = this.#openSession(options);
    let result: T;
    try {
      result = await this.#within(session, () => fn(session));
    } catch (error) {
      await session['~rollback']();
      throw error;
    }
    await session['~commit']();
    return result;
  }

  #within<T>(session: object, fn: () => Promise<T>): Promise<T> {
    return keepInFrame(this, session, fn);
  }

  #sessionDependency(): Dependency<Session<DB>> {
    const open = (context: Context): Session<DB> => this.#openRequestSession(context);
    return dependency(async function* session(_: Record<never, never>, context: Context) {
      const made = open(context);
      try {
        yield made;
      } catch (error) {
        await made['~rollback']();
        throw error;
      }
      await made['~commit']();
    });
  }

  #openRequestSession(context: Context): Session<DB> {
    const session = this.#openSession({ mode: 'lazy', signal: () => context.signal });
    const scope = currentScope();
    if (scope !== undefined) this.#sessions.set(scope, session);
    return session;
  }

  #openSession(options: UnitOptions): Session<DB> {
    const unit = this.#engine.unit(options);
    return new Session<DB>({
      props: this.#props(unit),
      unit,
      within: (session, fn) => this.#within(session, fn),
      onError: (error) => this.#report(error),
    });
  }

  #plainKysely(mode: 'autocommit' | 'read'): Kysely<DB> {
    const acquire = async (): Promise<Unit> => this.#engine.unit({ mode });
    return new Kysely<DB>({
      dialect: { ...this.#dialect, createDriver: () => new UnitDriver({ acquire, nested: false }) },
    });
  }

  #props(unit: Unit): KyselyProps {
    const provider = { provideConnection: <T>(consumer: (connection: Unit) => Promise<T>) => consumer(unit) };
    const executor = new DefaultQueryExecutor(this.#compiler, this.#adapter, provider as never, []);
    return { config: { dialect: this.#dialect }, dialect: this.#dialect, driver: this.#driver, executor };
  }

  #report(error: unknown): void {
    const err = error instanceof Error ? error : new Error(String(error));
    if (this.#log === undefined) process.emitWarning(err);
    else this.#log.error({ err }, 'what was to run after a commit failed');
  }
}
