import { CortadoError } from './error.ts';

/**
 * A value whose maps, sets and iterators, of which JSON makes `{}`, are objects and arrays, as FastAPI's `jsonable_encoder` has it;
 * `undefined` where it is fine as it is. It walks through all of the value, so ask only where the JSON has a `{}`.
 *
 * @param owner What the value is, for the message: `GET /orders: the answer`.
 *
 * @throws CortadoError `CORTADO_RESPONSE_INVALID` naming the place of what is not there yet: a promise, a query, an error.
 */
export function plainForJson(owner: string, value: unknown): { readonly plain: unknown } | undefined {
  return holdsEmpty(value, undefined) ? { plain: plain(value, owner, []) } : undefined;
}

/**
 * Refuses a value that holds what is not there yet, whatever else is wrong with it.
 *
 * @throws CortadoError `CORTADO_RESPONSE_INVALID`.
 */
export function refusePending(owner: string, value: unknown): void {
  if (holdsEmpty(value, new Set())) plain(value, owner, [], new Set());
}

// Without an allocation where there is nothing to find: answers with an honest `{}` come this way, too.
function holdsEmpty(value: unknown, seen: Set<unknown> | undefined): boolean {
  if (typeof value !== 'object' || value === null || seen?.has(value)) return false;
  seen?.add(value);
  if (Array.isArray(value)) return value.some((member) => holdsEmpty(member, seen));
  if (!isPlain(value)) {
    if ('toJSON' in value || ArrayBuffer.isView(value)) return false;
    if (fateOf(value) !== 'keep') return true;
  }
  for (const key in value)
    if (Object.hasOwn(value, key) && holdsEmpty((value as Record<string, unknown>)[key], seen)) return true;
  return false;
}

function plain(value: unknown, owner: string, path: readonly (string | number)[], seen?: Set<unknown>): unknown {
  if (typeof value !== 'object' || value === null || 'toJSON' in value || ArrayBuffer.isView(value)) return value;
  if (seen?.has(value)) return null;
  seen?.add(value);
  const below = (member: unknown, key: string | number): unknown => plain(member, owner, [...path, key], seen);
  if (Array.isArray(value)) return value.map(below);
  const fate = isPlain(value) ? 'keep' : fateOf(value);
  if (fate === 'array') return [...(value as Iterable<unknown>)].map(below);
  if (typeof fate === 'object') throw refusal(owner, path, fate, value);
  const entries = fate === 'object' ? [...(value as Map<unknown, unknown>)] : Object.entries(value);
  return Object.fromEntries(entries.map(([key, member]) => [String(key), below(member, String(key))]));
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What becomes of an object of a class: an object, an array, what it is, or why not: what it is, and what to do. */
function fateOf(value: object): 'keep' | 'object' | 'array' | Unfit {
  const { then, execute, next } = value as Partial<Record<'then' | 'execute' | 'next', unknown>>;
  if (typeof then === 'function') return [value instanceof Promise ? 'a promise' : 'a query', 'await it'];
  if (typeof execute === 'function') return ['a query that did not run', 'call .execute(), and await it'];
  if (value instanceof Error) return [`an error (${value.name}: ${value.message})`, 'throw it, or send its message'];
  if (value instanceof Map) return 'object';
  if (value instanceof Set) return 'array';
  if (Symbol.asyncIterator in value) return ['a stream', 'return it by itself, or collect its items first'];
  if (value instanceof Blob || value instanceof ArrayBuffer)
    return ['bytes', "declare response: content('image/png') for example, or send base64"];
  if (!(Symbol.iterator in value) || Object.keys(value).length > 0) return 'keep';
  // Of what has pairs, a Headers or a FormData for example, only the handler knows whether a name may come twice.
  return typeof next === 'function'
    ? 'array'
    : [`a value of class ${value.constructor.name}`, 'make it an object or an array'];
}

/** What cannot be JSON, and what to do about it. */
type Unfit = readonly [what: string, advice: string];

function refusal(
  owner: string,
  path: readonly (string | number)[],
  [what, advice]: Unfit,
  cause: object,
): CortadoError {
  const place = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
  const found = path.length === 0 ? `is ${what}` : `has ${what} at "${place.replace(/^\./, '')}"`;
  return new CortadoError('CORTADO_RESPONSE_INVALID', `${owner} ${found}: ${advice}.`, { cause });
}
