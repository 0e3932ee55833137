import { connect, type Socket } from 'node:net';

/** What came back over a socket that bytes were written to by hand. */
export interface RawAnswer {
  /** 0 when nothing came back. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
  /** The JSON body; `undefined` when it is none. */
  readonly json: unknown;
}

/** Connects to `address`, `http://127.0.0.1:1234`. */
export function openSocket(address: string): Promise<Socket> {
  const { hostname, port } = new URL(address);
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ host: hostname, port: Number(port) }, () => resolve(socket));
  socket.once('error', reject);
  return promise;
}

/** Writes bytes as they are, and reads one answer: until its body is whole, the server closes, or `ms` milliseconds have passed. */
export async function sendRaw(address: string, bytes: string | Buffer, ms = 3000): Promise<RawAnswer> {
  const socket = await openSocket(address);
  const { promise, resolve } = Promise.withResolvers<void>();
  let received = '';
  const timer = setTimeout(resolve, ms);
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    if (isWhole(received)) resolve();
  });
  socket.once('close', () => resolve());
  socket.on('error', () => resolve());
  socket.write(bytes);
  await promise;
  clearTimeout(timer);
  socket.destroy();
  return parse(received);
}

function isWhole(received: string): boolean {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /content-length: (\d+)/i.exec(received.slice(0, end))?.[1];
  return length !== undefined && received.length >= end + 4 + Number(length);
}

function parse(received: string): RawAnswer {
  const end = received.indexOf('\r\n\r\n');
  const head = end < 0 ? received : received.slice(0, end);
  const body = end < 0 ? '' : Buffer.from(received.slice(end + 4), 'latin1').toString('utf8');
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {}
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), head, body, json };
}
