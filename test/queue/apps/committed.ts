// A worker process that is killed as soon as the session of its task has been committed.
import { database } from '../../../src/db/index.ts';
import { Queue } from '../../../src/queue/index.ts';

const db = database({ url: process.argv[2]! });
const queue = new Queue({ engine: db });
const app = { db, queue };
queue.task('effect', { params: { session: db.session } }, async ({ session }, { id }) => {
  const { sql } = await import('kysely');
  await sql`insert into effects (task) values (${id})`.execute(session);
  if (process.env['KILL'] === '1') session.afterCommit(() => process.kill(process.pid, 'SIGKILL'));
  return 'done';
});
await app.queue.work({ lease: 1000 });
console.log('working');
