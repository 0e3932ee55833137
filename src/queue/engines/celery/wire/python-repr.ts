export interface PythonReprOptions {
  /** Characters after which the text is cut. Default 1024, as Celery's `argsrepr`. */
  readonly max?: number;
  /** Writes the outermost list as a tuple, as Python prints `args`. */
  readonly tuple?: boolean;
}

/** A value as Python's `repr` would print it, for people who read a worker's log or Flower. */
export function pythonRepr(value: unknown, options: PythonReprOptions = {}): string {
  const { max = 1024, tuple = false } = options;
  const out: string[] = [];
  const room = write(value, out, max, tuple, 0);
  const text = out.join('');
  return room >= 0 && text.length <= max ? text : `${text.slice(0, max)}...`;
}

// Writes until the room is used up, so that a payload of a megabyte costs no more than its first kilobyte.
function write(value: unknown, out: string[], room: number, tuple: boolean, depth: number): number {
  if (room < 0) return room;
  if (Array.isArray(value)) {
    const items = value.map((item) => [item]);
    return list(items, out, room, tuple ? ['(', value.length === 1 ? ',)' : ')'] : ['[', ']'], depth);
  }
  if (typeof value === 'object' && value !== null && !(value instanceof Date) && !ArrayBuffer.isView(value)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return list(entries, out, room, ['{', '}'], depth);
  }
  const text = scalar(value, room);
  out.push(text);
  return room - text.length;
}

function list(
  items: readonly unknown[][],
  out: string[],
  room: number,
  [open, close]: readonly [string, string],
  depth: number,
): number {
  out.push(open);
  if (items.length > 0 && depth > 3) return end(out, room - open.length, `...${close}`);
  let left = room - open.length;
  for (const [index, parts] of items.entries()) {
    if (left < 0) return left;
    if (index > 0) left = end(out, left, ', ');
    for (const [at, part] of parts.entries()) {
      if (at > 0) left = end(out, left, ': ');
      left = write(part, out, left, false, depth + 1);
    }
  }
  return end(out, left, close);
}

function end(out: string[], room: number, text: string): number {
  out.push(text);
  return room - text.length;
}

function scalar(value: unknown, room: number): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string') return quoted(value.length > room ? `${value.slice(0, room)}...` : value);
  if (typeof value === 'number') return number(value);
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Date ? quoted(value.toISOString()) : quoted(String(value));
}

function number(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return String(value);
}

// As Python: single quotes unless only they occur inside; control characters and lone surrogates escaped.
function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be escaped
  const escaped = text.replace(/[\\'"\u0000-\u001f\u007f-\u00a0\u00ad]|\p{Surrogate}/gu, (char) =>
    escapeChar(char, mark),
  );
  return mark + escaped + mark;
}

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };

function escapeChar(char: string, mark: string): string {
  if (char === "'" || char === '"') return char === mark ? `\\${char}` : char;
  const code = char.charCodeAt(0);
  return (
    short[char] ??
    (code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`)
  );
}
