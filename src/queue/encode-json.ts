import { CortadoError } from '../base/error.ts';

/** Options of {@link encodeJson}. */
export interface EncodeJsonOptions {
  /** Most bytes of JSON. */
  readonly limit: number;
  /** How the engine writes JSON. */
  readonly stringify: (value: unknown) => string | undefined;
}

/**
 * JSON text of a value that is to be stored; `undefined` is `null`.
 *
 * @throws CortadoError `CORTADO_QUEUE_PAYLOAD`, naming `owner`.
 */
export function encodeJson(owner: string, value: unknown, { limit, stringify }: EncodeJsonOptions): string {
  const text = textOf(owner, value, stringify);
  // A UTF-16 unit is at most three bytes, so most texts need not be counted.
  if (text.length * 3 > limit && Buffer.byteLength(text) > limit)
    throw refused(
      owner,
      `is ${Buffer.byteLength(text)} bytes of JSON, over the limit of ${limit}. Store it elsewhere and pass its key`,
    );
  return text;
}

function textOf(owner: string, value: unknown, stringify: EncodeJsonOptions['stringify']): string {
  try {
    return stringify(value) ?? 'null';
  } catch (error) {
    throw refused(owner, `is no JSON: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

function refused(owner: string, why: string, cause?: unknown): CortadoError {
  return new CortadoError('CORTADO_QUEUE_PAYLOAD', `${owner} ${why}.`, { status: 413, cause });
}
