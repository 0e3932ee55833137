import { type LoadRequest, load } from './load.ts';
import { inTurn, type Rounds } from './rounds.ts';
import { type ServerOptions, ServerProcess } from './server-process.ts';
import { figure } from './table.ts';

/**
 * After so many rounds all servers start afresh: two processes of the same server differ by some hundredths for as long as they run, by where
 * their memory lies and what the compiler found first.
 */
export const roundsPerStart = 3;
const warmUpSeconds = 3;

/** What one round of load found. */
export interface Timed {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p99: number;
  /** Processor time of the server per request, microseconds. */
  readonly cpuMicros: number;
}

/** What is loaded, and how. */
export interface TimedRounds<C> {
  /** In messages. */
  readonly name: string;
  readonly contenders: readonly C[];
  readonly request: LoadRequest;
  readonly rounds: number;
  /** Of load in one round. */
  readonly seconds: number;
  /** Checks what a server answers, each time before it is timed. */
  readonly check: (contender: C, url: string) => Promise<void>;
}

/** Loads servers with one request, in turn, all of them running side by side, checked and warmed up. */
export async function timedRounds<C extends { readonly name: string; readonly server: ServerOptions }>({
  name: scenario,
  contenders,
  request,
  rounds,
  seconds,
  check,
}: TimedRounds<C>): Promise<Rounds<Timed>> {
  let running = new AsyncDisposableStack();
  const servers = new Map<string, ServerProcess>();
  const startAfresh = async (round: number): Promise<void> => {
    if (round % roundsPerStart !== 0) return;
    await running.disposeAsync();
    running = new AsyncDisposableStack();
    for (const one of contenders) {
      const server = running.use(await ServerProcess.start(one.server));
      await check(one, server.url);
      await load(server.url, request, { seconds: warmUpSeconds });
      servers.set(one.name, server);
    }
  };
  const measure = async (name: string): Promise<Timed> => {
    const server = servers.get(name)!;
    const before = server.cpuSeconds() ?? 0;
    const { perSecond, p99, failed, late, requests } = await load(server.url, request, { seconds });
    if (failed > 0) throw new Error(`${name}: ${failed} of ${requests} requests failed`);
    const behind = late === 0 ? '' : `, ${late} answers later than two seconds`;
    console.error(`${scenario.padEnd(6)} ${name.padEnd(16)} ${figure(perSecond)}/s${behind}`);
    return { perSecond, p99, cpuMicros: (((server.cpuSeconds() ?? 0) - before) / requests) * 1e6 };
  };
  try {
    return await inTurn(
      contenders.map(({ name }) => name),
      rounds,
      measure,
      startAfresh,
    );
  } finally {
    await running.disposeAsync();
  }
}
