import { CortadoError } from '../../../base/error.ts';
import type { Database } from '../../../db/database-contract.ts';
import type { Session } from '../../../db/session.ts';
import type { CancelResult, Engine, EngineHost, Enqueued, NewTask } from '../../contract/engine.ts';
import { PartialFailure } from '../../contract/partial-failure.ts';
import type { TaskRecord } from '../../contract/task-record.ts';
import { toTaskError } from '../../contract/to-task-error.ts';
import { OutboxTable } from './outbox-table.ts';

// What another process left behind is found within this many milliseconds.
const lookEvery = 2000;

/** An engine that wraps another one, which can be reached for what only that can do. */
export interface WrappingEngine extends Engine {
  readonly inner: Engine;
}

/**
 * Lets an engine at a broker join transactions of a database: a task that is enqueued inside of one is a row first, which commits or vanishes
 * with the rest; it is handed on after the commit, by whichever process comes first, and only once, since an id is accepted only once.
 *
 * @example
 * ```ts
 * const queue = new Queue({ engine: outbox(celery({ url: 'celery+redis://localhost' }), db) });
 * ```
 */
export function outbox(engine: Engine, database: Database<unknown>): Engine {
  const relay = new Relay(engine, database);
  return {
    ...methodsOf(engine),
    inner: engine,
    kind: engine.kind,
    label: engine.label,
    // The transaction is of another database than the end of a run.
    capabilities: { ...engine.capabilities, transactional: true, atomicEnd: false },
    open: (host) => relay.open(host),
    close: (signal) => relay.close(signal),
    get away() {
      return engine.away;
    },
    currentTransaction: () => database.current(),
    enqueue: (tasks, transaction) => relay.enqueue(tasks, transaction as Session<unknown> | undefined),
    get: (id) => relay.get(id),
    cancel: (id, reason) => relay.cancel(id, reason),
  } as WrappingEngine;
}

// The methods of a class are no properties of its instances, and those that an engine lacks must be lacking here as well.
function methodsOf(engine: Engine): Partial<Engine> {
  const found: Record<string, unknown> = {};
  // A getter is no method, and may ask for what is there only once the engine is open.
  for (const owner of [Object.getPrototypeOf(engine) as object, engine])
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(owner)))
      if (name !== 'constructor' && typeof value === 'function') found[name] = value.bind(engine);
  return found;
}

/** Hands the rows of an outbox on to an engine. */
class Relay {
  readonly #engine: Engine;
  readonly #database: Database<unknown>;
  readonly #table: OutboxTable;
  #host!: EngineHost;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #again = false;
  #isOpen = false;

  constructor(engine: Engine, database: Database<unknown>) {
    this.#engine = engine;
    this.#database = database;
    this.#table = new OutboxTable(database);
  }

  async open(host: EngineHost): Promise<void> {
    this.#host = host;
    await this.#database.open();
    await this.#table.make();
    await this.#engine.open(host);
    this.#isOpen = true;
    this.#relay();
  }

  async close(signal: AbortSignal): Promise<void> {
    this.#isOpen = false;
    clearTimeout(this.#timer);
    await this.#working;
    await this.#engine.close(signal);
  }

  async enqueue(tasks: readonly NewTask[], session: Session<unknown> | undefined): Promise<readonly Enqueued[]> {
    if (session === undefined) return this.#engine.enqueue(tasks);
    const keyed = tasks.find(({ unique }) => unique !== undefined);
    if (keyed !== undefined) {
      const message = `"${keyed.name}" is unique, which only the broker can tell, after the commit. Enqueue it after the transaction, or give it an id.`;
      throw new CortadoError('CORTADO_QUEUE_UNSUPPORTED', message, { status: 501 });
    }
    const created = await this.#table.insert(tasks, session);
    session.afterCommit(() => this.#relay());
    return tasks.map(({ id }, at) => ({ id, created: created[at]! }));
  }

  async get(id: string): Promise<TaskRecord | undefined> {
    // It may be handed on between the first two looks; the row goes only when the engine has it.
    return (await this.#engine.get(id)) ?? (await this.#table.get(id)) ?? (await this.#engine.get(id));
  }

  async cancel(id: string, reason: string): Promise<CancelResult> {
    const result = await this.#engine.cancel(id, reason);
    if (result !== undefined) return result;
    if ((await this.#table.get(id)) === undefined) return this.#engine.cancel(id, reason);
    // It is on its way: once it has arrived it can be cancelled like any other.
    await this.#handOn();
    return this.#engine.cancel(id, reason);
  }

  #relay(): void {
    if (!this.#isOpen) return;
    if (this.#working !== undefined) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#again = false;
    this.#working = this.#handOn().then(
      () => {},
      (error: unknown) =>
        this.#host.log.error({ err: error }, `enqueued tasks wait in the outbox; trying again in ${lookEvery} ms`),
    );
    void this.#working.then(() => {
      this.#working = undefined;
      if (!this.#isOpen) return;
      if (this.#again) return this.#relay();
      this.#timer = setTimeout(() => this.#relay(), lookEvery);
      this.#timer.unref();
    });
  }

  async #handOn(): Promise<void> {
    for (let rows = await this.#table.next(); rows.length > 0; rows = await this.#table.next()) {
      try {
        await this.#engine.enqueue(rows.map(({ task }) => task));
        await this.#table.delete(rows.map(({ seq }) => seq));
      } catch (error) {
        if (error instanceof PartialFailure) {
          await this.#table.delete(rows.filter((_, at) => error.problems[at] === undefined).map(({ seq }) => seq));
          throw error;
        }
        if (!(error instanceof CortadoError) || error.code === 'CORTADO_QUEUE_UNREACHABLE' || rows.length === 0)
          throw error;
        await this.#handOnSingly(rows);
      }
    }
  }

  // One that the engine refuses must not hold up the others.
  async #handOnSingly(rows: Awaited<ReturnType<OutboxTable['next']>>): Promise<void> {
    for (const { seq, task } of rows) {
      try {
        await this.#engine.enqueue([task]);
        await this.#table.delete([seq]);
      } catch (error) {
        if (!(error instanceof CortadoError) || error.code === 'CORTADO_QUEUE_UNREACHABLE') throw error;
        this.#host.log.error(
          { err: error, task_id: task.id, task: task.name },
          'the engine refused a task of the outbox',
        );
        await this.#table.refuse(seq, toTaskError(error));
      }
    }
  }
}
