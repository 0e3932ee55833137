import { Kysely, type KyselyProps, Transaction, TransactionBuilder } from 'kysely';
import { CortadoError } from '../../base/error.ts';
import { runOutsideFrames } from '../../concurrency/frame.ts';
import type { Unit } from '../engine/database-engine.ts';
import { notHeard, queryNotAwaited, sessionEnded, transactionGone } from '../engine/db-error.ts';
import type { UnheardFailures } from '../engine/unheard-failures.ts';
import { isUndone, type Savepoint, type Savepoints } from './savepoints.ts';
import { SessionConnection } from './session-connection.ts';

/** What a session shares with the database that it belongs to. */
export interface SessionParts {
  readonly propsOf: (connection: SessionConnection) => KyselyProps;
  readonly unit: Unit;
  readonly savepoints: Savepoints;
  /** Runs `fn` so that models inside use `session`. */
  readonly within: <T>(session: object, fn: () => Promise<T>) => Promise<T>;
  /** Told about what `afterCommit` could not do. */
  readonly onError: (error: unknown) => void;
}

/** A statement that is sent last, once for all values of a transaction. */
export interface LastStatement<T> {
  readonly send: (session: Session<unknown>, values: readonly T[]) => Promise<void>;
}

/**
 * A Kysely whose statements are one transaction: `db.session` in a request or task, the argument of `db.transaction`. It begins with the
 * first statement that may write, is committed when the work has gone well (in a request before the response is sent), and rolled back
 * when it has not.
 *
 * @example
 * ```ts
 * app.post('/orders', { params: { order: Order.createSchema, session: db.session } }, async ({ order, session }) => {
 *   session.afterCommit(() => announce(order));
 *   return session.insertInto('orders').values(order).returningAll().executeTakeFirstOrThrow();
 * });
 * ```
 */
export class Session<DB> extends Kysely<DB> {
  /** Whether it was opened for a statement of a model. */
  '~isForModel' = false;
  /** The one that the same request opened before it. */
  '~before': Session<DB> | undefined;
  readonly #parts: SessionParts;
  readonly #beforeCommit: (() => Promise<void>)[] = [];
  readonly #last = new Map<LastStatement<never>, { readonly value: unknown; readonly savepoint: Savepoint }[]>();
  #hasEnded = false;
  #afterCommit: { readonly fn: () => void; readonly savepoint: Savepoint }[] = [];

  constructor(parts: SessionParts) {
    super(parts.propsOf(new SessionConnection(parts.unit, parts.savepoints)));
    this.#parts = parts;
  }

  /** Whether a transaction has begun; a session that has only read may have none. */
  override get isTransaction(): boolean {
    return this.#parts.unit.isOpen;
  }

  /**
   * Runs `fn` so that what it writes can fail alone: when it throws, only its statements are undone. Two that run side by side take turns, and
   * so do statements of the session beside one.
   *
   * @throws what `fn` throws.
   * @example
   * ```ts
   * await session.savepoint(() => session.insertInto('tags').values({ name }).execute()).catch(() => {});
   * ```
   */
  async savepoint<T>(fn: (session: Session<DB>) => Promise<T>): Promise<T> {
    const { savepoints, within } = this.#parts;
    return savepoints.run(() => within(this, () => fn(this)));
  }

  /** Kysely's own transaction: a savepoint, in which models and `db.transaction` take part. */
  override transaction(): TransactionBuilder<DB> {
    const { propsOf, unit, savepoints, within } = this.#parts;
    // Its function runs where models find the savepoint.
    const execute = <T>(run: (transaction: Transaction<DB>) => Promise<T>): Promise<T> =>
      savepoints.run((savepoint) =>
        within(this, () => run(new Transaction<DB>(propsOf(new SessionConnection(unit, savepoints, savepoint))))),
      );
    return Object.assign(new TransactionBuilder<DB>(propsOf(new SessionConnection(unit, savepoints))), { execute });
  }

