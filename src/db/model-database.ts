import type { Kysely } from 'kysely';
import { checkOptions } from '../base/check-options.ts';
import { CortadoError, invalidOption } from '../base/error.ts';
import type { Logger } from '../base/logger.ts';
import { currentFrame, keepInFrame, keptInFrame } from '../concurrency/frame.ts';
import type { Context } from '../declare/context.ts';
import { type Dependency, dependency } from '../declare/dependency.ts';
import type { ComponentParts, Gauge, Host } from '../inject/component.ts';
import { currentScope } from '../inject/scope.ts';
import type {
  Database,
  DatabaseOptions,
  DatabaseUse,
  SessionOptions,
  TransactionOptions,
  WatchOptions,
} from './database-contract.ts';
import type { DatabaseEngine, UnitOptions } from './engine/database-engine.ts';
import { type DatabaseLocation, parseDatabaseUrl } from './engine/database-url.ts';
import { KyselyMaker } from './kysely/kysely-maker.ts';
import { defaultTimeout, makeEngine } from './make-engine.ts';
import { allDecoders, definitionsOf } from './model/definitions-of.ts';
import type { AnyModel } from './model/model.ts';
import type { ModelDefinition } from './model/table/definition.ts';
import type { AnyTables, DatabaseKind, ModelHome } from './model/table/home.ts';
import { retrying } from './retrying.ts';
import { createTables } from './schema/create-tables.ts';
import { describeDifference, findDrift } from './schema/drift.ts';
import { Migrations } from './schema/migrations.ts';
import { Savepoints } from './session/savepoints.ts';
import { Session } from './session/session.ts';

/** A database and the models in it: what `database()` makes. */
export class ModelDatabase<DB> implements Database<DB>, ModelHome {
  readonly kind: DatabaseKind;
  readonly label: string;
  readonly '~name': string;
  readonly '~location': DatabaseLocation;
  '~declaredFolder': string | URL | undefined;
  readonly session: Dependency<Session<DB>>;
  readonly read: Dependency<Kysely<DB>>;
  readonly kysely: Kysely<DB>;
  readonly #definitions: readonly ModelDefinition[];
  readonly #engine: DatabaseEngine;
  readonly #kyselies: KyselyMaker;
  readonly #timeout: number;
  isOpen = false;
  #uses = 0;
  #log: Logger | undefined;

