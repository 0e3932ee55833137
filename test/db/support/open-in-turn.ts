// A process that opens databases at the moments that it is told.
import { z } from 'zod';
import { database, model, primaryKey } from '../../../src/db/index.ts';
import { ThreadDatabase } from '../../../src/db/sqlite/thread/thread-database.ts';

/** Which files are to be opened, and when the first of them: all processes open each of them at the same moment. */
export interface Turn {
  readonly paths: readonly string[];
  /** Milliseconds since 1970. */
  readonly at: number;
  /** `file` opens as the thread that writes does, `whole` makes tables and writes a row. */
  readonly how: 'file' | 'whole';
}

class Row extends model('rows', { id: primaryKey(), by: z.int() }) {}

const interval = 15;
const claims = new Int32Array(new SharedArrayBuffer(4));

function openFile(path: string): void {
  const options = { path, readOnly: false, busyTimeout: 5000, synchronous: 'normal', claims } as const;
  new ThreadDatabase(options, () => {}).close();
}

async function openWhole(path: string): Promise<void> {
  await using db = database({ url: `sqlite:${path}`, models: { Row } });
  await db.open();
  await db.createSchema();
  await Row.create({ by: process.pid });
}

process.on('message', async ({ paths, at, how }: Turn) => {
  const failures: string[] = [];
  for (const [index, path] of paths.entries()) {
    while (Date.now() < at + index * interval);
    try {
      if (how === 'file') openFile(path);
      else await openWhole(path);
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  process.send!(failures);
});
process.on('disconnect', () => process.exit());
process.send!('ready');
