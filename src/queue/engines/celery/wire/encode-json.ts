import { CortadoError } from '../../../../base/error.ts';
import { isTyped } from './decode-json.ts';

/**
 * Writes JSON that Python's json module reads: bigint as digits, `NaN` and `Infinity` bare, dates as ISO text, bytes as kombu's typed value.
 *
 * @throws CortadoError `CORTADO_QUEUE_PAYLOAD` for what a Python worker could not decode.
 */
export function encodeJson(value: unknown): string {
  return isPlain(value, 0) ? JSON.stringify(value) : write(value, 0);
}

/** JSON text that is written as it is, so that no number in it loses a digit. */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

// JSON.stringify is many times faster than anything written here, and right for nearly every payload.
function isPlain(value: unknown, depth: number): boolean {
  if (depth > maxDepth) return false;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean';
  if (value === null) return true;
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth + 1));
  const prototype = Object.getPrototypeOf(value);
  if ((prototype !== Object.prototype && prototype !== null) || 'toJSON' in value || '__type__' in value) return false;
  for (const key in value) if (!isPlain((value as Record<string, unknown>)[key], depth + 1)) return false;
  return true;
}

// Python's json module gives up at its recursion limit, about 1,000 frames.
const maxDepth = 400;

function write(value: unknown, depth: number): string {
  if (depth > maxDepth) throw unfit(`a value is nested more than ${maxDepth} levels deep`);
  switch (typeof value) {
    case 'bigint':
      return writeBigint(value);
    case 'number':
      return Number.isFinite(value) ? JSON.stringify(value) : String(value);
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'object':
      return value === null ? 'null' : writeObject(value, depth);
    case 'undefined':
      return 'null';
    default:
      throw unfit(`a ${typeof value} cannot be sent`);
  }
}

// Python refuses to read integers of more than 4,300 digits.
function writeBigint(value: bigint): string {
  const digits = value.toString();
  if (digits.length > 4300) throw unfit('an integer of more than 4,300 digits cannot be read by Python');
  return digits;
}

function writeObject(value: object, depth: number): string {
  if (value instanceof RawJson) return value.text;
  if (value instanceof Uint8Array) {
    return `{"__type__":"base64","__value__":"${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')}"}`;
  }
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`;
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return write(toJSON.call(value), depth + 1);
  if (value instanceof Set) return write([...value], depth);
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  const fields = entries.filter(([, item]) => item !== undefined && typeof item !== 'function');
  if (isTyped(Object.fromEntries(fields))) {
    throw unfit(
      'an object whose only keys are "__type__" and "__value__" means something else to Celery; add or rename a key',
    );
  }
  return `{${fields.map(([key, item]) => `${JSON.stringify(String(key))}:${write(item, depth + 1)}`).join(',')}}`;
}

function unfit(reason: string): CortadoError {
  return new CortadoError('CORTADO_QUEUE_PAYLOAD', `A Celery message cannot carry this value: ${reason}.`);
}