  constructor(options: DatabaseOptions<Readonly<Record<string, AnyModel>>>) {
    const location = parseDatabaseUrl(options.url);
    this['~location'] = location;
    this.kind = location.kind;
    this.label = location.label;
    this['~name'] = options.name ?? location.label;
    this.#definitions = definitionsOf(options.models ?? {});
    const decoders = allDecoders(this.#definitions, location.kind);
    this.#engine = makeEngine(location, options, { decoders, isAround: (unit) => this.#isAround(unit) });
    this.#timeout = options.pool?.timeout ?? defaultTimeout;
    for (const definition of this.#definitions) definition.home = this;
    this.#kyselies = new KyselyMaker(this.#engine, this.#definitions);
    this.kysely = this.#kyselies.plain<DB>('autocommit');
    const reader = this.#kyselies.plain<DB>('read');
    this.read = dependency(function read() {
      return reader;
    });
    this.session = this.#sessionOf({}, true);
  }

  get '~problem'(): string | undefined {
    return this.#engine.problem;
  }

  '~check'(): Promise<void> {
    return this.#engine.check();
  }

  current(): Session<DB> | undefined {
    const kept = keptInFrame(this) as Session<DB> | undefined;
    if (kept !== undefined) return kept;
    const scope = currentScope();
    if (scope === undefined) return undefined;
    const slot = scope.plan.slotOf.get(this.session);
    return (slot === undefined ? scope.kept?.get(this) : scope.values[slot]) as Session<DB> | undefined;
  }

  sessionWith(options: SessionOptions): Dependency<Session<DB>> {
    checkOptions('db.sessionWith()', options, ['isolation', 'readOnly']);
    return this.#sessionOf(options, false);
  }

  async transaction<T>(fn: (session: Session<DB>) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    checkOptions('db.transaction()', options, ['isolation', 'readOnly', 'retries', 'signal']);
    const around = this.current();
    if (around !== undefined) {
      refuseSettings(options);
      return around.savepoint(fn);
    }
    const signal = options.signal ?? currentFrame();
    const settings = {
      ...unitOptions(options),
      signal: () => (signal instanceof AbortSignal ? signal : signal?.signal),
    };
    return retrying(options.retries ?? 0, settings.signal, () => this.#run(fn, settings));
  }

  async open(): Promise<void> {
    for (const definition of this.#definitions) definition.home = this;
    await this.#engine.open();
    this.isOpen = true;
  }

  async close(): Promise<void> {
    this.isOpen = false;
    await this.#engine.close();
  }

  async createSchema(): Promise<void> {
    await createTables(this.kysely as never, this.#definitions, this.kind);
  }

  async drift(): Promise<string[]> {
    return (await findDrift(this.kysely as never, this.#definitions, this.kind)).map(describeDifference);
  }

  migrations(folder: string | URL): Migrations {
    return new Migrations({ kind: this.kind, kysely: this.kysely as never, definitions: this.#definitions }, folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  '~component'(host: Host, options: DatabaseUse = {}): ComponentParts {
    checkOptions('app.use(db)', options, ['createSchema', 'migrations', 'drift']);
    this['~declaredFolder'] = options.migrations ?? this['~declaredFolder'];
    return {
      name: `database ${this['~name']}`,
      self: this,
      start: async () => {
        this.#log = host.log;
        this.#uses++;
        try {
          await this.open();
          await this.#prepareTables(options);
        } catch (error) {
          await this.#letGo();
          throw error;
        }
      },
      // An app's database may be that of another app too, in tests for example.
      stop: (signal) => this.#letGo(signal),
      notReady: () => this.#engine.problem,
      check: () => this.#engine.check(),
      gauges: () => this.#gauges(),
    };
  }

  watchChanges(listener: () => void, options: WatchOptions = {}): Disposable {
    checkOptions('db.watchChanges()', options, ['interval']);
    const { interval = 100 } = options;
    if (!(Number.isSafeInteger(interval) && interval >= 1))
      throw invalidOption('db.watchChanges(): interval must be a whole number of milliseconds from 1.');
    if (this.#engine.watchChanges === undefined)
      throw invalidOption('db.watchChanges() is for SQLite; PostgreSQL has db.listen().');
    return this.#engine.watchChanges(listener, interval);
  }

  listen(channel: string, listener: (payload: string | undefined) => void): Disposable {
    if (this.#engine.listen === undefined)
      throw invalidOption('db.listen() is for PostgreSQL; SQLite has db.watchChanges().');
    return this.#engine.listen(channel, listener);
  }

  kyselyHere(): Kysely<AnyTables> | Promise<Kysely<AnyTables>> {
    const session = this.current();
    if (session !== undefined) return session as unknown as Kysely<AnyTables>;
    const scope = currentScope();
    if (scope === undefined) return this.kysely as unknown as Kysely<AnyTables>;
    return scope.get(this.session) as Promise<unknown> as Promise<Kysely<AnyTables>>;
  }

  async failed(error: unknown): Promise<never> {
    let here = this.kyselyHere();
    // What fails beside a session must be noted before that can end.
    if (here instanceof Promise) here = await here.catch(() => this.kysely as unknown as Kysely<AnyTables>);
    if (here instanceof Session) here['~unit'].noteFailure(error);
    throw error;
  }

  async #prepareTables({ createSchema, migrations, drift = 'warn' }: DatabaseUse): Promise<void> {
    if (migrations !== undefined) await this.migrations(migrations).latest();
    if (createSchema === true) await this.createSchema();
    if (drift === 'ignore' || this.#definitions.length === 0) return;
    const differences = await this.drift();
    if (differences.length === 0) return;
    const message = `The tables of ${this.label} are not what the models say: ${differences.join('; ')}.`;
    if (drift === 'throw') throw new CortadoError('CORTADO_DB_DRIFT', message);
    this.#log?.warn({ differences }, message);
  }

  #gauges(): Gauge[] {
    const { waiting, inUse, limit } = this.#engine;
    const labels = { database: this['~name'] };
    const help = 'Statements and sessions that wait for the database.';
    return [
      { name: 'cortado_db_waiting', help, value: waiting, labels },
      { name: 'cortado_db_in_use', help: 'Connections, or threads of SQLite, that work.', value: inUse, labels },
      { name: 'cortado_db_limit', help: 'Most connections, or threads of SQLite.', value: limit, labels },
    ];
  }

  async #letGo(signal?: AbortSignal): Promise<void> {
    if (--this.#uses > 0) return;
    this.isOpen = false;
    await this.#engine.close(signal);
  }

  async #run<T>(fn: (session: Session<DB>) => Promise<T>, options: UnitOptions): Promise<T> {
    const session = this.#openSession(options);
    let result: T;
    try {
      result = await keepInFrame(this, session, () => fn(session));
    } catch (error) {
      await session['~close'](error, true);
      throw error;
    }
    await session['~close'](undefined, false);
    return result;
  }

  #sessionOf(options: SessionOptions, isMain: boolean): Dependency<Session<DB>> {
    const open = (context: Context): Session<DB> => this.#openRequestSession(context, options, isMain);
    const session = dependency(function session(_: Record<never, never>, context: Context) {
      return open(context);
    });
    return { ...session, holds: 'a transaction' };
  }

  #openRequestSession(context: Context, options: SessionOptions, isMain: boolean): Session<DB> {
    const session = this.#openSession({ ...unitOptions(options), signal: () => context.signal });
    const scope = currentScope();
    if (scope === undefined) return session;
    // `db.session` is found in the plan where that has it. Not a WeakMap by scope: a key per request keeps the garbage collector busy.
    const isPlanned = scope.plan.slotOf.has(this.session);
    if (isMain && isPlanned) return session;
    scope.kept ??= new Map();
    session['~before'] = scope.kept.get(this.#engine) as Session<DB> | undefined;
    scope.kept.set(this.#engine, session);
    if (!isPlanned) {
      session['~isForModel'] = true;
      scope.kept.set(this, session);
    }
    return session;
  }

  // All sessions of a request stay open to its end, so one that waited for another would wait for ever.
  #isAround(unit: object): boolean {
    if (this.current()?.['~unit'] === unit) return true;
    let session = currentScope()?.kept?.get(this.#engine) as Session<DB> | undefined;
    for (; session !== undefined; session = session['~before']) if (session['~unit'] === unit) return true;
    return false;
  }

  #openSession(options: UnitOptions): Session<DB> {
    const unit = this.#engine.unit(options);
    return new Session<DB>({
      propsOf: (connection) => this.#kyselies.props(connection),
      unit,
      savepoints: new Savepoints({ unit, timeout: this.#timeout, signal: options.signal }),
      within: (session, fn) => keepInFrame(this, session, fn),
      onError: (error) => this.#report(error),
    });
  }

  #report(error: unknown): void {
    const err = error instanceof Error ? error : new Error(String(error));
    if (this.#log === undefined) process.emitWarning(err);
    else this.#log.error({ err }, 'what was to run after a commit failed');
  }
}

// A level of isolation covers reads too, so its transaction begins with the first statement.
function unitOptions({ isolation, readOnly }: SessionOptions): UnitOptions {
  return { mode: isolation === undefined ? 'lazy' : 'eager', isolation, readOnly };
}

function refuseSettings({ isolation, readOnly, retries }: TransactionOptions): void {
  if (isolation === undefined && readOnly === undefined && retries === undefined) return;
  throw new CortadoError(
    'CORTADO_DB_TRANSACTION',
    'db.transaction(): isolation, readOnly and retries belong to the outermost transaction; this one is a savepoint of it.',
  );
}
