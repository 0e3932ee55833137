import { type ValueSchema, valueSchema } from './value-schema.ts';

/** Bytes that JSON writes as base64: what {@link bytes} gives. */
export class Base64Bytes extends Uint8Array {
  // What is made of it, by `slice` for example, is again one that JSON can write.
  toJSON(): string {
    return Buffer.from(this.buffer, this.byteOffset, this.byteLength).toString('base64');
  }
}

/**
 * Bytes as base64, Pydantic's `bytes` with `val_json_bytes='base64'`: a `Uint8Array` here, a text on the wire, `contentEncoding: base64` in documents.
 *
 * Both alphabets of RFC 4648 are taken, with padding or without; answers are in the first of them, with padding. A handler may return any `Uint8Array`, a `Buffer` too. What is large is
 * better sent as it is: `content('image/png')`, or a file of a form.
 *
 * @example
 * ```ts
 * const Signed = z.object({ text: z.string(), signature: bytes() });
 * ```
 */
export function bytes(): ValueSchema<string | Uint8Array, Base64Bytes> {
  return valueSchema({
    format: 'bytes',
    json: { type: 'string', contentEncoding: 'base64', contentMediaType: 'application/octet-stream' },
    take: (input) => (input instanceof Uint8Array ? viewOf(input) : undefined),
    // Copied: a small buffer shares its memory with others.
    make: (text) => viewOf(new Uint8Array(Buffer.from(text, 'base64'))),
    write: (value) => value.toJSON(),
  });
}

function viewOf(input: Uint8Array): Base64Bytes {
  return input instanceof Base64Bytes
    ? input
    : new Base64Bytes(input.buffer as ArrayBuffer, input.byteOffset, input.byteLength);
}
