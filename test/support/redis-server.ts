import { rm } from 'node:fs/promises';
import { findCommand, needDebian } from './debian.ts';
import { freePort } from './free-port.ts';
import { type Program, startProgram } from './program.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A Redis server of a test's own, with its data in a folder of its own. */
export interface RedisServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Kills it as a power cut would (SIGKILL), or asks it to end, and starts it again on the same port and data. */
  readonly restart: (signal?: NodeJS.Signals) => Promise<void>;
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>;
  /** Starts it after `stop`. */
  readonly start: () => Promise<void>;
}

/** Why there is no Redis server for tests, or `undefined`. Installs it where that may be done. */
export function redisMissing(): string | undefined {
  return needDebian(['redis-server'], () => findCommand('redis-server') !== undefined);
}

/** Options of {@link startRedis}. */
export interface RedisServerOptions {
  /**
   * When changes are on disk: within a second or two, before they are answered, or at a `SAVE` alone, to which it comes back from a kill.
   * Default `soon`.
   */
  readonly durable?: 'soon' | 'always' | 'never';
  /** More options of its command line. */
  readonly flags?: readonly string[];
}

/** Starts a Redis server. */
export async function startRedis({ durable = 'soon', flags = [] }: RedisServerOptions = {}): Promise<RedisServer> {
  const port = await freePort();
  const folder = temporaryFolder('redis');
  const start = async (): Promise<Program> => {
    const append = durable === 'never' ? 'no' : 'yes';
    const fsync = durable === 'always' ? 'always' : 'everysec';
    const files = ['--dir', folder, '--appendonly', append, '--appendfsync', fsync, '--save', '', ...flags];
    const program = startProgram(findCommand('redis-server')!, [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      ...files,
    ]);
    await program.until(/Ready to accept connections/);
    return program;
  };
  let program = await start();
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    program.child.kill(signal);
    await program.ended;
  };
  return {
    url: `redis://127.0.0.1:${port}/0`,
    port,
    stop,
    async start() {
      program = await start();
    },
    async restart(signal = 'SIGTERM') {
      await stop(signal);
      program = await start();
    },
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
