// Preloaded into a server that runs with --expose-gc: on SIGUSR2 it collects all garbage and writes what is left.
import { writeFileSync } from 'node:fs';

const file = process.env['MEMORY_FILE'];
if (file !== undefined) {
  process.on('SIGUSR2', async () => {
    // What a collection lets go in native code is let go in the turns after it.
    for (let times = 0; times < 3; times++) {
      globalThis.gc!();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { rss, heapUsed, external } = process.memoryUsage();
    writeFileSync(file, JSON.stringify({ rss, live: heapUsed + external }));
  });
}
