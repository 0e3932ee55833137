import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Contender } from './contenders.ts';
import { text, wrong } from './message.ts';

/** Checks that a server echoes what is right, and nothing else where it validates, before it is timed. */
export async function checkEcho({ name, validates, wire }: Contender, url: string): Promise<void> {
  const socket = new WebSocket(url.replace('http', 'ws') + wire.path, { perMessageDeflate: false });
  const heard: string[] = [];
  socket.on('message', (data) => heard.push(String(data)));
  socket.on('error', () => {});
  await once(socket, 'open');
  if (wire.greeting !== undefined) {
    socket.send(wire.greeting.text);
    await until(() => heard.at(-1)?.startsWith(wire.greeting!.answer), `${name} does not greet`);
  }
  for (let times = 0; times < 3; times++) {
    heard.length = 0;
    socket.send(wire.wrap(text));
    await until(() => heard.length > 0, `${name} does not answer`);
    assert.deepEqual(heard, [wire.wrap(text)], `${name}: echo`);
  }
  if (validates) {
    heard.length = 0;
    socket.send(wire.wrap(wrong));
    await pause(100);
    assert.ok(!heard.includes(wire.wrap(wrong)), `${name} echoes a message that is wrong`);
  }
  socket.terminate();
}

async function until(isSo: () => boolean | undefined, otherwise: string): Promise<void> {
  for (const end = Date.now() + 5000; Date.now() < end; await pause(5)) if (isSo()) return;
  throw new Error(otherwise);
}
