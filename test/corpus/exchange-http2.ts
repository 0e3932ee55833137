import { once } from 'node:events';
import { connect } from 'node:net';
import type { PlainRequest } from './bad-input.ts';
import type { Exchange } from './exchange-http1.ts';
import { frame, type Header, headerBlock, preface } from './http2-wire.ts';

const longestSilence = 60_000;
const quietMs = 60;
const largestFrame = 16_384;

/** What is on its way to the server, and how much of it the server takes. */
interface Sending {
  left: Buffer;
  connection: number;
  stream: number;
}

/** Sends a request as the one stream of a connection of HTTP/2. Its head says what it likes: no library has a look at it. */
export function requestOverHttp2(port: number, { method, path, headers, body }: PlainRequest): Promise<Exchange> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const head: Header[] = [
    [':method', method],
    [':scheme', 'http'],
    [':authority', 'corpus'],
    [':path', path],
    ...headers.map(([name, value]): Header => [name, value.trim()]),
  ];
  if (bytes.length > 0) head.push(['content-length', String(bytes.length)]);
  const block = headerBlock(head);
  // Windows so large that no answer waits for more.
  const settings = Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff]);
  const opening = [preface, frame(4, 0, 0, settings), frame(8, 0, 0, Buffer.from([0x7f, 0xfe, 0, 0]))];
  const isWhole = bytes.length === 0 ? 1 : 0;
  for (let at = 0; at === 0 || at < block.length; at += largestFrame) {
    const isLast = at + largestFrame >= block.length ? 4 : 0;
    opening.push(frame(at === 0 ? 1 : 9, isLast | (at === 0 ? isWhole : 0), 1, block.subarray(at, at + largestFrame)));
  }
  return converse(port, Buffer.concat(opening), { left: bytes, connection: 65_535, stream: 65_535 }, true);
}

/** Sends bytes over a connection to a server of HTTP/2, whatever they are. */
export function framesOverHttp2(port: number, bytes: Buffer): Promise<Exchange> {
  return converse(port, bytes, { left: Buffer.alloc(0), connection: 0, stream: 0 }, false);
}

async function converse(port: number, opening: Buffer, sending: Sending, isRequest: boolean): Promise<Exchange> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  const { promise, resolve } = Promise.withResolvers<void>();
  const statuses: number[] = [];
  const bodies: Buffer[] = [];
  let received = 0;
  let isUnanswered = false;
  const end = (isLate: boolean) => (): void => {
    isUnanswered = isLate && statuses.length === 0;
    resolve();
  };
  let timer = setTimeout(end(isRequest), isRequest ? longestSilence : 4 * quietMs);
  let window = 65_535;
  const send = (): void => {
    while (sending.left.length > 0) {
      const size = Math.min(sending.left.length, largestFrame, sending.connection, sending.stream);
      if (size <= 0) return;
      const isLast = size === sending.left.length ? 1 : 0;
      socket.write(frame(0, isLast, 1, sending.left.subarray(0, size)));
      sending.left = sending.left.subarray(size);
      sending.connection -= size;
      sending.stream -= size;
    }
  };
  const take = (type: number, flags: number, stream: number, payload: Buffer): void => {
    if (type === 0) bodies.push(payload);
    else if (type === 1) {
      const status = statusIn(payload);
      if (status >= 200) statuses.push(status);
    } else if (type === 4 && (flags & 1) === 0) {
      for (let at = 0; at + 6 <= payload.length; at += 6) {
        if (payload.readUInt16BE(at) !== 4) continue;
        const size = payload.readUInt32BE(at + 2);
        sending.stream += size - window;
        window = size;
      }
      socket.write(frame(4, 1, 0, Buffer.alloc(0)));
      send();
    } else if (type === 8) {
      if (stream === 0) sending.connection += payload.readUInt32BE(0);
      else sending.stream += payload.readUInt32BE(0);
      send();
    } else if (type === 6 && (flags & 1) === 0) socket.write(frame(6, 1, 0, payload));
    if (isRequest && (type === 3 || type === 7 || (type <= 1 && (flags & 1) === 1))) resolve();
  };
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
    clearTimeout(timer);
    timer = setTimeout(end(isRequest), isRequest ? longestSilence : quietMs);
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 9) {
      const length = rest.readUIntBE(0, 3);
      if (rest.length < 9 + length) break;
      take(rest[3]!, rest[4]!, rest.readUInt32BE(5) & 0x7fffffff, rest.subarray(9, 9 + length));
      rest = rest.subarray(9 + length);
    }
  });
  socket.write(opening);
  send();
  await Promise.race([promise, closed]);
  clearTimeout(timer);
  socket.destroy();
  await closed;
  return { statuses, text: Buffer.concat(bodies).toString('latin1'), received, isUnanswered };
}

const indexed: readonly number[] = [200, 204, 206, 304, 400, 404, 500];

/** The status of an answer, which is the first thing in its head; 0 where it stands in a table that earlier answers made. */
function statusIn(block: Buffer): number {
  const at = (block[0]! & 0xe0) === 0x20 ? 1 : 0;
  const first = block[at]!;
  if (first >= 0x88 && first <= 0x8e) return indexed[first - 0x88]!;
  if (![0x48, 0x08, 0x18].includes(first)) return 0;
  const length = block[at + 1]! & 0x7f;
  const value = block.subarray(at + 2, at + 2 + length);
  return Number((block[at + 1]! & 0x80) === 0 ? value.toString('latin1') : digitsIn(value));
}

/** Digits in HPACK's code of Huffman: those up to 2 have five bits, the others six. */
function digitsIn(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  let digits = '';
  for (let at = 0; digits.length < 3; ) {
    const short = Number.parseInt(bits.slice(at, at + 5), 2);
    digits += short <= 2 ? short : Number.parseInt(bits.slice(at, at + 6), 2) - 0x16;
    at += short <= 2 ? 5 : 6;
  }
  return digits;
}
