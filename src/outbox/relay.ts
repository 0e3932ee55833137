import { CortadoError } from '../base/error.ts';
import type { Logger } from '../base/logger.ts';
import { settledBy } from '../concurrency/settled-by.ts';
import type { OutboxTable, WaitingRow } from './outbox-table.ts';

// What another process left behind is found within this many milliseconds.
const lookEvery = 2000;
// What is asked of a database that does not answer is asked in vain.
const longestFarewell = 2000;

/** Options of {@link relay}. */
export interface RelayOptions<T> {
  readonly table: OutboxTable<T>;
  readonly log: Logger;
  /** What waits, for the log: `enqueued tasks`. */
  readonly what: string;
  /** Hands items on. One whose id was handed on before must have no effect. */
  readonly handOn: (items: readonly T[]) => Promise<void>;
  /** Whether an error says that nobody can be reached, so that all has to wait. */
  readonly isAway: (error: unknown) => boolean;
  /** Where an error is that of some items: what is wrong with each, by their order. */
  readonly problemsOf: (error: unknown) => readonly unknown[] | undefined;
  /** Tells of an item that will never be taken; returns what to store as the reason. */
  readonly refused: (item: T, error: CortadoError) => string;
}

/** An outbox at work. */
export interface Relay {
  /** There is something to hand on. */
  work(): void;
  /** Hands on all that there is. @throws why some of it has to wait. */
  handOn(): Promise<void>;
  /** Ends handing on. What is left is handed on by another process, or at the next start. */
  close(): Promise<void>;
}

/**
 * Hands the rows of an outbox on: what was written in a transaction is a row first, which commits or vanishes with the rest; it is handed on
 * after the commit, by whichever process comes first. What one process commits, one transaction after another, is handed on in this order; of
 * transactions that overlap either may come first.
 */
export function relay<T>({ table, log, what, ...options }: RelayOptions<T>): Relay {
  const { isAway, problemsOf, refused } = options;
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> | undefined;
  let again = false;
  let isClosed = false;

  function work(): void {
    if (isClosed) return;
    if (working !== undefined) {
      again = true;
      return;
    }
    clearTimeout(timer);
    again = false;
    working = handOn().catch((error: unknown) =>
      log.error({ err: error }, `${what} wait in the outbox; trying again in ${lookEvery} ms`),
    );
    void working.then(() => {
      working = undefined;
      if (isClosed) return;
      if (again) return work();
      timer = setTimeout(work, lookEvery).unref();
    });
  }

  // What is not taken now waits for the next time, and holds up nothing that comes after it. As long as all is taken each look is one from the
  // beginning: a row of a transaction that was open until now stands before rows that its process has committed since.
  async function handOn(): Promise<void> {
    let reason: unknown;
    let after = 0;
    for (let rows = await table.next(0); rows.length > 0; rows = await table.next(after)) {
      const why = await handOnRows(rows);
      if (why === undefined) continue;
      reason ??= why;
      after = rows.at(-1)!.seq;
    }
    if (reason !== undefined) throw reason;
  }

  /** Resolves to why some of the rows have to wait. */
  async function handOnRows(rows: readonly WaitingRow<T>[]): Promise<unknown> {
    try {
      await options.handOn(rows.map(({ item }) => item));
      await table.delete(rows);
      return undefined;
    } catch (error) {
      if (isAway(error)) throw error;
      const problems = problemsOf(error);
      if (problems === undefined) return handOnSingly(rows);
      await table.delete(rows.filter((_, at) => problems[at] === undefined));
      return error;
    }
  }

  // One that is refused must not hold up the others.
  async function handOnSingly(rows: readonly WaitingRow<T>[]): Promise<unknown> {
    let reason: unknown;
    let waiting = 0;
    for (const row of rows) {
      try {
        await options.handOn([row.item]);
        await table.delete([row]);
      } catch (error) {
        if (isAway(error)) throw error;
        if (!(error instanceof CortadoError)) {
          reason ??= error;
          waiting++;
          continue;
        }
        await table.refuse(row, refused(row.item, error));
      }
    }
    // It is hardly all of them that are at fault.
    if (waiting === rows.length) throw reason;
    return reason;
  }

  work();
  return {
    work,
    handOn,
    async close() {
      isClosed = true;
      clearTimeout(timer);
      if (working !== undefined) await settledBy(working, longestFarewell);
    },
  };
}
