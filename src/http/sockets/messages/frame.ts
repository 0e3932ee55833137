/** A message as it leaves: a text, bytes, or what is framed already, for many. */
export type Leaving = string | Uint8Array | Framed;

/** A message as it stands on the wire, made once for all that it is sent to. */
export class Framed {
  readonly message: string | Uint8Array;
  readonly bytes: Buffer;

  constructor(message: string | Uint8Array) {
    this.message = message;
    this.bytes = frameOf(message);
  }

  get length(): number {
    return this.bytes.length;
  }
}

/** The one frame of a message: a head of 2, 4 or 10 bytes, and what it says, as servers send it, without a mask (RFC 6455, 5.2). */
export function frameOf(message: string | Uint8Array): Buffer {
  const isText = typeof message === 'string';
  const size = isText ? Buffer.byteLength(message) : message.byteLength;
  const head = size < 126 ? 2 : size < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + size);
  frame[0] = isText ? 0x81 : 0x82;
  frame[1] = head === 2 ? size : head === 4 ? 126 : 127;
  if (head === 4) frame.writeUInt16BE(size, 2);
  else if (head === 10) frame.writeBigUInt64BE(BigInt(size), 2);
  if (isText) frame.write(message, head, 'utf8');
  else frame.set(message, head);
  return frame;
}
