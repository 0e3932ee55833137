// An app whose routes and tasks block in every way, before and after an await; run by the tests as a process of its own.
import { writeFileSync } from 'node:fs';
import { z } from 'zod';
import { App, dependency, sleep } from '../../src/index.ts';
import { Queue } from '../../src/queue/index.ts';
import { bigFile, blockers, prepare } from './blockers.ts';

writeFileSync(bigFile, Buffer.alloc(600_000_000));
prepare();

const app = new App({ logger: false, loop: { watchdog: true } });
const queue = new Queue({ engine: 'memory:' });
app.use(queue);

for (const [name, block] of Object.entries(blockers)) {
  for (const when of ['before', 'after'] as const) {
    const work = async (): Promise<boolean> => {
      if (when === 'after') await sleep(5);
      block();
      return true;
    };
    app.get(`/handler/${name}/${when}`, work);
    const blocking = dependency(work, { name: `${name}-${when}` });
    app.get(`/dependency/${name}/${when}`, { params: { blocking } }, () => true);
    const task = queue.task(`${name}-${when}`, { params: {} }, work);
    app.get(`/task/${name}/${when}`, { params: {} }, async () => (await task.enqueue({})).result());
  }
}
// Innocent: it merely waits, and is late when somebody else blocks.
app.get('/innocent', { params: { n: z.int() } }, async ({ n }) => {
  for (let turn = 0; turn < 20; turn++) await sleep(10);
  return n;
});

process.on('SIGTERM', () => void app.close({ deadline: 0 }).then(() => process.exit(0)));
console.log(`listening ${await app.listen({ port: 0 })}`);
