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
import { CortadoError } from '../../base/error.ts';
import { currentFrame } from '../../concurrency/frame.ts';
import type { DatabaseEngine, Unit } from '../engine/database-engine.ts';
import type { Column } from '../model/table/column-type.ts';
import type { ModelDefinition } from '../model/table/definition.ts';
import { type SessionConnection, sessionDriver } from '../session/session-connection.ts';
import { filledIn } from './fill-in.ts';
import { comparingMoments } from './kysely-moments.ts';
import { unitDriver } from './unit-driver.ts';

/** A Kysely that lives as long as its database: no request that it is injected into ends it. */
class OpenKysely<DB> extends Kysely<DB> {
  '~close'(): undefined {}

  override async destroy(): Promise<void> {
    throw new CortadoError('CORTADO_LIFECYCLE', 'This Kysely belongs to a database; close that with db.close().');
  }
}

/** Runs the statements of a session; Kysely's own makes three promises more for each, which only its plugins and signals need. */
class SessionExecutor extends DefaultQueryExecutor {
  readonly #connection: SessionConnection;

  constructor(compiler: QueryCompiler, adapter: DialectAdapter, connection: SessionConnection) {
    super(compiler, adapter, { provideConnection: (consumer) => consumer(connection.another()) }, []);
    this.#connection = connection;
  }

  override executeQuery<R>(query: CompiledQuery, options?: AbortableQueryOptions): Promise<QueryResult<R>> {
    return options?.signal === undefined
      ? this.#connection.executeQuery<R>(query)
      : super.executeQuery<R>(query, options);
  }
}

const isMoment = ({ kind }: Column): boolean => kind === 'date';

/** Makes Kyselies over the units of an engine; what they share is made once, so that one per request is made of little. */
export class KyselyMaker {
  readonly #engine: DatabaseEngine;
  readonly #compiler: QueryCompiler;
  readonly #adapter: DialectAdapter;
  readonly #dialect: Dialect;

  constructor(engine: DatabaseEngine, definitions: readonly ModelDefinition[]) {
    this.#engine = engine;
    const byTable = new Map(definitions.map((definition) => [definition.table, definition]));
    const compiler = engine.dialect.createQueryCompiler();
    const hasMoments = engine.kind === 'sqlite' && definitions.some(({ columns }) => columns.some(isMoment));
    this.#compiler = {
      compileQuery: (node, queryId) => {
        const filled = filledIn(node, byTable);
        return compiler.compileQuery(hasMoments ? comparingMoments(filled, byTable) : filled, queryId);
      },
    };
    this.#adapter = engine.dialect.createAdapter();
    this.#dialect = {
      createDriver: () => sessionDriver,
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
    return new OpenKysely<DB>({ dialect: { ...this.#dialect, createDriver: () => unitDriver(acquire) } });
  }

  /** What a Kysely of a session is made of. */
  props(connection: SessionConnection): KyselyProps {
    const executor = new SessionExecutor(this.#compiler, this.#adapter, connection);
    return { config: { dialect: this.#dialect }, dialect: this.#dialect, driver: sessionDriver, executor };
  }
}
