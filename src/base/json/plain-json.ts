import { CortadoError } from '../error.ts';

/**
 * JSON text of a value: maps, sets and iterators, of which JSON makes `{}`, are objects and arrays, as FastAPI's `jsonable_encoder` has it.
 *
 * @param owner What the value is, for the message: `GET /orders: the answer`.
 * @param given The value as it was before a schema filtered it.
 * @param write How JSON is written; `undefined` is `null`.
 *
 * @throws CortadoError `CORTADO_RESPONSE_INVALID` naming the place of what has no JSON of its own, or is not there yet: a promise, a query, an error.
 */
export function jsonText(
  owner: string,
  value: unknown,
  given: unknown,
  write: (value: unknown) => string | undefined,
): string {
  const text = write(value) ?? 'null';
  // For which `null` would stand without a word.
  if (text === 'null' && isWordless(value)) throw refusal(owner, [], unfitOf(value));
  if (!text.includes('{}')) return text;
  // A schema may have made an object with nothing in it of a promise.
  if (given !== value) refusePending(owner, given);
  return holdsEmpty(value, undefined) ? (write(plain(value, owner, undefined)) ?? 'null') : text;
}

/** Refuses a value that holds what is not there yet, whatever else is wrong with it. Throws `CORTADO_RESPONSE_INVALID`. */
export function refusePending(owner: string, value: unknown): void {
  if (holdsEmpty(value, new Set())) plain(value, owner, new Set());
}

// A list in place of calls: a value may nest deeper than a stack is.
function holdsEmpty(value: unknown, seen: Set<unknown> | undefined): boolean {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const one = open.pop();
    if (typeof one !== 'object' || one === null || seen?.has(one)) continue;
    seen?.add(one);
    if (Array.isArray(one)) {
      for (const member of one) if (typeof member === 'object' && member !== null) open.push(member);
      continue;
    }
    const own = jsonOf(one);
    if (own !== one) {
      open.push(own);
      continue;
    }
    if (!isPlain(one)) {
      if (ArrayBuffer.isView(one)) continue;
      if (fateOf(one) !== 'keep') return true;
    }
    if (hollowOf(one) !== undefined) return true;
    for (const key in one) if (Object.hasOwn(one, key)) open.push((one as Record<string, unknown>)[key]);
  }
  return false;
}

/** A member of an object that has nothing but functions and symbols, of which JSON makes `{}`: one that should have been called. */
function hollowOf(value: object): readonly [key: string, member: unknown] | undefined {
  let first: readonly [string, unknown] | undefined;
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    const member = (value as Record<string, unknown>)[key];
    if (!isWordless(member)) return undefined;
    first ??= [key, member];
  }
  return first;
}

function isWordless(value: unknown): value is symbol | ((...args: never[]) => unknown) {
  return typeof value === 'function' || typeof value === 'symbol';
}

function unfitOf(value: symbol | ((...args: never[]) => unknown)): Unfit {
  if (typeof value === 'symbol') return ['a symbol', 'send its description, or another text'];
  return [value.name === '' ? 'a function' : `the function ${value.name}`, 'call it, or send a value'];
}

/** A value that is looked at, and where what becomes of it goes. */
interface Step {
  readonly value: unknown;
  readonly key: string | number;
  readonly above: Step | undefined;
  readonly into: object;
}

function plain(value: unknown, owner: string, seen: Set<unknown> | undefined): unknown {
  const root: { made?: unknown } = {};
  const open: Step[] = [{ value, key: 'made', above: undefined, into: root }];
  while (open.length > 0) {
    const step = open.pop()!;
    const [made, members] = opened(step, owner, seen);
    putMember(step.into, step.key, made);
    // The last first, so that what is wrong is found in order.
    for (const [key, member] of members.reverse()) open.push({ value: member, key, above: step, into: made as object });
  }
  return root.made;
}

type Members = (readonly [key: string | number, member: unknown])[];

