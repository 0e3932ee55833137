// Preloaded into a server: on SIGUSR2 it writes how late the loop was since the last time, and begins anew.
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const file = process.env['LOOP_DELAY'];
if (file !== undefined) {
  const resolution = 2;
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  process.on('SIGUSR2', () => {
    const p99 = Math.max(0, delay.percentile(99) / 1e6 - resolution);
    const max = Math.max(0, delay.max / 1e6 - resolution);
    delay.reset();
    writeFileSync(file, JSON.stringify({ p99, max }));
  });
}
