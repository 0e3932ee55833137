import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cores, onCore } from '../harness/cores.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { waitMs } from './application.ts';

/** What many waits at once found. */
export interface Waits {
  /** From the first byte sent to the last byte of the last answer. */
  readonly seconds: number;
  readonly failed: number;
  /** Server memory per request that waits, in bytes, beyond its open connection. */
  readonly bytesPerRequest: number | undefined;
  /** Processor time of the server per request, in microseconds. */
  readonly cpuMicros: number | undefined;
}

/** Opens `count` connections, then sends one request that waits on each of them. */
export async function manyWaits(server: ServerProcess, count: number): Promise<Waits> {
  const client = startClient(`${server.url}/wait`, count);
  try {
    await message(client);
    const before = { cpu: server.cpuSeconds(), memory: server.residentBytes() };
    client.send('go');
    const result = message(client);
    await pause(waitMs * 0.8);
    const memory = server.residentBytes();
    const { seconds, failed } = (await result) as { seconds: number; failed: number };
    const cpu = server.cpuSeconds();
    return {
      seconds,
      failed,
      bytesPerRequest: memory && before.memory && (memory - before.memory) / count,
      cpuMicros: cpu && before.cpu !== undefined ? ((cpu - before.cpu) / count) * 1e6 : undefined,
    };
  } finally {
    client.kill('SIGKILL');
  }
}

function startClient(url: string, count: number): ChildProcess {
  const script = join(import.meta.dirname, 'wait-client.ts');
  const { program, args } = onCore(cores.load, { program: process.execPath, args: [script, url, String(count)] });
  return spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

async function message(client: ChildProcess): Promise<unknown> {
  const ended = once(client, 'exit').then(() => Promise.reject(new Error('the client of the waits ended early')));
  ended.catch(() => {});
  const [value] = await Promise.race([once(client, 'message'), ended]);
  return value;
}
