import { z } from 'zod';
import { valueFormats } from '../schema/coerce/value-formats.ts';
import type { Words } from '../schema/coerce/words.ts';
import type { JsonSchema } from '../schema/json/json-schema.ts';
import { own, wireForm } from '../schema/library/wire-form.ts';

/**
 * A schema of Zod for values that JSON has no type for. It takes what stands for the value on the wire, and the value itself, so that it fits what a client
 * sends and what a handler returns; it gives the value, and JSON writes that as `Wire`.
 */
export type ValueSchema<Wire, Value> = z.ZodCodec<z.ZodType<Wire | Value, Wire | Value>, z.ZodType<Value, Value>>;

/** What makes a {@link ValueSchema}. */
export interface ValueParts<Value> {
  /** The format by which its text is read. */
  readonly format: string;
  /** What documents say of it. */
  readonly json: JsonSchema;
  /** The same of answers, where that is another thing. */
  readonly output?: JsonSchema;
  /** The value that an input is already. */
  readonly take: (input: unknown) => Value | undefined;
  /** Makes the value of a text that its format has read. */
  readonly make: (text: string) => Value;
  readonly write: (value: Value) => string;
  /** What a value is refused for. */
  readonly refuse?: (value: Value) => Words | undefined;
}

export function valueSchema<Wire, Value>(parts: ValueParts<Value>): ValueSchema<Wire, Value> {
  const { format, json, output = json, write } = parts;
  const read = readerOf(parts);
  const schema = z.codec(z.unknown(), z.unknown(), {
    decode: (input, context) => {
      const made = read(input);
      if ('value' in made) return made.value;
      context.issues.push({
        code: 'invalid_format',
        format,
        input,
        message: made.words.msg,
        pydantic: made.words,
      } as never);
      return z.NEVER;
    },
    encode: (value) => write(value as Value),
  });
  return own(schema, { [wireForm]: { format, json: { input: json, output } } }) as unknown as ValueSchema<Wire, Value>;
}

type Read<Value> = (input: unknown) => { readonly value: Value } | { readonly words: Words };

function readerOf<Value>({ format, take, make, refuse }: ValueParts<Value>): Read<Value> {
  const { read, wrongType, fromDigits } = valueFormats[format]!;
  const textOf = (input: unknown): ReturnType<typeof read> => {
    if (typeof input === 'string') return read(input, false);
    return fromDigits !== undefined && (typeof input === 'number' || typeof input === 'bigint')
      ? fromDigits(input)
      : wrongType;
  };
  return (input) => {
    let value = take(input);
    if (value === undefined) {
      const made = textOf(input);
      if (!('text' in made)) return { words: made };
      value = make(made.text);
    }
    const words = refuse?.(value);
    return words === undefined ? { value } : { words };
  };
}
