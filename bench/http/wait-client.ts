// Opens many connections, sends one request on each at once, and prints how long it took until the last answer was complete:
// node wait-client.ts URL COUNT. Raw sockets, so that the client costs as little as it can.
import { connect, type Socket } from 'node:net';

const [address, many] = process.argv.slice(2);
const { hostname, port, pathname } = new URL(address!);
const count = Number(many);
const request = `GET ${pathname} HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`;

// A burst beyond the server's backlog would be answered by the kernel's retries, a second later.
const connectingAtOnce = 200;

async function open(): Promise<Socket[]> {
  const sockets: Socket[] = [];
  const lane = async (): Promise<void> => {
    while (sockets.length < count) {
      const socket = connect({ port: Number(port), host: hostname, noDelay: true });
      sockets.push(socket);
      await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    }
  };
  await Promise.all(Array.from({ length: connectingAtOnce }, lane));
  return sockets;
}

/** Resolves to whether the whole answer came with 200: its body is the one line of JSON that ends with a brace. */
function exchange(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (text.includes('}')) resolve(text.startsWith('HTTP/1.1 200'));
    });
    socket.on('error', () => resolve(false)).on('close', () => resolve(false));
    socket.write(request);
  });
}

async function measure(sockets: Socket[]): Promise<void> {
  const start = performance.now();
  const answers = await Promise.all(sockets.map(exchange));
  const seconds = (performance.now() - start) / 1000;
  process.send?.({ seconds, failed: answers.filter((ok) => !ok).length });
}

const sockets = await open();
process.once('message', () => void measure(sockets));
process.send?.('open');
process.once('disconnect', () => process.exit());
