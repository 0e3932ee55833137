import type { StandardSchemaV1 } from '@standard-schema/spec';
import { shown } from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';
import { isSchema } from '../../schema/standard.ts';

/** What the messages of a socket are: texts, bytes, any JSON, or JSON that a schema describes. */
export type SocketFormat = 'text' | 'bytes' | 'json' | StandardSchemaV1;

/** One of them, or two: a kind of text, and bytes. */
export type SocketFormats = SocketFormat | readonly SocketFormat[];

/** What a message is to whoever takes it. */
export type ReceivedMessage<F> = F extends readonly (infer One)[] ? Received<One> : Received<F>;

type Received<F> = F extends 'text'
  ? string
  : F extends 'bytes'
    ? Uint8Array
    : F extends 'json'
      ? unknown
      : F extends StandardSchemaV1
        ? StandardSchemaV1.InferOutput<F>
        : never;

/** What a message is to whoever sends it. */
export type SendableMessage<F> = F extends readonly (infer One)[] ? Sent<One> : Sent<F>;

type Sent<F> = F extends 'text'
  ? string
  : F extends 'bytes'
    ? Uint8Array
    : F extends 'json'
      ? unknown
      : F extends StandardSchemaV1
        ? StandardSchemaV1.InferInput<F>
        : never;

/** The formats of one direction, sorted by the frames that carry them. */
export interface Frames {
  /** What text frames carry; `undefined` where they are not taken. */
  readonly text: 'text' | 'json' | StandardSchemaV1 | undefined;
  /** Whether binary frames are taken. */
  readonly bytes: boolean;
}

/**
 * Sorts the formats of one direction.
 *
 * @throws CortadoError `CORTADO_OPTION_INVALID` for what is no format, and for two of text frames.
 */
export function socketFrames(owner: string, formats: SocketFormats): Frames {
  const all = (Array.isArray(formats) ? formats : [formats]) as readonly SocketFormat[];
  for (const one of all)
    if (one !== 'text' && one !== 'bytes' && one !== 'json' && !isSchema(one))
      throw invalidOption(
        `${owner} must be 'text', 'bytes', 'json', a Standard Schema (z.object({ … }) for example), or a list of them, not ${shown(one)}.`,
      );
  const texts = all.filter((one) => one !== 'bytes');
  if (all.length === 0) throw invalidOption(`${owner} is an empty list: no message would fit.`);
  if (texts.length > 1)
    throw invalidOption(
      `${owner} has several kinds of text, which nobody could tell apart: make one schema of them, z.union([…]) for example.`,
    );
  return { text: texts[0] as Frames['text'], bytes: all.length > texts.length };
}
