import { pipeline, type Readable, Transform } from 'node:stream';
import { CortadoError } from '../../base/error.ts';

/**
 * A stream that fails where it has more bytes than its `content-length` says, or fewer: the client would take the next answer for a part of
 * this one, or wait for ever.
 */
export function ofLength(body: Readable, length: number, route: string): Readable {
  let size = 0;
  const wrong = (how: string): CortadoError => {
    const message = `${route}: the answer has ${how} than the ${length} bytes of its content-length. Leave the header out, or set it to the length of what is sent.`;
    return new CortadoError('CORTADO_RESPONSE_INVALID', message);
  };
  const counted = new Transform({
    writableObjectMode: true,
    transform(chunk: string | Uint8Array, _encoding, done) {
      size += typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.byteLength;
      if (size > length) done(wrong('more'));
      else done(null, chunk);
    },
    flush(done) {
      done(size < length ? wrong('less') : null);
    },
  });
  return pipeline(body, counted, () => {}) as Transform;
}
