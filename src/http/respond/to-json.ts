import { CortadoError } from '../../base/error.ts';
import { jsonText } from '../../base/json/plain-json.ts';
import { writeToAnyDepth } from '../../base/json/write-levels.ts';
import type { AsJson } from '../../declare/route/endpoint.ts';

const owner = 'toJson()';

/**
 * The JSON value of a value, as answers write it: a date is its text, a set a list, a map an object, what has `toJSON` what that says, and a member
 * that is `undefined` is left out. FastAPI's `jsonable_encoder`, for what a store of JSON is to keep. To filter by a schema as well,
 * `schema.parse(value)` first.
 *
 * @returns A new value of objects, lists, texts, numbers, booleans and `null`; nothing of it is shared with `value`.
 * @throws CortadoError `CORTADO_RESPONSE_INVALID` naming the place of what has no JSON of its own, or is not there yet: a function, a promise, a
 * query, an error; and for a bigint that no number is equal to. TypeError for what holds itself.
 * @example
 * ```ts
 * toJson({ made: new Date(0), tags: new Set(['a']) }); // { made: '1970-01-01T00:00:00.000Z', tags: ['a'] }
 * ```
 */
export function toJson<T>(value: T): AsJson<T> {
  return JSON.parse(jsonText(owner, value, value, write)) as AsJson<T>;
}

const write = (value: unknown): string | undefined => writeToAnyDepth(value, ofNumbers);

function ofNumbers(member: unknown): unknown {
  if (typeof member !== 'bigint') return member;
  const near = Number(member);
  if (BigInt(near) === member) return near;
  throw new CortadoError('CORTADO_RESPONSE_INVALID', `${owner} has ${member}n, which no number is: make it a text.`);
}
