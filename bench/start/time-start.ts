import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../harness/free-port.ts';
import { cpuSeconds, residentBytes } from '../harness/proc.ts';
import type { Started } from './apps.ts';

/** What one start took. */
export interface StartFigures {
  /** Milliseconds from the spawn to the first answer. */
  readonly ms: number;
  /** Processor milliseconds until then. */
  readonly cpu: number;
  /** Resident megabytes then. */
  readonly memory: number;
}

const longest = 20_000;

/** Starts an app, asks it until it answers, and ends it: in order, so that its compile cache is written, or at once. */
export async function timeStart(started: Started, cache: string | undefined, inOrder: boolean): Promise<StartFigures> {
  const port = await freePort();
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  const began = performance.now();
  const child = spawn(
    process.execPath,
    started.args.map((arg) => arg.replace('$PORT', String(port))),
    {
      cwd: started.cwd,
      env: { ...env, PORT: String(port), ...(cache !== undefined && { NODE_COMPILE_CACHE: cache }) },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  try {
    while (!(await answers(port))) {
      if (child.exitCode !== null || performance.now() - began > longest)
        throw new Error(`${started.name} did not start`);
      await pause(1);
    }
    const ms = performance.now() - began;
    return { ms, cpu: (cpuSeconds(child.pid!) ?? 0) * 1000, memory: (residentBytes(child.pid!) ?? 0) / 1024 / 1024 };
  } finally {
    await end(child, inOrder);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('GET /users/7 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
    });
    socket.on('data', (data) => {
      resolve(String(data).includes('200 OK') && String(data).includes('{"id":7,"name":"Ada"}'));
      socket.destroy();
    });
    socket.on('error', () => resolve(false));
  });
}

async function end(child: ChildProcess, inOrder: boolean): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill(inOrder ? 'SIGTERM' : 'SIGKILL');
  await once(child, 'exit');
}
