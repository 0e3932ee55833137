import { isUtf8 } from 'node:buffer';
import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { FastPath } from './fast-paths.ts';

/** What of ws tells whether it is between two messages. */
interface Receiver {
  readonly _state: number;
  readonly _bufferedBytes: number;
  readonly _fragmented: number;
}

/**
 * Most messages are small texts that come alone: the one frame of such a message is read here, and all else by ws itself, which is asked whether it
 * is between two messages, by fields of its receiver. Its listener of the connection is called in its place. Seen with ws 8.23. Worth 1.8 of the
 * 6 µs that a validated message costs beyond ws.
 */
export const smallMessages: FastPath<object> = {
  name: 'small messages',
  of: 'ws',
  majors: [8],
  lacks: (receiver) =>
    isBetween(receiver as Receiver)
      ? undefined
      : 'the receiver of a web socket does not say that it is between two messages',
};

function isBetween({ _state, _bufferedBytes, _fragmented }: Receiver): boolean {
  return _state === 0 && _bufferedBytes === 0 && _fragmented === 0;
}

/** The version of ws that is loaded. */
export function versionOfWs(): string {
  return (createRequire(import.meta.url)('ws/package.json') as { readonly version: string }).version;
}

/** Takes a text message that has come. */
export interface TextListener {
  arrived(text: string, isBinary: false): void;
}

const own: unique symbol = Symbol('cortado.smallMessages');

interface Reading {
  readonly ws: WebSocket;
  readonly receiver: Receiver;
  readonly listener: TextListener;
  readonly most: number;
  readonly theirs: (this: Duplex, chunk: Buffer) => void;
}

type Read = Duplex & { [own]: Reading };

/** @param most Bytes of the largest message that is taken. */
export function readSmallMessages(ws: WebSocket, raw: Duplex, listener: TextListener, most: number): void {
  const receiver = (ws as unknown as { readonly _receiver?: Receiver })._receiver;
  const [theirs, ...others] = raw.listeners('data') as Reading['theirs'][];
  // Somebody else looks at what comes, a plugin for example.
  if (receiver === undefined || theirs === undefined || others.length > 0 || ws.extensions !== '') return;
  raw.removeListener('data', theirs);
  (raw as Read)[own] = { ws, receiver, listener, most: Math.min(most, 125), theirs };
  raw.on('data', onData);
}

// One function for all connections: ten thousand closures are a megabyte.
function onData(this: Duplex, chunk: Buffer): void {
  const { ws, receiver, listener, most, theirs } = (this as Read)[own];
  const size = chunk.length - 6;
  // A whole text in one frame, masked as those of clients are, and nothing behind it (RFC 6455, 5.2).
  const isSmall = size >= 0 && size <= most && chunk[0] === 0x81 && chunk[1] === (0x80 | size);
  if (!isSmall || !isBetween(receiver) || ws.readyState !== 1) theirs.call(this, chunk);
  else if (unmask(chunk) < 0x80) listener.arrived(chunk.toString('latin1', 6), false);
  else if (isUtf8(chunk.subarray(6))) listener.arrived(chunk.toString('utf8', 6), false);
  else {
    // Masked once more it is as it came, for ws to refuse.
    unmask(chunk);
    theirs.call(this, chunk);
  }
}

/** Takes the mask of a frame away; gives all its bytes in one, by which it is seen whether one of them is no ASCII. */
function unmask(frame: Buffer): number {
  const [a, b, c, d] = [frame[2]!, frame[3]!, frame[4]!, frame[5]!];
  const end = frame.length;
  let all = 0;
  let at = 6;
  for (; at + 3 < end; at += 4) {
    all |= frame[at]! ^= a;
    all |= frame[at + 1]! ^= b;
    all |= frame[at + 2]! ^= c;
    all |= frame[at + 3]! ^= d;
  }
  if (at < end) all |= frame[at]! ^= a;
  if (at + 1 < end) all |= frame[at + 1]! ^= b;
  if (at + 2 < end) all |= frame[at + 2]! ^= c;
  return all;
}
