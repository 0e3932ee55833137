import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { startNode } from '../../support/program.ts';
import { frame, opcodes, openRaw } from '../../support/raw-web-socket.ts';

/** The heap of the server after a full collection, in KB. */
async function heapOf(address: string): Promise<number> {
  return (await (await fetch(`${address}/heap`)).json()) as number;
}

async function open(address: string): Promise<WebSocket> {
  const ws = new WebSocket(`${address.replace('http', 'ws')}/s`);
  await once(ws, 'open');
  return ws;
}

async function close(ws: WebSocket, how: number): Promise<void> {
  const closed = once(ws, 'close');
  if (how === 0) ws.close(1000);
  else if (how === 1) ws.terminate();
  else ws.close(4000);
  await closed;
}

test('nothing is left of connections that have ended, of messages, and of those that were invalid', async () => {
  const program = fileURLToPath(new URL('memory-server.ts', import.meta.url));
  await using server = startNode(['--expose-gc', program]);
  const [, address = ''] = await server.until(/at (http:\S+)/);
  const connections = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n += 50) {
      const all = await Promise.all(Array.from({ length: 50 }, () => open(address)));
      await Promise.all(all.map((ws, at) => close(ws, at % 3)));
    }
  };
  const messages = async (count: number, text: string): Promise<void> => {
    using raw = await openRaw(address, '/s');
    const some = Buffer.concat(Array.from({ length: 100 }, () => frame(opcodes.text, text)));
    for (let sent = 0; sent < count; sent += 100) {
      raw.socket.write(some);
      for (let n = 0; n < 100; n++) assert.ok(await raw.read());
    }
  };
  // What is made once: compiled code, caches, ws itself.
  await connections(300);
  await messages(1000, '{"text":"hi"}');
  await messages(1000, '{"text":1}');
  const before = await heapOf(address);
  await connections(2000);
  const afterConnections = await heapOf(address);
  await messages(20_000, '{"text":"hi"}');
  const afterMessages = await heapOf(address);
  await messages(20_000, '{"text":1}');
  const afterInvalid = await heapOf(address);
  const grown = [afterConnections - before, afterMessages - before, afterInvalid - before];
  // One that was kept would be 2,000 times 5 KB, or 20,000 times 100 bytes.
  for (const kb of grown)
    assert.ok(kb < 1000, `${grown.join(' KB, ')} KB more after connections, messages, invalid ones`);
});

test('a client that sends nothing but invalid messages leaves nothing while it goes on', async () => {
  const program = fileURLToPath(new URL('memory-server.ts', import.meta.url));
  await using server = startNode(['--expose-gc', program]);
  const [, address = ''] = await server.until(/at (http:\S+)/);
  using raw = await openRaw(address, '/s');
  const some = Buffer.concat(Array.from({ length: 100 }, () => frame(opcodes.text, '{"text":1}')));
  const send = async (count: number): Promise<void> => {
    for (let sent = 0; sent < count; sent += 100) {
      raw.socket.write(some);
      for (let n = 0; n < 100; n++) assert.ok(await raw.read());
    }
  };
  await send(2000);
  const before = await heapOf(address);
  await send(30_000);
  const grown = (await heapOf(address)) - before;
  assert.ok(grown < 1000, `${grown} KB more`);
});

test('nothing is left of handshakes that were refused, by an answer or by a close', async () => {
  const program = fileURLToPath(new URL('memory-server.ts', import.meta.url));
  await using server = startNode(['--expose-gc', program]);
  const [, address = ''] = await server.until(/at (http:\S+)/);
  const refuse = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n += 50)
      await Promise.all(
        Array.from({ length: 50 }, async (_, at) => {
          const ws = new WebSocket(`${address.replace('http', 'ws')}/${at % 2 === 0 ? 'refused' : 'closed'}`);
          ws.on('error', () => {});
          await new Promise((resolve) => ws.on('close', resolve));
        }),
      );
  };
  await refuse(500);
  const before = await heapOf(address);
  await refuse(2000);
  const grown = (await heapOf(address)) - before;
  assert.ok(grown < 1000, `${grown} KB more`);
});
