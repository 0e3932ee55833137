import {
  type AbortableQueryOptions,
  type CompiledQuery,
  DefaultQueryExecutor,
  type Dialect,
  type DialectAdapter,
  Kysely,
  type KyselyProps,
  type QueryCompiler,
  type QueryResult,
} from 'kysely';
import { CortadoError } from '../base/error.ts';
import { currentFrame } from '../concurrency/frame.ts';
import type { Engine, Unit } from './engine.ts';
import { fillingCompiler } from './fill-in.ts';
import type { ModelDefinition } from './model/definition.ts';
import { UnitDriver } from './unit-driver.ts';

/** A Kysely that lives as long as its database: no request that it is injected into ends it. */
class OpenKysely<DB> extends Kysely<DB> {
  '~close'(): undefined {}

  override async destroy(): Promise<void> {
    throw new CortadoError('CORTADO_LIFECYCLE', 'This Kysely belongs to a database; close that with db.close().');
  }
}

/** Runs statements on one unit; Kysely's own makes three promises more for each, which only its plugins and signals need. */
class UnitExecutor extends DefaultQueryExecutor {
  readonly #unit: Unit;

  constructor(compiler: QueryCompiler, adapter: DialectAdapter, unit: Unit) {
    super(compiler, adapter, { provideConnection: (consumer) => consumer(unit) }, []);
    this.#unit = unit;
  }

  override executeQuery<R>(query: CompiledQuery, options?: AbortableQueryOptions): Promise<QueryResult<R>> {
    return options?.signal === undefined ? this.#unit.executeQuery<R>(query) : super.executeQuery<R>(query, options);
  }
}

/** Makes Kyselies over the units of an engine; what they share is made once, so that one per request is made of little. */
export class KyselyMaker {
  readonly #engine: Engine;
  readonly #compiler: QueryCompiler;
  readonly #adapter: DialectAdapter;
  readonly #sessionDriver: UnitDriver;
  readonly #dialect: Dialect;

  constructor(engine: Engine, definitions: readonly ModelDefinition[]) {
    this.#engine = engine;
    const byTable = new Map(definitions.map((definition) => [definition.table, definition]));
    this.#compiler = fillingCompiler(engine.dialect.createQueryCompiler(), byTable);
    this.#adapter = engine.dialect.createAdapter();
    const acquire = (): Promise<Unit> => Promise.reject(new Error('A session has a unit of its own.'));
    this.#sessionDriver = new UnitDriver({ acquire, nested: true });
    this.#dialect = {
      createDriver: () => this.#sessionDriver,
      createQueryCompiler: () => this.#compiler,
      createAdapter: () => this.#adapter,
      createIntrospector: (db) => engine.dialect.createIntrospector(db),
    };
  }

  /** A Kysely that takes a unit per statement or `connection()`. */
  plain<DB>(mode: 'autocommit' | 'read'): Kysely<DB> {
    const acquire = async (): Promise<Unit> => {
      const frame = currentFrame();
      return this.#engine.unit({ mode, ...(frame !== undefined && { signal: () => frame.signal }) });
    };
    return new OpenKysely<DB>({
      dialect: { ...this.#dialect, createDriver: () => new UnitDriver({ acquire, nested: false }) },
    });
  }

  /** What a Kysely over one unit is made of. */
  props(unit: Unit): KyselyProps {
    const executor = new UnitExecutor(this.#compiler, this.#adapter, unit);
    return { config: { dialect: this.#dialect }, dialect: this.#dialect, driver: this.#sessionDriver, executor };
  }
}
