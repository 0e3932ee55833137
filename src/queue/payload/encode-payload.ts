import { CortadoError } from '../../base/error.ts';
import { jsonText } from '../../base/json/plain-json.ts';

export interface EncodeJsonOptions {
  /** Most bytes of JSON. */
  readonly limit: number;
  /** How the engine writes JSON. */
  readonly stringify: (value: unknown) => string | undefined;
  /** The value as it was before a schema filtered it. Default: the value. */
  readonly given?: unknown;
}

/** JSON text of a value that is to be stored; `undefined` is `null`. Throws `CORTADO_QUEUE_PAYLOAD`, naming `owner`. */
export function encodePayload(owner: string, value: unknown, options: EncodeJsonOptions): string {
  const { limit } = options;
  const text = textOf(owner, value, options);
  // A UTF-16 unit is at most three bytes, so most texts need not be counted.
  if (text.length * 3 > limit && Buffer.byteLength(text) > limit)
    throw refused(
      owner,
      `is ${Buffer.byteLength(text)} bytes of JSON, over the limit of ${limit}. Store it elsewhere and pass its key`,
    );
  return text;
}

function textOf(owner: string, value: unknown, { stringify, given = value }: EncodeJsonOptions): string {
  try {
    return jsonText(owner, value, given, stringify);
  } catch (error) {
    if (error instanceof CortadoError)
      throw new CortadoError('CORTADO_QUEUE_PAYLOAD', error.message, { cause: error.cause });
    throw refused(owner, `is no JSON: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

function refused(owner: string, why: string, cause?: unknown): CortadoError {
  return new CortadoError('CORTADO_QUEUE_PAYLOAD', `${owner} ${why}.`, { status: 413, cause });
}