/** What becomes of one value, and the members that it gets later. */
function opened(step: Step, owner: string, seen: Set<unknown> | undefined): readonly [made: unknown, Members] {
  const value = jsonOf(step.value);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [value, []];
  if (seen?.has(value)) return [null, []];
  seen?.add(value);
  const fate = Array.isArray(value) ? 'array' : isPlain(value) ? 'keep' : fateOf(value);
  if (typeof fate === 'object') {
    // What is told here need not end the process later.
    if (value instanceof Promise) value.catch(() => {});
    throw refusal(owner, pathOf(step), fate, value);
  }
  if (fate === 'array') return [[], [...(value as Iterable<unknown>)].map((member, index) => [index, member])];
  const hollow = fate === 'keep' ? hollowOf(value) : undefined;
  if (hollow !== undefined) {
    const [key, member] = hollow as [string, symbol];
    throw refusal(owner, [...pathOf(step), key], unfitOf(member));
  }
  const entries = fate === 'object' ? [...(value as Map<unknown, unknown>)] : Object.entries(value);
  if (entries.some(([key]) => (typeof key === 'object' && key !== null) || isWordless(key)))
    throw refusal(owner, pathOf(step), ['a map whose keys are no texts', 'make it an array of pairs, [...map]'], value);
  const members: Members = entries.map(([key, member]) => [String(key), member]);
  const made = {};
  // In their order, though they are made in another.
  for (const [key] of members) putMember(made, key, undefined);
  return [made, members];
}

/** What `JSON.stringify` takes for a value that says so itself. */
function jsonOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  const { toJSON } = value as { readonly toJSON?: unknown };
  return typeof toJSON === 'function' ? toJSON.call(value, '') : value;
}

/** Sets a member: a key named __proto__ must stay a key. */
export function putMember(into: object, key: string | number, value: unknown): void {
  Object.defineProperty(into, key, { value, configurable: true, enumerable: true, writable: true });
}

function pathOf({ key, above }: Step): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at: Step | undefined = above, last = key; at !== undefined; last = at.key, at = at.above) path.push(last);
  return path.reverse();
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
  if (value instanceof File)
    return [`the file "${value.name}"`, 'answer with its bytes by content(), and hand a task where you have stored it'];
  if (value instanceof Blob || value instanceof ArrayBuffer)
    return ['bytes', "declare response: content('image/png') for example, or send base64"];
  if (Object.keys(value).length > 0) return 'keep';
  if (!(Symbol.iterator in value)) return hidesFields(value) ? hiding(value) : 'keep';
  // Of what has pairs, a Headers or a FormData for example, only the handler knows whether a name may come twice.
  return typeof next === 'function'
    ? 'array'
    : [`a value of class ${value.constructor.name}`, 'make it an object or an array'];
}

// A built-in, a RegExp or a WeakMap for example, or an object of a class with getters: all that it is stands elsewhere.
function hidesFields(value: object): boolean {
  if (value instanceof Number || value instanceof Boolean || value instanceof BigInt) return false;
  if (Object.prototype.toString.call(value) !== '[object Object]') return true;
  for (let at = Object.getPrototypeOf(value) as object; ; ) {
    const above = Object.getPrototypeOf(at) as object | null;
    if (above === null) return false;
    if (Object.values(Object.getOwnPropertyDescriptors(at)).some(({ get }) => get !== undefined)) return true;
    at = above;
  }
}

function hiding(value: object): Unfit {
  return [
    `a value of class ${value.constructor.name}, none of whose fields JSON sees,`,
    'give the class a toJSON(), or send an object',
  ];
}

type Unfit = readonly [what: string, advice: string];

function refusal(
  owner: string,
  path: readonly (string | number)[],
  [what, advice]: Unfit,
  cause?: object,
): CortadoError {
  const place = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
  const found = path.length === 0 ? `is ${what.replace(/,$/, '')}` : `has ${what} at "${place.replace(/^\./, '')}"`;
  return new CortadoError('CORTADO_RESPONSE_INVALID', `${owner} ${found}: ${advice}.`, { cause });
}
