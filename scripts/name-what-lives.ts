// Loaded ahead of every test file. A file whose process does not end after its last test has left something open: it is named, and the
// file fails. Node's own `--test-force-exit` would end the process in silence, and lose results that were not yet read
// (https://github.com/nodejs/node/issues/64833).
import { after } from 'node:test';
import { isMainThread } from 'node:worker_threads';

const patience = 15_000;

// Threads and forks of a test load this as well.
if (isMainThread && process.argv[1]?.endsWith('.test.ts')) {
  after(() => {
    const tell = (): never => {
      console.error(`${process.argv[1]} does not end: open are ${process.getActiveResourcesInfo().join(', ')}`);
      process.exit(1);
    };
    setTimeout(tell, patience).unref();
  });
}
