import type { Database } from '../../../db/database-contract.ts';
import { SqlStore } from '../../../db/store/sql-store.ts';
import type { EngineHost } from '../../contract/engine.ts';
import { integers } from './store/tables.ts';
import { VersionWatch } from './store/version-watch.ts';

/** The channel of PostgreSQL that tells workers of work. */
export const channel = 'cortado_tasks';

/** What both halves of the engine in a database share: its statements, and how they tell others of a change. */
export class SqlTasks {
  readonly database: Database<unknown>;
  readonly host: EngineHost;
  readonly store: SqlStore;
  readonly watch: VersionWatch;
  /** Some task may wait for others. */
  hasFlows = false;

  constructor(database: Database<unknown>, host: EngineHost) {
    this.database = database;
    this.host = host;
    this.store = new SqlStore(database, integers);
    this.watch = new VersionWatch(this.store);
  }

  /** There is work: for this process, and through PostgreSQL for others; SQLite's look for themselves. */
  announce(): void {
    this.host.wake();
    this.notify();
  }

  notify(): void {
    if (this.store.dialect.kind !== 'postgres') return;
    this.store.runText(`select pg_notify('${channel}', '')`).catch((error: unknown) => {
      this.host.log.warn({ err: error }, 'other workers could not be notified; they look once a second');
    });
  }

  /** Tasks have changed because one that they waited for has ended. */
  followed(ids: readonly string[]): void {
    for (const id of ids) this.watch.notify(id);
    if (ids.length > 0) this.announce();
  }

  /** Another process has changed something. */
  onSeen({ work, interrupt }: { readonly work: boolean; readonly interrupt: boolean }): void {
    if (work) this.host.wake();
    if (interrupt) this.host.interrupt();
    this.watch.look();
  }
}
