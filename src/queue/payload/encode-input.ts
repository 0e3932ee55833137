import { putMember } from '../../base/json/plain-json.ts';
import type { Plan } from '../../declare/plan/plan.ts';
import type { Issue } from '../../schema/issues/issue.ts';
import { formatMark, hasMark } from '../../schema/json/marks.ts';
import { type EncodeJsonOptions, encodePayload } from './encode-payload.ts';
import { readInput } from './read-input.ts';
import { TaskInputError } from './task-input-error.ts';

export interface EncodeInputOptions extends EncodeJsonOptions {
  /** How the engine reads JSON. */
  readonly parse: (text: string) => unknown;
  /** A field that is filled in later, by the result of another task. */
  readonly except?: string | undefined;
}

/**
 * JSON text of a task's input, once it is sure that a worker can read it: what is validated is what comes out of the JSON.
 *
 * @throws TaskInputError for input that does not fit; CortadoError `CORTADO_QUEUE_PAYLOAD` for what is no JSON, or too large.
 */
export async function encodeInput(
  owner: string,
  plan: Plan,
  input: object,
  options: EncodeInputOptions,
): Promise<string> {
  const picked: Record<string, unknown> = {};
  for (const { key } of plan.fields) {
    const value = (input as Record<string, unknown>)[key];
    if (value !== undefined && key !== options.except) picked[key] = value;
  }
  const hasBytes = plan.fields.some(({ field }) => hasMark(field.json, formatMark, 'bytes'));
  const text = encodePayload(`${owner}: the input`, hasBytes ? withBase64(picked) : picked, options);
  const payload = isFlat(picked) ? picked : (options.parse(text) as Record<string, unknown>);
  const issues: Issue[] = [];
  await readInput(plan, payload, new Array(plan.slots), issues, options.except);
  if (issues.length > 0) throw new TaskInputError(owner, issues);
  return text;
}

/** A copy in which bytes are base64, of which JSON would make an object of numbers. */
function withBase64(value: object): object {
  const known = new Map<object, object>();
  const open: Record<string, unknown>[] = [];
  const copyOf = (one: unknown): unknown => {
    if (one instanceof Uint8Array) return Buffer.from(one.buffer, one.byteOffset, one.byteLength).toString('base64');
    if (!isPlain(one)) return one;
    let made = known.get(one);
    if (made === undefined) {
      known.set(one, (made = Array.isArray(one) ? [...one] : { ...one }));
      open.push(made as Record<string, unknown>);
    }
    return made;
  };
  const root = copyOf(value) as object;
  for (let one = open.pop(); one !== undefined; one = open.pop())
    for (const key of Object.keys(one)) putMember(one, key, copyOf(one[key]));
  return root;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

// Such values are the same after JSON, so they need not make the trip.
function isFlat(values: Readonly<Record<string, unknown>>): boolean {
  return Object.values(values).every(
    (value) => typeof value === 'string' || typeof value === 'boolean' || value === null || Number.isSafeInteger(value),
  );
}
