import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { BadInput } from '../../test/corpus/bad-input.ts';

// Milliseconds: for what a client reads, for one that waits without reading, and for one that goes once its bytes are on their way.
const longest = 2000;
const moment = 300;
const instant = 20;

type Sent = Pick<BadInput, 'kind' | 'name' | 'bytes' | 'manner' | 'own'>;

/** Sends one bad input over a connection of its own; resolves to what is wrong with the answer, or `undefined`. */
export async function sendBad(address: string, { kind, name, bytes, manner, own }: Sent): Promise<string | undefined> {
  const { hostname, port } = new URL(address);
  const socket = connect({ host: hostname, port: Number(port) });
  let head = '';
  // The server may close whenever it likes.
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    if (head.length < 16) head += chunk.toString('latin1', 0, 16);
  });
  if (manner === 'ignores') socket.pause();
  try {
    await once(socket, 'connect');
    socket.write(bytes);
    await behave(socket, manner);
  } finally {
    socket.destroy();
  }
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
  return status < 500 || own.includes(status) ? undefined : `${status} for ${kind}, ${name}`;
}

async function behave(socket: Socket, manner: BadInput['manner']): Promise<void> {
  if (manner !== 'reads') return pause(manner === 'leaves' ? instant : moment);
  const controller = new AbortController();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await Promise.race([closed, pause(longest, undefined, { signal: controller.signal })]);
  controller.abort();
}
