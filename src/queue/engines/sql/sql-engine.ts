import { database } from '../../../db/database.ts';
import type { Database } from '../../../db/database-contract.ts';
import { allPromises, type Capabilities } from '../../contract/capabilities.ts';
import type { Engine } from '../../contract/engine.ts';
import { Sentinel } from './sentinel/sentinel.ts';
import { sqlStorage } from './sql-storage.ts';
import { channel, SqlTasks } from './sql-tasks.ts';
import { sqlWorkerSide } from './sql-worker-side.ts';
import { makeTables } from './store/schema.ts';

const capabilities: Capabilities = {
  ...allPromises,
  embedded: true,
  transactional: true,
  atomicEnd: true,
  priority: { min: -1000, max: 1000 },
};

/**
 * An engine in a database: the app's own, so that a task commits or vanishes with the rows that it is about, or one by its URL, which is the
 * queue's alone.
 *
 * @throws CortadoError `CORTADO_DB_URL`.
 */
export function sqlEngine(where: Database<unknown> | string): Engine {
  const isOwner = typeof where === 'string';
  const home = isOwner ? (database({ url: where }) as unknown as Database<unknown>) : where;
  const location = home['~location'];
  const shared = location.kind === 'postgres' || location.path !== ':memory:';
  return {
    kind: 'sql',
    label: location.label,
    capabilities: shared ? capabilities : { ...capabilities, durable: false, shared },
    async open(host) {
      // What fails halfway must not leave connections and threads behind, which would keep the process alive.
      await using opened = new AsyncDisposableStack();
      const tables = new SqlTasks(home, host);
      if (isOwner) opened.defer(() => home.close());
      await home.open();
      await makeTables(tables.store);
      const onSeen = tables.onSeen.bind(tables);
      const sentinel = shared ? new Sentinel({ location, log: host.log, onSeen }) : undefined;
      const worker = sqlWorkerSide(tables, sentinel);
      opened.defer(() => worker.leave());
      opened.defer(async () => sentinel?.close());
      opened.defer(() => tables.watch.close());
      if (location.kind === 'postgres') {
        opened.use(home.listen(channel, () => onSeen({ work: true, interrupt: true })));
        tables.watch.poll();
      }
      const closing = opened.move();
      return { storage: sqlStorage(tables, isOwner), worker, close: () => closing.disposeAsync() };
    },
  };
}
