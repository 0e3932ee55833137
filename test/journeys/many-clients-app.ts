// An app whose routes hold all that a request can hold, and tell what is held. Run with --expose-gc.
import { App, dependency, gather, sleep, timeout } from '../../src/index.ts';
import { threads } from '../../src/threads/index.ts';

let sessions = 0;
let handlers = 0;
const session = dependency(async function* () {
  sessions++;
  try {
    yield 1;
  } finally {
    sessions--;
  }
});
const pool = threads<typeof import('../support/waits.ts')>(new URL('../support/waits.ts', import.meta.url), {
  threads: 1,
  queue: 20_000,
});

export const app = new App({ logger: false });
app.use(pool);

app.get('/wait', { params: { session } }, async () => {
  handlers++;
  try {
    await gather([
      () => sleep(30_000),
      () => timeout(30_000, (signal) => sleep(30_000, { signal })),
      () => pool.wait(30_000),
    ]);
  } finally {
    handlers--;
  }
});

app.post('/touch', { params: { session } }, async (_, { signal }) => {
  await gather([() => sleep(0), () => timeout(1000, () => Promise.resolve(signal.aborted))]);
  return 1;
});

app.get('/state', () => {
  // This request itself is not counted.
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const queued = app.gauges().find(({ name }) => name === 'cortado_threads_waiting')?.value;
  return { sessions, handlers, requests: app.openRequests - 1, timers, queued };
});

app.get('/heap', async () => {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await sleep(20);
  }
  return process.memoryUsage().heapUsed;
});

if (import.meta.main) console.log(`Open ${await app.listen({ port: 0 })}`);