  /**
   * Calls `fn` once when the commit has succeeded: to send, wake or announce what others can see only then. Never after a rollback, that
   * of a savepoint around included.
   */
  afterCommit(fn: () => void): void {
    this.#afterCommit.push({ fn, savepoint: this.#parts.savepoints.here });
  }

  /** Calls `fn` right before the commit, if there is one: it may send statements, and what it throws rolls back. */
  '~beforeCommit'(fn: () => Promise<void>): void {
    this.#beforeCommit.push(fn);
  }

  /**
   * Lays a value aside for the very last statement before the commit, which takes a lock that others wait for. It vanishes with the savepoint
   * that it was laid aside in; one alone is enough for a transaction.
   */
  '~last'<T>(statement: LastStatement<T>, value: T): void {
    if (this.#hasEnded) throw sessionEnded();
    const held = this.#last.get(statement as LastStatement<never>) ?? [];
    this.#last.set(statement as LastStatement<never>, held);
    held.push({ value, savepoint: this.#parts.savepoints.here });
  }

  /** Whether something is laid aside for the end, so that there will be a commit. */
  get '~hasLast'(): boolean {
    return this.#last.size > 0;
  }

  override async destroy(): Promise<void> {
    throw new CortadoError('CORTADO_LIFECYCLE', 'A session ends by itself; close the database with db.close().');
  }

  /** Ends it, well or with a rollback. Called by what opened the session. */
  '~close'(_error: unknown, failed: boolean): Promise<void> | undefined {
    const { unit, savepoints } = this.#parts;
    this.#hasEnded = true;
    if (failed) return this.#undo();
    if (!savepoints.areNone) this.#checkSavepoints();
    if (unit.failures !== undefined) return this.#closeUnlessUnheard(unit.failures);
    if (this['~isForModel'] && !unit.isUsed && this.#last.size === 0) {
      void this.#undo();
      throw queryNotAwaited();
    }
    return this.#closeWell();
  }

  /** The unit underneath, by which the database tells whether code would wait for itself. */
  get '~unit'(): Unit {
    return this.#parts.unit;
  }

  /** What rows that are read or written by the running code share the fate of. */
  get '~fate'(): Savepoint {
    return this.#parts.savepoints.here;
  }

  #checkSavepoints(): void {
    const { isOpen, failure } = this.#parts.savepoints;
    if (!isOpen && failure === undefined) return;
    void this.#undo();
    throw failure === undefined
      ? queryNotAwaited(undefined, 'a transaction or savepoint inside of it')
      : transactionGone('A savepoint could not be undone, so nothing was committed.', undefined, failure.error);
  }

  #undo(): Promise<void> | undefined {
    this.#afterCommit = [];
    this.#parts.savepoints.undoAll();
    return this.#parts.unit.release();
  }

  #closeWell(): Promise<void> | undefined {
    const { unit } = this.#parts;
    return unit.isOpen || this.#last.size > 0 || this.#afterCommit.length > 0 ? this.#commit() : unit.release();
  }

  async #closeUnlessUnheard(failures: UnheardFailures): Promise<void> {
    const unheard = await failures.first();
    if (unheard === undefined) return this.#closeWell();
    await this.#undo();
    throw notHeard(unheard.error);
  }

  async #sendLast(): Promise<void> {
    for (const [statement, held] of this.#last) {
      const values = held.filter(({ savepoint }) => !isUndone(savepoint)).map(({ value }) => value);
      if (values.length > 0) await statement.send(this as Session<unknown>, values as never[]);
    }
  }

  async #commit(): Promise<void> {
    const { unit, savepoints } = this.#parts;
    try {
      for (const fn of this.#beforeCommit) await fn();
      if (this.#last.size > 0) await this.#sendLast();
      await unit.commit();
    } catch (error) {
      savepoints.undoAll();
      throw error;
    } finally {
      await unit.release();
    }
    for (const { fn, savepoint } of this.#afterCommit.splice(0)) {
      if (isUndone(savepoint)) continue;
      try {
        // What it starts is no part of the work that has just ended.
        runOutsideFrames(fn);
      } catch (error) {
        this.#parts.onError(error);
      }
    }
  }
}
