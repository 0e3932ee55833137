import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { openSocket } from './raw-socket.ts';

/** Frames of RFC 6455, 5.2, by their opcodes. */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** What of a frame is other than it should be. */
export interface FrameOptions {
  /** Default `true`. */
  readonly fin?: boolean;
  /** The three reserved bits. Default 0. */
  readonly reserved?: number;
  /** Default `true`, as of every client. */
  readonly masked?: boolean;
  /** The length that the frame says it has, where it is not that of its payload. */
  readonly says?: number;
}

/** A frame as a client writes it. */
export function frame(opcode: number, payload: string | Buffer = '', options: FrameOptions = {}): Buffer {
  const { fin = true, reserved = 0, masked = true } = options;
  const bytes = Buffer.from(payload);
  const length = options.says ?? bytes.length;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  if (!masked) return Buffer.concat([head, bytes]);
  const mask = Buffer.from([1, 2, 3, 4]);
  return Buffer.concat([head, mask, bytes.map((byte, at) => byte ^ mask[at % 4]!)]);
}

/** The payload of a close frame. */
export function closing(code: number, reason: string | Buffer = ''): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return Buffer.concat([head, Buffer.from(reason)]);
}

/** A frame as a server sent it. */
export interface ServerFrame {
  readonly opcode: number;
  readonly payload: Buffer;
  /** Of a close frame. */
  readonly code: number | undefined;
  /** The payload as text, of a close frame its reason. */
  readonly text: string;
}

export const key = 'dGhlIHNhbXBsZSBub25jZQ==';
/** What a server answers to `key`. */
export const accept: string = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

/** The head of a handshake; a header that is `undefined` is left out. */
export function handshake(path: string, headers: Readonly<Record<string, string | undefined>> = {}): string {
  const all = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': key,
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

/** The client's end of a web socket whose bytes are written by hand. */
export class RawWebSocket implements Disposable {
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #head = '';
  #isOver = false;
  readonly #looks = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      for (const look of this.#looks) look();
    });
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#isOver = true;
      for (const look of this.#looks) look();
    });
  }

  /** The head of the answer to its handshake. */
  get head(): string {
    return this.#head;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  write(...frames: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  async readHead(): Promise<string> {
    await this.#until(() => this.#received.includes('\r\n\r\n'));
    if (this.#isOver && this.#received.length === 0) return '';
    const end = this.#received.indexOf('\r\n\r\n');
    this.#head = this.#received.subarray(0, end).toString('latin1');
    this.#received = this.#received.subarray(end + 4);
    return this.#head;
  }

  /** The next frame; `undefined` once the connection has ended. */
  async read(ms = 5000): Promise<ServerFrame | undefined> {
    await this.#until(() => this.#whole() !== undefined, ms);
    const found = this.#whole();
    if (found === undefined) return undefined;
    const { opcode, payload, size } = found;
    this.#received = this.#received.subarray(size);
    const isClose = opcode === opcodes.close;
    const code = isClose && payload.length >= 2 ? payload.readUInt16BE(0) : undefined;
    return { opcode, payload, code, text: payload.subarray(isClose ? 2 : 0).toString('utf8') };
  }

  /** Waits until the server has ended the connection. */
  async over(ms = 5000): Promise<void> {
    await this.#until(() => false, ms);
  }

  #whole(): { readonly opcode: number; readonly payload: Buffer; readonly size: number } | undefined {
    const bytes = this.#received;
    if (bytes.length < 2) return undefined;
    const short = bytes[1]! & 0x7f;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length < head) return undefined;
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < head + length) return undefined;
    return { opcode: bytes[0]! & 0x0f, payload: bytes.subarray(head, head + length), size: head + length };
  }

  #until(isThere: () => boolean, ms = 5000): Promise<void> {
    if (isThere() || this.#isOver) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      if (isThere() || this.#isOver) resolve();
    };
    const timer = setTimeout(() => reject(new Error(`the server sent nothing more within ${ms} ms`)), ms);
    this.#looks.add(look);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#looks.delete(look);
    });
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

/** Connects, and writes a handshake. */
export async function openRaw(
  address: string,
  path: string,
  headers: Readonly<Record<string, string | undefined>> = {},
): Promise<RawWebSocket> {
  const raw = new RawWebSocket(await openSocket(address));
  raw.socket.write(handshake(path, headers));
  await raw.readHead();
  return raw;
}
