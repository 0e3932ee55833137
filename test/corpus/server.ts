// A process that serves the app of the corpus, and says what each input has cost it when it is asked.
import { corpusApp, type Variant } from './app.ts';

/** What a server says of itself. */
export interface Measured {
  /** Milliseconds of the processor that the main thread has used so far. */
  readonly cpu: number;
  readonly openRequests: number;
  readonly connections: number;
  /** Requests that came out of bodies. */
  readonly smuggled: number;
  /** What nobody has caught. */
  readonly uncaught: readonly string[];
  /** Bytes; only where the heap was asked for, which is cleaned up first. */
  readonly heap: number;
}

const { CORPUS_DATABASE = 'sqlite::memory:', CORPUS_VARIANT = 'plain', CORPUS_HTTP2 } = process.env;
const { app, smuggled } = corpusApp({
  database: CORPUS_DATABASE,
  variant: CORPUS_VARIANT as Variant,
  http2: CORPUS_HTTP2 === '1',
});
const uncaught: string[] = [];
for (const event of ['uncaughtException', 'unhandledRejection'])
  process.on(event, (error: unknown) => uncaught.push(error instanceof Error ? error.stack! : String(error)));

process.on('message', (asked: 'look' | 'heap') => {
  const { user, system } = process.threadCpuUsage();
  if (asked === 'heap') (globalThis as { gc?: () => void }).gc?.();
  app.server.server.getConnections((_error, connections) => {
    const measured: Measured = {
      cpu: (user + system) / 1000,
      openRequests: app.openRequests,
      connections,
      smuggled: smuggled(),
      uncaught,
      heap: process.memoryUsage().heapUsed,
    };
    process.send!(measured);
  });
});
process.once('disconnect', () => process.exit());
process.send!(await app.listen({ port: 0 }));
