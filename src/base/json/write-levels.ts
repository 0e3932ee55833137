// TypeScript does not know them yet.
const newer = JSON as unknown as {
  readonly rawJSON: (text: string) => unknown;
  readonly isRawJSON: (value: unknown) => boolean;
};

/** What a member is written as; gets it as it says of itself that it is (`toJSON`). */
export type Replace = (member: unknown) => unknown;

/** Text that is JSON already, as a value of `JSON.stringify`. */
export const rawJson: (text: string) => unknown = newer.rawJSON;

const isRawJson = newer.isRawJSON;

/**
 * `JSON.stringify` to any depth. V8 writes plain values without its stack; but dates, whatever else has `toJSON`, and a replacer take it level
 * by level, and some thousands are too many.
 */
export function writeToAnyDepth(value: unknown, replace?: Replace): string | undefined {
  try {
    return JSON.stringify(value, replace && ((_key, member: unknown) => replace(member)));
  } catch (error) {
    if (!(error instanceof RangeError) || !/call stack/.test(error.message)) throw error;
    return writeLevels(value, replace ?? same);
  }
}

const same: Replace = (member) => member;

interface Level {
  readonly value: object;
  /** `undefined` for a list. */
  readonly keys: readonly string[] | undefined;
  readonly length: number;
  at: number;
  isEmpty: boolean;
}

function writeLevels(value: unknown, replace: Replace): string | undefined {
  const parts: string[] = [];
  const above = new Set<object>();
  const open: Level[] = [];
  const begin = (container: object): void => {
    if (above.has(container)) throw new TypeError('Converting circular structure to JSON');
    above.add(container);
    const keys = Array.isArray(container) ? undefined : Object.keys(container);
    const { length } = keys ?? (container as unknown[]);
    parts.push(keys === undefined ? '[' : '{');
    open.push({ value: container, keys, length, at: 0, isEmpty: true });
  };
  const root = written(value, '', replace);
  if (!isContainer(root)) return JSON.stringify(root);
  begin(root);
  for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
    if (level.at === level.length) {
      parts.push(level.keys === undefined ? ']' : '}');
      above.delete(level.value);
      open.pop();
      continue;
    }
    const at = level.at++;
    const key = level.keys === undefined ? String(at) : level.keys[at]!;
    const member = written((level.value as Record<string, unknown>)[key], key, replace);
    const isNested = isContainer(member);
    const text = isNested ? '' : (JSON.stringify(member) ?? (level.keys === undefined ? 'null' : undefined));
    if (text === undefined) continue;
    parts.push(level.isEmpty ? '' : ',', level.keys === undefined ? '' : `${JSON.stringify(key)}:`, text);
    level.isEmpty = false;
    if (isNested) begin(member);
  }
  return parts.join('');
}

function written(member: unknown, key: string, replace: Replace): unknown {
  const saysItself = (typeof member === 'object' && member !== null) || typeof member === 'bigint';
  const { toJSON } = (saysItself ? member : {}) as { readonly toJSON?: unknown };
  return replace(typeof toJSON === 'function' ? toJSON.call(member, key) : member);
}

function isContainer(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || isRawJson(value)) return false;
  return !(value instanceof Number || value instanceof String || value instanceof Boolean || value instanceof BigInt);
}
